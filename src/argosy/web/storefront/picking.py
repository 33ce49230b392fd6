"""Choosing a variant by its options: which values there are, and where each of them leads.

Pure. Each value is a link to a variant that has it and keeps as much as possible of what is chosen
already; it knows whether that can be bought, so that no combination is offered in vain.
"""

from collections.abc import Sequence

import msgspec

from argosy.modules.projections import (
    AttributeDocument,
    FacetSwatch,
    OptionDocument,
    Seen,
    VariantDocument,
    facet_code,
    facet_value,
)

_BUYABLE = frozenset({"in_stock", "low_stock", "backorder"})


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A value of an option. `sku` is where it leads, None where no variant has it.

    `state`: `available`; `elsewhere`, when other options change with it; `sold_out`; `absent`.
    """

    text: str
    sku: str | None
    chosen: bool
    state: str


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An option with its values, as the page shows them."""

    code: str
    name: str
    values: tuple[Value, ...]


def is_buyable(variant: VariantDocument) -> bool:
    """Whether it can be put into a cart now. What is not told its price is for others."""
    return variant.availability in _BUYABLE and variant.price is not None


def swatches_of(
    offered: Sequence[Choice],
    attributes: Sequence[AttributeDocument],
    variants: Sequence[VariantDocument],
) -> dict[tuple[str, str], FacetSwatch]:
    """What values of options look like, by the option's code and the value: as the swatch attribute
    of the same name says it, of the product or of these variants. Case does not matter.
    """
    looks = {
        (facet_code(attribute.code), facet_value(label)): look
        for said in (attributes, *(one.attributes for one in variants))
        for attribute in said
        for label, look in attribute.swatches.items()
    }
    found = {}
    for choice in offered if looks else ():
        for value in choice.values:
            swatch = FacetSwatch.of(looks.get((choice.code, facet_value(value.text))))
            if swatch is not None:
                found[choice.code, value.text] = swatch
    return found


def first_shown(variants: Sequence[VariantDocument], sku: str) -> VariantDocument | None:
    """The variant that was asked for, else the first that can be bought, else the first."""
    asked = (variant for variant in variants if variant.sku == sku)
    buyable = (variant for variant in variants if is_buyable(variant))
    return next(asked, None) or next(buyable, None) or (variants[0] if variants else None)


def choices_from(options: Sequence[OptionDocument], seen: Seen) -> tuple[Choice, ...]:
    """As `choices`, of a product whose variants are too many to be looked at here."""
    return tuple(
        Choice(
            code=option.code,
            name=option.name,
            values=tuple(
                Value(text=lead.value, sku=seen.variant.sku, chosen=True, state="available")
                if seen.variant.options.get(option.name) == lead.value
                else Value(text=lead.value, sku=lead.sku, chosen=False, state=lead.state)
                for lead in leads
            ),
        )
        for option, leads in zip(options, seen.leads, strict=True)
    )


def choices(
    options: Sequence[OptionDocument],
    variants: Sequence[VariantDocument],
    shown: VariantDocument,
) -> tuple[Choice, ...]:
    """Every option with every value, seen from the variant that is shown."""
    return tuple(
        Choice(
            code=option.code,
            name=option.name,
            values=tuple(_value(option.name, text, variants, shown) for text in option.values),
        )
        for option in options
    )


def _value(
    name: str, text: str, variants: Sequence[VariantDocument], shown: VariantDocument
) -> Value:
    if shown.options.get(name) == text:
        return Value(text=text, sku=shown.sku, chosen=True, state="available")
    having = [variant for variant in variants if variant.options.get(name) == text]
    if not having:
        return Value(text=text, sku=None, chosen=False, state="absent")

    def rank(variant: VariantDocument) -> tuple[bool, int]:
        kept = sum(
            variant.options.get(other) == chosen
            for other, chosen in shown.options.items()
            if other != name
        )
        return kept == len(shown.options) - 1, kept + is_buyable(variant) * len(shown.options)

    exact = [variant for variant in having if rank(variant)[0]]
    best = exact[0] if exact and is_buyable(exact[0]) else max(having, key=lambda v: rank(v)[1])
    state = "available" if best in exact else "elsewhere"
    if not is_buyable(best):
        state = "sold_out"
    return Value(text=text, sku=best.sku, chosen=False, state=state)
