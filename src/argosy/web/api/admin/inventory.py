"""Stock: levels and why they are so; adjustments, counts, returns; messages of other systems."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode, new_id
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import catalog, inventory, staff
from argosy.modules.inventory import Fact, FactPosted, Level, Selling
from argosy.reads.stock_list import Standing, StockFilters
from argosy.runtime.db import Tx
from argosy.web.api.admin.stock_forms import (
    AdjustmentBody,
    CountBody,
    DispositionBody,
    DocumentRow,
    FeedMessageBody,
    FeedRow,
    JournalRow,
    LevelRow,
    ReturnBody,
    SellingBody,
    StockPosted,
    StockRow,
)
from argosy.web.auth import ADMINISTRATION, actor, request_id, requires, shop
from argosy.web.idempotent import KeyHeader, once
from argosy.web.long_lists import stock_page
from argosy.web.newest import newest_after, newest_keys
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows.stock_facts import post_known, receive_feed, sell_known

READ: dict[str, Any] = {
    "tags": ["Stock"],
    "security": ADMINISTRATION,
    "guards": [requires("inventory:read")],
}
WRITE: dict[str, Any] = {
    "tags": ["Stock"],
    "security": ADMINISTRATION,
    "guards": [requires("inventory:write")],
}
POSTED = {201: ResponseSpec(StockPosted, description="What became of each item.")}
REFUSED = [
    catalog.VariantNotFound,
    inventory.LocationNotFound,
    inventory.QuantityInvalid,
    inventory.InstantInFuture,
]
FeedName = Annotated[
    str,
    Parameter(
        pattern="^[a-z0-9][a-z0-9_-]{0,62}$", max_length=63, description="Your name of the feed."
    ),
]
Kind = Annotated[
    str | None, Parameter(max_length=20, description="Only documents of this kind, like `count`.")
]
StandingFilter = Annotated[Standing | None, Parameter(description="Only levels that stand so.")]
LocationFilter = Annotated[
    str | None, Parameter(max_length=60, description="Only levels of this location.")
]
Oversold = Annotated[
    bool, Parameter(description="Only levels that promise more than they can keep.")
]


@get("/admin/v1/locations/{location_id:str}/stock-levels", **READ)
async def list_levels(
    request: Request[Any, Any, Any],
    location_id: str,
    oversold: Oversold = False,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[LevelRow]:
    """What is at a location."""
    place = decode("location", location_id, field="location_id")
    filters = filters_of("stock-levels", location=location_id, oversold=oversold)
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await inventory.levels_at(
            tx,
            place,
            after=None if keys is None else _uuid(keys[0]),
            oversold_only=oversold,
            limit=limit + 1,
        )
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda x: [x.variant_id.hex], show=LevelRow.of
    )


@get("/admin/v1/stock-levels", **READ)
async def list_stock(
    request: Request[Any, Any, Any],
    standing: StandingFilter = None,
    location_id: LocationFilter = None,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[StockRow]:
    """What is where, at all locations: what is sold out, runs low or is oversold, with its goods.

    In no order of meaning.
    """
    place = None if location_id is None else decode("location", location_id, field="location_id")
    wanted = StockFilters(location_id=place, standing=standing)
    filters = filters_of("stock", standing=standing, location=location_id)
    async with shop(request).db.reading() as tx:
        page = await stock_page(tx, wanted, cursor, filters, limit)
    return Page(items=[StockRow.of(row) for row in page.items], next_cursor=page.next_cursor)


@get("/admin/v1/variants/{variant_id:str}/stock-levels", **READ)
async def list_levels_of_variant(
    request: Request[Any, Any, Any], variant_id: str
) -> Page[LevelRow]:
    """Where a variant is; never more than one page."""
    variant = decode("variant", variant_id, field="variant_id")
    async with shop(request).db.reading() as tx:
        levels = await inventory.levels_of(tx, [variant])
    return Page(items=[LevelRow.of(level) for level in levels])


@patch(
    "/admin/v1/variants/{variant_id:str}/stock-levels/{location_id:str}",
    **WRITE,
    problems=REFUSED,
    example={"safety_stock": 2, "backorder_limit": 0},
)
async def change_selling(
    request: Request[Any, Any, Any], variant_id: str, location_id: str, data: SellingBody
) -> LevelRow:
    """Change how a level sells. A rule stricter than what is promised shows as `oversold`."""
    key = _key(variant_id, location_id)
    given = {name: v for name, v in msgspec.structs.asdict(data).items() if v is not None}
    async with shop(request).db.transaction() as tx:
        current = next(
            (x for x in await inventory.levels_of(tx, key[:1]) if x.location_id == key[1]), None
        )
        selling = msgspec.structs.replace(selling_of(current), **given)
        return LevelRow.of(await sell_so(tx, request, *key, selling))


@get(
    "/admin/v1/variants/{variant_id:str}/stock-levels/{location_id:str}/journal",
    **READ,
    problems=[inventory.LevelNotFound],
)
async def list_journal(
    request: Request[Any, Any, Any],
    variant_id: str,
    location_id: str,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[JournalRow]:
    """Why a number is what it is: every change of it, newest first, and what it left."""
    filters = filters_of("stock-journal", variant=variant_id, location=location_id)
    keys = after(cursor, filters, length=1)
    before = None if keys is None else _number(keys[0])
    async with shop(request).db.reading() as tx:
        entries = await inventory.explain(
            tx, *_key(variant_id, location_id), before=before, limit=limit + 1
        )
    return page_of(entries, limit=limit, filters=filters, keys=lambda x: [x.id], show=JournalRow.of)


@post("/admin/v1/stock-adjustments", **WRITE, problems=REFUSED, responses=POSTED)
async def adjust_stock(
    request: Request[Any, Any, Any], data: AdjustmentBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Record that units came or went. Stock may fall below zero; it is then shown as oversold."""
    return await _post(request, lambda by: data.fact(f"adjustment:{new_id()}", by))


