"""The words by which products are found: those of their pages, not their money or stock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

import msgspec

from argosy.modules import projections
from argosy.modules.channels import Channel
from argosy.modules.projections import AttributeDocument, ProductDocument, VariantDocument
from argosy.modules.search import SearchText
from argosy.workflows.app import App

_TRUE: Final = "true"
_NO_WORDS: Final = {"boolean", "category_reference", "file", "product_reference"}


class _VariantWords(msgspec.Struct, frozen=True):
    """What of a variant can be searched for."""

    sku: str
    gtin: str | None
    attributes: list[AttributeDocument] = []


_decode = msgspec.json.Decoder(ProductDocument).decode
_decode_words = msgspec.json.Decoder(_VariantWords).decode


async def texts_of(app: App, channel: Channel, ids: Sequence[UUID]) -> list[SearchText]:
    """Those of these products that the channel shows, now or soon."""
    async with app.db.reading() as tx:
        found = await projections.shown_documents(tx, channel.id, ids)
    return [
        await _text(app, channel, product_id, _decode(document)) for product_id, document in found
    ]


async def _text(
    app: App, channel: Channel, product_id: UUID, document: ProductDocument
) -> SearchText:
    if document.variant_count <= len(document.variants.items):
        return _text_of(product_id, document)
    # A page shows the first of very many variants: all are to be found.
    async with app.db.reading() as tx:
        bodies = await projections.shown_variants(tx, channel.id, product_id)
    return _text_of(product_id, document, [_decode_words(body) for body in bodies])


def _text_of(
    product_id: UUID, document: ProductDocument, variants: Sequence[_VariantWords] = ()
) -> SearchText:
    # `variants` are all of them, where the page shows only the first.
    words = list(_attributes(document))
    if variants:
        known = frozenset(words)
        held = _texts_of(a for variant in variants for a in variant.attributes)
        words += dict.fromkeys(word for word in held if word not in known)
    return SearchText(
        product_id=product_id,
        title=document.title,
        brand=document.brand,
        kind=document.product_type,
        description=document.description,
        attributes=tuple(words),
        flags=tuple(
            a.label
            for a in document.attributes
            if a.searchable and a.kind == "boolean" and bytes(a.value) == _TRUE.encode()
        ),
        categories=tuple(dict.fromkeys(category.name for category in document.categories)),
        codes=tuple(_codes(variants or document.variants.items)),
    )


def _attributes(document: ProductDocument) -> Iterator[str]:
    held = [a for variant in document.variants.items for a in variant.attributes]
    yield from _texts_of((*document.attributes, *held))
    for option in document.options:
        yield from option.values


def _texts_of(attributes: Iterable[AttributeDocument]) -> Iterator[str]:
    for attribute in attributes:
        if attribute.searchable and attribute.kind not in _NO_WORDS:
            yield attribute.text


def _codes(variants: Iterable[_VariantWords | VariantDocument]) -> Iterator[str]:
    for variant in variants:
        yield variant.sku
        if variant.gtin:
            yield variant.gtin
