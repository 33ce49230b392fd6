"""Licence keys: how a variant is delivered, and the keys in its pool."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import catalog, licences, staff
from argosy.modules.licences import Pool, PoolCounts
from argosy.runtime.db import Tx
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows import licensing

AnyRequest = Request[Any, Any, Any]
LOW = 10
Short = Annotated[
    bool,
    Parameter(
        description=f"Only pools that paid lines wait for, or with fewer than {LOW} free keys."
    ),
]
KeyText = Annotated[str, Meta(min_length=1, max_length=500)]


class PoolRow(msgspec.Struct, frozen=True, kw_only=True):
    """A pool in the list, with the variant that it is of. `low`: it runs out, or has."""

    variant_id: str
    product_id: str | None
    sku: str
    title: str
    deliver_when: Literal["captured", "authorised"]
    free: int
    given: int
    waiting: int
    low: bool


class PoolBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When keys are given: once the order's money is `captured`, or at the latest when it is
    `authorised`. `asks_consent`: within the time of withdrawal only to who asked for that.
    """

    deliver_when: Literal["captured", "authorised"] = "captured"
    asks_consent: bool = True


class PoolView(PoolBody, frozen=True, kw_only=True):
    """A pool: keys that are free, that were given, and that paid lines wait for. `version` guards
    changes (`If-Match`).
    """

    variant_id: str
    version: int
    free: int
    given: int
    waiting: int

    @classmethod
    def of(cls, pool: Pool, counts: PoolCounts) -> "PoolView":
        """As answers show it."""
        return cls(
            variant_id=encode("variant", pool.variant_id),
            version=pool.version,
            deliver_when=pool.deliver_when,
            asks_consent=pool.asks_consent,
            free=counts.free,
            given=counts.given,
            waiting=counts.waiting,
        )


class KeysBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keys for the pool. They are stored encrypted, and no answer to staff shows them."""

    keys: Annotated[tuple[KeyText, ...], Meta(min_length=1, max_length=1000)]


class AddedView(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the keys were new, and how many the pool had already, or had given."""

    added: int
    known: int


@get(
    "/admin/v1/licence-pools",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def list_pools(
    request: AnyRequest, short: Short = False, limit: Limit = 24, cursor: CursorText = None
) -> Page[PoolRow]:
    """Pools of keys, with what is left of each."""
    filters = filters_of("licence-pools", short=short)
    last = _last(after(cursor, filters, length=1))
    async with shop(request).db.reading() as tx:
        rows = await licences.list_pools(tx, low=LOW, short=short, after=last, limit=limit + 1)
        ids = [pool.variant_id for pool, _ in rows]
        known = {one.id: one for one in await catalog.variants_by_ids(tx, ids)} if ids else {}

    def show(row: tuple[Pool, PoolCounts]) -> PoolRow:
        pool, counts = row
        one = known.get(pool.variant_id)
        return PoolRow(
            variant_id=encode("variant", pool.variant_id),
            product_id=None if one is None else encode("product", one.product_id),
            sku="" if one is None else one.sku,
            title="" if one is None else one.title,
            deliver_when=pool.deliver_when,
            free=counts.free,
            given=counts.given,
            waiting=counts.waiting,
            low=counts.waiting > 0 or counts.free < LOW,
        )

    return page_of(
        rows, limit=limit, filters=filters, keys=lambda row: [row[0].variant_id.hex], show=show
    )


@get(
    "/admin/v1/variants/{variant_id:str}/licence-pool",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[licences.PoolNotFound],
)
async def get_pool(request: AnyRequest, variant_id: str) -> Response[PoolView]:
    """How a variant is delivered, and how many keys there are."""
    async with shop(request).db.reading() as tx:
        return await _shown(tx, await licences.pool_of(tx, _variant(variant_id)))


@put(
    "/admin/v1/variants/{variant_id:str}/licence-pool",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.VariantNotFound, licences.PoolChangedMeanwhile],
    example={"deliver_when": "captured", "asks_consent": True},
)
async def put_pool(
    request: AnyRequest, variant_id: str, data: PoolBody, if_match: RequiredIfMatch
) -> Response[PoolView]:
    """Have a variant delivered as licence keys. Set `requires_shipping` and `tracks_inventory` of
    the variant to false besides: then it needs no shipping and no stock. A variant without a pool
    has the version `"v0"`.
    """
    found, expected = _variant(variant_id), expected_version(request)
    wanted = Pool(variant_id=found, deliver_when=data.deliver_when, asks_consent=data.asks_consent)
    async with shop(request).db.transaction() as tx:
        before = (await licences.pools_of(tx, [found])).get(found)
        pool = await licensing.set_pool(tx, wanted, expected=expected)
        if pool != before:
            old, new = (
                None
                if one is None
                else {"deliver_when": one.deliver_when, "asks_consent": one.asks_consent}
                for one in (before, pool)
            )
            await staff.audit(tx, actor(request), "licence_pool.set", variant_id, old, new)
        return await _shown(tx, pool)


@post(
    "/admin/v1/variants/{variant_id:str}/licence-keys",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[licences.PoolNotFound, licences.LicenceKeysInvalid],
    responses={201: ResponseSpec(AddedView, description="How many were new.")},
    example={"keys": ["ABCD-EFGH-0001", "ABCD-EFGH-0002"]},
)
async def add_licence_keys(
    request: AnyRequest, variant_id: str, data: KeysBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Put keys into the pool, up to 1,000 at a time. Paid lines that wait are given theirs at once.
    A key that the pool ever had is left out, so the same file may be sent again.
    """
    found, settings = _variant(variant_id), shop(request).settings

    async def work(tx: Tx) -> AddedView:
        added = await licensing.add_keys(tx, settings, found, data.keys)
        what = {"added": added, "known": len(data.keys) - added}
        await staff.audit(tx, actor(request), "licence_keys.added", variant_id, None, what)
        return AddedView(**what)

    return await once(request, work)


async def _shown(tx: Tx, pool: Pool) -> Response[PoolView]:
    counts = await licences.count_keys(tx, pool.variant_id)
    return Response(PoolView.of(pool, counts), headers={"ETag": version_tag(pool.version)})


def _variant(text: str) -> UUID:
    return decode("variant", text, field="variant_id")


def _last(keys: list[str | int | None] | None) -> UUID | None:
    try:
        return None if keys is None else UUID(hex=str(keys[0]))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


ROUTES: list[HTTPRouteHandler] = [list_pools, get_pool, put_pool, add_licence_keys]
