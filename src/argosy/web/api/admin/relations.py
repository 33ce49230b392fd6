"""What is shown beside products, as the administration says it."""

from typing import Annotated, Any

import msgspec
from litestar import Request, get, put
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, relations, staff
from argosy.modules.relations import Relation, RelationKind, RelationsInvalid
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.examples import example_id
from argosy.workflows.relating import relate

AnyRequest = Request[Any, Any, Any]


class RelatedBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The products beside this one, in their order. With `both_ways` it stands beside each of them
    too, and beside those that are left out no longer.
    """

    product_ids: Annotated[tuple[str, ...], Meta(max_length=50)]
    both_ways: bool = False


class RelatedView(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of the products beside a product, by kind and in order, shown or not."""

    cross_sell: list[str]
    up_sell: list[str]
    accessory: list[str]
    replacement: list[str]


def _view(found: list[Relation]) -> RelatedView:
    by_kind: dict[str, list[str]] = {kind: [] for kind in relations.KINDS}
    for one in found:
        by_kind[one.kind].append(encode("product", one.related_id))
    return RelatedView(**by_kind)


@get(
    "/admin/v1/products/{product_id:str}/related",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[catalog.ProductNotFound],
)
async def list_related(request: AnyRequest, product_id: str) -> RelatedView:
    """What stands beside a product."""
    found = decode("product", product_id, field="product_id")
    async with shop(request).db.reading() as tx:
        await catalog.product_by_id(tx, found)
        return _view(await relations.relations_of(tx, [found]))


@put(
    "/admin/v1/products/{product_id:str}/related/{kind:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.ProductNotFound, RelationsInvalid],
    example={"product_ids": [example_id("product")], "both_ways": True},
)
async def set_related(
    request: AnyRequest, product_id: str, kind: RelationKind, data: RelatedBody
) -> RelatedView:
    """Have exactly these products beside a product. Repeating it changes nothing."""
    found = decode("product", product_id, field="product_id")
    ids = [decode("product", one, field="product_ids") for one in data.product_ids]
    async with shop(request).db.transaction() as tx:
        before = _view(await relations.relations_of(tx, [found]))
        changed = await relate(tx, found, kind, ids, both_ways=data.both_ways)
        after = _view(await relations.relations_of(tx, [found]))
        if changed:
            old: dict[str, Any] = {"kind": kind, "products": getattr(before, kind)}
            new = {"products": getattr(after, kind), "both_ways": data.both_ways}
            await staff.audit(tx, actor(request), "product.related", product_id, old, new)
    return after


ROUTES: list[HTTPRouteHandler] = [list_related, set_related]
