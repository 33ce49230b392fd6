"""Choosing among variants by one statement: the same as looking at each of them."""

from __future__ import annotations

import random
from itertools import product
from uuid import UUID

import msgspec
import pytest

from argosy.kernel.ids import decode
from argosy.modules import projections
from argosy.modules.projections import (
    OptionUnknown,
    Picker,
    ProductDocument,
    SourceChannel,
    SourceOption,
    VariantDocument,
    VariantPage,
)
from argosy.runtime.db import Database, counting_statements
from argosy.web.storefront.picking import choices, choices_from, first_shown
from tests.modules.projections.window import a_channel, a_product, a_variant, show

_VALUES = {"Colour": ("red", "blue", "green"), "Size": ("S", "M", "L"), "Fit": ("slim", "wide")}


async def _some_shop(
    db: Database, dice: random.Random
) -> tuple[SourceChannel, str, ProductDocument, list[VariantDocument]]:
    """A product with some of all combinations, some of them sold out or for others only."""
    channel = a_channel()
    every = list(product(*_VALUES.values()))
    made = dice.sample(every, dice.randint(1, len(every)))
    variants = [
        a_variant(
            dict(zip(_VALUES, values, strict=True)),
            position=n,
            minor=dice.randint(500, 999),
            stock=dice.choice((0, 3, 20)),
            price_hidden=dice.random() < 0.1,
        )
        for n, values in enumerate(made)
    ]
    options = tuple(SourceOption(name=name, values=values) for name, values in _VALUES.items())
    source = a_product(channel, variants, options=options)
    await show(db, channel, source)
    async with db.reading() as tx:
        page = await projections.product_page(tx, channel.id, source.slug)
        listed = await projections.variants_page(
            tx, channel.id, source.slug, cursor=None, limit=100
        )
    shown = msgspec.json.decode(listed.body, type=VariantPage).items
    document = msgspec.json.decode(page.body, type=ProductDocument)
    return channel, source.slug, document, shown


async def _picker(
    db: Database, channel: SourceChannel, slug: str, chosen: dict[str, str]
) -> Picker:
    async with db.reading() as tx:
        answer = await projections.option_picker(tx, channel.id, slug, chosen, currency="EUR")
    return msgspec.json.decode(answer.body, type=Picker)


def _buyable(variant: VariantDocument) -> bool:
    return variant.availability != "out_of_stock" and variant.price is not None


async def test_the_picker_says_what_looking_at_every_variant_says(db: Database) -> None:
    dice = random.Random(20)
    for _ in range(8):
        channel, slug, document, variants = await _some_shop(db, dice)
        names = dice.sample(list(_VALUES), dice.randint(0, 3))
        wanted = {name: dice.choice((*_VALUES[name], "none")) for name in names}
        chosen = {name.lower(): value for name, value in wanted.items()}
        with counting_statements() as count:
            picker = await _picker(db, channel, slug, chosen)
        assert count.statements == 1

        def having(asked: dict[str, str], of: list[VariantDocument]) -> list[VariantDocument]:
            return [v for v in of if asked.items() <= v.options.items()]

        matching = having(wanted, variants)
        assert picker.variants == len(matching)
        assert picker.buyable == sum(map(_buyable, matching))
        assert picker.variant == (matching[0] if len(matching) == 1 else None)
        for option in picker.options:
            others = {k: v for k, v in wanted.items() if k != option.name}
            assert option.chosen == wanted.get(option.name)
            for value in option.values:
                expected = having({**others, option.name: value.value}, variants)
                bought = [v.price.minor for v in expected if v.price and _buyable(v)]
                assert value.variants == len(expected)
                assert value.buyable == len(bought)
                assert (value.price_min and value.price_min.minor) == min(bought, default=None)
                assert (value.price_max and value.price_max.minor) == max(bought, default=None)
                assert (value.availability is None) == (not expected)

        for sku in ("", *(v.sku for v in variants[:6])):
            shown = first_shown(variants, sku)
            assert shown is not None
            async with db.reading() as tx:
                seen = await projections.seen_from(tx, channel.id, slug, _id_of(sku, variants))
            assert seen.variant == shown
            assert choices_from(document.options, seen) == choices(
                document.options, variants, shown
            )


def _id_of(sku: str, variants: list[VariantDocument]) -> UUID | None:
    return next((decode("variant", v.id) for v in variants if v.sku == sku), None)


async def test_what_is_no_option_is_refused(db: Database) -> None:
    channel, slug, _, _ = await _some_shop(db, random.Random(1))
    with pytest.raises(OptionUnknown):
        await _picker(db, channel, slug, {"material": "wool"})