@post("/admin/v1/stock-counts", **WRITE, problems=REFUSED, responses=POSTED)
async def count_stock(
    request: Request[Any, Any, Any], data: CountBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Record what was counted on shelves, as of when. What moved since is kept on top."""
    return await _post(request, lambda by: data.fact(f"count:{new_id()}", by))


@post("/admin/v1/stock-returns", **WRITE, problems=REFUSED, responses=POSTED)
async def return_stock(
    request: Request[Any, Any, Any], data: ReturnBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Record goods that came back. They stand in quarantine until they are inspected."""
    return await _post(request, lambda by: data.fact(f"return:{new_id()}", by))


@post(
    "/admin/v1/stock-dispositions",
    **WRITE,
    problems=[*REFUSED, inventory.BucketBelowZero],
    responses=POSTED,
)
async def dispose_stock(
    request: Request[Any, Any, Any], data: DispositionBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Decide about goods in quarantine: back for sale, or off the shelf."""
    return await _post(request, lambda by: data.fact(f"disposition:{new_id()}", by))


@post(
    "/admin/v1/stock-feeds/{feed:str}/messages",
    **WRITE,
    problems=[*REFUSED, inventory.FactReused],
    responses=POSTED,
)
async def receive_feed_message(
    request: Request[Any, Any, Any],
    feed: FeedName,
    data: FeedMessageBody,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Take a message of a WMS, ERP or till: applied once by its `message_id`, in any order.

    A count that is older than what is known is answered as `stale`, one that expected another
    quantity as `mismatch`; both change nothing, and the others of the message are applied.
    """

    async def work(tx: Tx) -> FactPosted:
        posted = await receive_feed(
            tx, data.message(feed), actor=f"feed:{feed}", correlation=request_id(request)
        )
        # What changed stands in the stock journal, line by line; here, whose key said so.
        told = {"message_id": data.message_id, "items": len(data.items)}
        await staff.audit(tx, actor(request), "stock.feed_message", feed, None, told)
        return posted

    return await once(request, work, show=StockPosted.of)


@get("/admin/v1/stock-feeds", **READ)
async def list_feeds(request: Request[Any, Any, Any]) -> Page[FeedRow]:
    """How far each feed has come; never more than one page."""
    async with shop(request).db.reading() as tx:
        feeds = await inventory.list_feeds(tx)
    return Page(items=[FeedRow.of(feed) for feed in feeds])


@get("/admin/v1/stock-documents", **READ)
async def list_documents(
    request: Request[Any, Any, Any],
    kind: Kind = None,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[DocumentRow]:
    """Adjustments, counts, returns, feed messages, shipments: newest first."""
    filters = filters_of("stock-documents", kind=kind)
    before = newest_after(cursor, filters)
    async with shop(request).db.reading() as tx:
        rows = await inventory.list_documents(tx, before=before, kind=kind, limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda x: newest_keys(x.created_at, x.id),
        show=DocumentRow.of,
    )


async def _post(request: Request[Any, Any, Any], fact_by: Callable[[str], Fact]) -> Response[bytes]:
    """Apply what a person, or a key, says; with an entry in the audit trail."""
    who = actor(request)

    async def work(tx: Tx) -> FactPosted:
        return await apply_fact(tx, request, fact_by(f"{who.kind}:{who.name}"))

    return await once(request, work, show=StockPosted.of)


async def apply_fact(tx: Tx, request: Request[Any, Any, Any], fact: Fact) -> FactPosted:
    """Apply a fact about variants of the catalogue, once by its key, and audit what became of it.

    Raises what `post_known` raises.
    """
    known = msgspec.structs.replace(fact, correlation=request_id(request))
    posted = await post_known(tx, known)
    if not posted.repeated:
        shown = msgspec.to_builtins(StockPosted.of(posted))
        told = {"reason": fact.reason, "items": shown["items"]}
        await staff.audit(tx, actor(request), f"stock.{fact.kind}", fact.key, None, told)
    return posted


async def sell_so(
    tx: Tx, request: Request[Any, Any, Any], variant_id: UUID, location_id: UUID, selling: Selling
) -> Level:
    """Let a level sell by these rules, and audit it. Raises VariantNotFound, LocationNotFound."""
    before, made = await sell_known(tx, variant_id, location_id, selling)
    was = None if before is None else msgspec.to_builtins(selling_of(before))
    now = msgspec.to_builtins(selling_of(made))
    subject = encode("variant", variant_id)
    await staff.audit(tx, actor(request), "stock_level.changed", subject, was, now)
    return made


def selling_of(level: Level | None) -> Selling:
    """The rules by which a level sells; of one that is not there yet, the usual ones."""
    if level is None:
        return Selling()
    return Selling(
        safety_stock=level.safety_stock,
        backorder_limit=level.backorder_limit,
        low_threshold=level.low_threshold,
    )


def _key(variant_id: str, location_id: str) -> tuple[UUID, UUID]:
    return (
        decode("variant", variant_id, field="variant_id"),
        decode("location", location_id, field="location_id"),
    )


def _uuid(key: object) -> UUID:
    try:
        return UUID(hex=str(key))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


def _number(key: object) -> int:
    if not isinstance(key, int):
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor")
    return key


ROUTES = [
    list_stock,
    list_levels,
    list_levels_of_variant,
    change_selling,
    list_journal,
    adjust_stock,
    count_stock,
    return_stock,
    dispose_stock,
    receive_feed_message,
    list_feeds,
    list_documents,
]
