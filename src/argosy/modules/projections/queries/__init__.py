"""Reading projections: each question is one statement, each answer is bytes ready to send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from argosy.kernel.paging import decode_cursor, encode_cursor
from argosy.modules.projections import store
from argosy.modules.projections.errors import OptionUnknown, ProductNotFound
from argosy.modules.projections.queries.paging import check_facets, damaged, page_of
from argosy.modules.projections.rules.picking import picker_of, seen_of
from argosy.modules.projections.rules.topics import list_topic, product_topic
from argosy.modules.projections.rules.variants import variants_filter
from argosy.modules.projections.store import large, picking, waiting
from argosy.modules.projections.types import (
    VARIANTS_IN_DOCUMENT,
    Answer,
    ChannelStatus,
    Lag,
    ListProducts,
)
from argosy.modules.projections.types.parts import Amounts, Place
from argosy.modules.projections.types.picking import Seen
from argosy.runtime.db import Tx

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_MICROSECOND = timedelta(microseconds=1)

_encode = msgspec.json.Encoder().encode


async def product_page(tx: Tx, channel_id: UUID, slug: str) -> Answer:
    """The encoded ProductDocument. Raises ProductNotFound when nothing is shown by that slug."""
    # PostgreSQL's text cannot hold a NUL, so nothing is named so.
    row = None if "\x00" in slug else await store.product_page(tx, channel_id, slug)
    if row is None:
        raise _not_found(slug)
    return Answer(
        body=row["document"],
        topics=frozenset({product_topic(row["product_id"])}),
        expires_at=row["valid_until"],
    )


async def variants_page(
    tx: Tx, channel_id: UUID, slug: str, *, cursor: str | None, limit: int
) -> Answer:
    """An encoded VariantPage by (position, id), at most `limit` variants.

    Raises ProductNotFound, CursorInvalid.
    """
    after = (-(2**31), UUID(int=0)) if cursor is None else _variant_keys(cursor, slug)
    row = (
        None
        if "\x00" in slug
        else await store.variants_page(tx, channel_id, slug, after, limit + 1)
    )
    if row is None:
        raise _not_found(slug)
    bodies = row["bodies"] or []
    following = None
    if len(bodies) > limit:
        keys = [row["positions"][limit - 1], str(row["variant_ids"][limit - 1])]
        following = encode_cursor(keys, variants_filter(slug))
    return Answer(
        body=page_of(bodies[:limit], following),
        topics=frozenset({product_topic(row["product_id"])}),
        expires_at=row["valid_until"],
    )


async def option_picker(
    tx: Tx, channel_id: UUID, slug: str, chosen: Mapping[str, str], *, currency: str
) -> Answer:
    """The encoded Picker: what is left to choose when these values, by option code, are chosen.

    One statement, however many variants there are. Raises ProductNotFound, OptionUnknown.
    """
    found = None if "\x00" in slug else await picking.pick(tx, channel_id, slug, chosen=chosen)
    if found is None:
        raise _not_found(slug)
    codes = [option.code for option in found.options]
    unknown = next((code for code in chosen if code not in codes), None)
    if unknown is not None:
        raise OptionUnknown(
            f"{unknown[:80]!r} is no option of this product.", field=unknown[:80], options=codes
        )
    return Answer(
        body=_encode(picker_of(found, currency)),
        topics=frozenset({product_topic(found.product_id)}),
        expires_at=found.valid_until,
    )


async def seen_from(tx: Tx, channel_id: UUID, slug: str, variant_id: UUID | None) -> Seen:
    """A variant of a product (else the first that can be bought), and where the values of its
    options lead from it. One statement. Raises ProductNotFound.
    """
    found = await picking.pick(
        tx, channel_id, slug, chosen={}, seen_from=variant_id, from_variant=True
    )
    if found is None:
        raise _not_found(slug)
    return seen_of(found)


async def parts_wait(tx: Tx) -> bool:
    """Whether parts of large products wait to be projected."""
    return await large.parts_wait(tx)


async def stored_amounts(
    tx: Tx, product_id: UUID, places: Sequence[Place]
) -> Mapping[tuple[UUID, int], Amounts]:
    """By channel and slot: what the stored variants of a large product amount to. One statement.

    A place in which no variant is sold is left out.
    """
    if not places:
        return {}
    return await large.amounts_of(tx, product_id, places, VARIANTS_IN_DOCUMENT)


async def list_products(tx: Tx, ask: ListProducts) -> Answer:
    """An encoded ProductList. Raises CursorInvalid, TooManyFacets.

    Sorted with the product id as the last key, so that no insert repeats or skips a row between
    two pages (DOMAIN.md P1).
    """
    check_facets(ask.facets)
    # Facets and prices are asked of variants; "in stock" alone is known of the product.
    narrowed = bool(ask.facets) or ask.price_min is not None or ask.price_max is not None
    after = _list_keys(ask, narrowed) if ask.cursor else None
    read = store.page_narrowed if narrowed else store.page_of_category
    found = await read(tx, ask, after, ask.limit + 1)
    following = None
    if len(found.cards) > ask.limit:
        keys = [_as_text(key) for key in found.keys[ask.limit - 1]]
        following = encode_cursor(keys, _fingerprint(ask))
    extra = (
        b"" if after else b',"total":%d,"facets":%s' % (found.total, _encode(found.facets or []))
    )
    return Answer(
        body=page_of(found.cards[: ask.limit], following, extra),
        topics=frozenset({list_topic(ask.category)}),
        expires_at=found.boundary,
    )


async def shown_cards(tx: Tx, channel_id: UUID, product_ids: Sequence[UUID]) -> list[bytes]:
    """Encoded ProductCards of those products that the channel shows now, in the order given."""
    return await store.cards_of(tx, channel_id, product_ids)


async def shown_documents(
    tx: Tx, channel_id: UUID, product_ids: Sequence[UUID]
) -> list[tuple[UUID, bytes]]:
    """Encoded ProductDocuments of those products that the channel shows, now or soon."""
    return await store.search_texts(tx, channel_id, product_ids)


async def shown_variants(tx: Tx, channel_id: UUID, product_id: UUID) -> list[bytes]:
    """The encoded VariantDocuments of such a product, all of them, not the first ones alone."""
    return await store.search_variants(tx, channel_id, product_id)


async def shown_after(tx: Tx, channel_id: UUID, after: UUID, limit: int) -> list[UUID]:
    """Ids of the products that the channel shows, now or soon, in order of id."""
    return await store.shown_after(tx, channel_id, after, limit)


async def waits_since(tx: Tx) -> datetime | None:
    """When the change was made that has waited longest to be projected; None: none waits. One look
    at an index, however many wait. Without parts of large products, and what was put aside.
    """
    return await waiting.waits_since(tx)


async def projection_lag(tx: Tx) -> Lag:
    """How far the shop windows are behind the facts."""
    return await waiting.lag(tx)


async def channel_status(tx: Tx) -> list[ChannelStatus]:
    """How many products each channel shows; reads everything, for people only."""
    return await store.channel_status(tx)


def _not_found(slug: str) -> ProductNotFound:
    return ProductNotFound(
        f"No product {slug[:80]!r} is shown in this channel.",
        field="slug",
        cure="Take the slug from GET /v1/products of the same channel.",
    )


def _fingerprint(ask: ListProducts) -> str:
    """What a cursor is bound to: everything that decides which rows there are and their order."""
    facets = sorted((code, sorted(values)) for code, values in ask.facets.items())
    parts = [str(ask.channel_id), ask.category, ask.sort, facets]
    return _encode([*parts, ask.price_min, ask.price_max, ask.in_stock]).decode()


def _as_text(key: object) -> str | int:
    match key:
        case int() | str():
            return key
        case datetime():
            return (key - _EPOCH) // _ONE_MICROSECOND
        case _:
            return str(key)


def _list_keys(ask: ListProducts, narrowed: bool) -> tuple[object, ...]:
    assert ask.cursor is not None
    keys = decode_cursor(ask.cursor, _fingerprint(ask), length=3 if narrowed else 2)
    product_id = _uuid(keys[-1])
    match (narrowed, ask.sort, keys[:-1]):
        case (True, _, [int() as key, str() as name]) if abs(key) < 2**63 and "\x00" not in name:
            return key, name, product_id
        case (False, "newest", [int() as key]) if abs(key) < 6 * 10**16:
            return _EPOCH + key * _ONE_MICROSECOND, product_id
        case (False, "name", [str() as key]) if "\x00" not in key:
            return key, product_id
        case (False, "position", [int() as key]) if abs(key) < 2**63:
            # What was moved when the cursor was made may stand by its position again.
            return key if ask.moved else max(-(2**31), min(2**31 - 1, key)), product_id
        case (False, "price" | "-price", [int() as key]) if abs(key) < 2**63:
            return key, product_id
    raise damaged()


def _variant_keys(cursor: str, slug: str) -> tuple[int, UUID]:
    match decode_cursor(cursor, variants_filter(slug), length=2):
        case [int() as position, str() as variant_id] if abs(position) < 2**31:
            return position, _uuid(variant_id)
    raise damaged()


def _uuid(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise damaged() from None
