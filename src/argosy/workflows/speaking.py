"""A product as the window of a language shows it.

a product's source, approved translations, a chain of locales --in_language--> the source, spoken

Each text looks for its translation by itself: what one locale has not is taken from the next, and
at last from the catalogue (DOMAIN.md E8). What values of facets are compared by stays as it is, so
that `?colour=blue` means the same in every language. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from argosy.kernel.personal import Asked, Input
from argosy.modules import translations
from argosy.modules.projections import (
    InputDocument,
    SourceAttribute,
    SourceMedia,
    SourceOption,
    SourcePlacement,
    SourceProduct,
    SourceVariant,
)
from argosy.modules.translations import Said, Spoken

_TEXTS = ("title", "description", "seo_title", "seo_description")
_TEXT_KINDS = frozenset({"text", "rich_text"})


class Voice(msgspec.Struct, frozen=True):
    """How a window speaks: its language first in `chain`."""

    chain: tuple[str, ...]
    source_locale: str | None
    spoken: Spoken

    @property
    def locale(self) -> str:
        """The language of the window."""
        return self.chain[0]

    def say(self, kind: str, entity: str, field: str, source: str) -> Said:
        """A text, in the best language that there is."""
        by_locale = self.spoken.get((kind, entity), {}).get(field, {})
        return translations.said(source, by_locale, self.chain, self.source_locale)

    def text(self, kind: str, entity: str, field: str, source: str) -> str:
        """As `say`; an empty text stays empty."""
        return self.say(kind, entity, field, source).text if source else source

    def foreign(self, said: Said) -> str | None:
        """The language of the text, if readers must be told of it (WCAG 3.1.2)."""
        if said.locale is None or not said.text:
            return None
        other = translations.is_other_language(said.locale, self.locale)
        return said.locale if other else None


def things_of(source: SourceProduct) -> Iterator[tuple[str, str]]:
    """Whatever has a text on the pages of the product, as (kind, entity)."""
    yield "product", str(source.id)
    for variant in source.variants:
        yield "variant", str(variant.id)
    for placement in source.placements:
        for step in placement.trail:
            yield "category", str(step.id)
    for attributes in (source.attributes, *(v.attributes for v in source.variants)):
        for attribute in attributes:
            yield "attribute", attribute.code
    for option in source.options:
        yield "option", option.name


def in_language(source: SourceProduct, voice: Voice) -> SourceProduct:
    """The product in the words of the window."""
    if not voice.spoken and (
        voice.source_locale is None
        or not translations.is_other_language(voice.source_locale, voice.locale)
    ):
        return msgspec.structs.replace(source, media=_media(source.media, voice))
    entity = str(source.id)
    texts: dict[str, str] = {}
    languages: dict[str, str] = {}
    for field in _TEXTS:
        told = voice.say("product", entity, field, getattr(source, field))
        texts[field] = told.text if getattr(source, field) else ""
        if texts[field] and (language := voice.foreign(told)):
            languages[field] = language
    options = tuple(_option(option, voice) for option in source.options)
    attributes = tuple(
        _attribute(one, voice, "product", entity, languages) for one in source.attributes
    )
    return msgspec.structs.replace(
        source,
        title=texts["title"],
        description=texts["description"],
        seo_title=texts["seo_title"],
        seo_description=texts["seo_description"],
        options=options,
        attributes=attributes,
        inputs=tuple(_input_shown(one, voice, entity) for one in source.inputs),
        variants=tuple(_variant(one, voice, options) for one in source.variants),
        media=_media(source.media, voice),
        placements=tuple(_placement(one, voice) for one in source.placements),
        languages=languages,
    )


def asked_in(asked: Asked | None, voice: Voice, product: str) -> Asked | None:
    """What the shoppers of a product are asked, in the words of this voice."""
    if asked is None or not asked.inputs:
        return asked
    return msgspec.structs.replace(
        asked, inputs=tuple(_input(one, voice, product) for one in asked.inputs)
    )


def _input(one: Input, voice: Voice, product: str) -> Input:
    label, choices = _named(one, voice, product)
    return msgspec.structs.replace(one, label=label, choices=tuple(choices))


def _input_shown(one: InputDocument, voice: Voice, product: str) -> InputDocument:
    label, choices = _named(one, voice, product)
    return msgspec.structs.replace(one, label=label, choices=list(choices))


def _named(one: Input | InputDocument, voice: Voice, product: str) -> tuple[str, Iterator[Any]]:
    """What an input is called, and its choices under their names."""
    field = f"input:{one.code}"
    choices = (
        msgspec.structs.replace(
            each, label=voice.text("product", product, f"{field}:{each.code}", each.label)
        )
        for each in one.choices
    )
    return voice.text("product", product, field, one.label), choices


def _attribute(
    attribute: SourceAttribute, voice: Voice, kind: str, entity: str, languages: dict[str, str]
) -> SourceAttribute:
    label = voice.text("attribute", attribute.code, "label", attribute.label)
    words: dict[str, str] = {}
    value = attribute.value
    if attribute.kind in _TEXT_KINDS:
        source = msgspec.json.decode(value, type=str)
        told = voice.say(kind, entity, f"attribute:{attribute.code}", source)
        if language := voice.foreign(told):
            languages[f"attributes.{attribute.code}"] = language
        if attribute.facet:
            words = {} if told.text == source else {source: told.text}
        elif told.text != source:
            value = msgspec.Raw(msgspec.json.encode(told.text))
    else:
        words = dict(_words("attribute", attribute.code, "choice:", _choices(attribute), voice))
    if (label, words, value) == (attribute.label, {}, attribute.value):
        return attribute
    return msgspec.structs.replace(attribute, label=label, words=words, value=value)


def _choices(attribute: SourceAttribute) -> Collection[str]:
    match attribute.kind:
        case "boolean":
            return ("Yes", "No")
        case "choice" | "swatch":
            return msgspec.json.decode(attribute.value, type=list[str])
        case _:
            return ()


def _words(
    kind: str, entity: str, prefix: str, values: Iterable[str], voice: Voice
) -> Iterator[tuple[str, str]]:
    for value in values:
        said = voice.text(kind, entity, prefix + value, value)
        if said != value:
            yield value, said


def _option(option: SourceOption, voice: Voice) -> SourceOption:
    words = dict(_words("option", option.name, "value:", option.values, voice))
    shown = [words.get(value, value) for value in option.values]
    if len(set(shown)) < len(shown):
        # Two values that are called the same could not be told apart where one is chosen.
        words = {value: said for value, said in words.items() if shown.count(said) == 1}
    label = voice.text("option", option.name, "name", option.name)
    return msgspec.structs.replace(option, label=label, words=words)


def _variant(
    variant: SourceVariant, voice: Voice, options: Sequence[SourceOption]
) -> SourceVariant:
    entity = str(variant.id)
    unmarked: dict[str, str] = {}
    return msgspec.structs.replace(
        variant,
        title=voice.text("variant", entity, "title", variant.title),
        attributes=tuple(
            _attribute(one, voice, "variant", entity, unmarked) for one in variant.attributes
        ),
        shown_options=_called(variant.options, {option.name: option for option in options}),
    )


def _called(chosen: Mapping[str, str], options: Mapping[str, SourceOption]) -> dict[str, str]:
    shown: dict[str, str] = {}
    for name, value in chosen.items():
        option = options.get(name)
        if option is None:
            shown[name] = value
        else:
            shown[option.label or name] = option.words.get(value, value)
    return shown


def _media(media: tuple[SourceMedia, ...], voice: Voice) -> tuple[SourceMedia, ...]:
    return tuple(
        msgspec.structs.replace(one, alt=_alt(one, voice)) if one.alts else one for one in media
    )


def _alt(media: SourceMedia, voice: Voice) -> str:
    return translations.said(media.alt, media.alts, voice.chain, voice.source_locale).text


def _placement(placement: SourcePlacement, voice: Voice) -> SourcePlacement:
    return msgspec.structs.replace(
        placement,
        trail=tuple(
            msgspec.structs.replace(
                step, name=voice.text("category", str(step.id), "name", step.name)
            )
            for step in placement.trail
        ),
    )
