"""What kits consist of, as the administration says it."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, put
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from argosy.kernel.bill import Bill, BillGroup, BillItem, BillOption
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import catalog, kits, staff
from argosy.modules.kits import Kit
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import IfMatch, RequiredIfMatch, expected_version, version_tag
from argosy.web.examples import example_id
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows.kitting import set_kit

AnyRequest = Request[Any, Any, Any]
Code = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]
Units = Annotated[int, Meta(ge=1, le=1000)]
Amounts = dict[Annotated[str, Meta(pattern="^[A-Z]{3}$")], Annotated[int, Meta(ge=0, le=10**12)]]
Percentage = Annotated[str, Meta(pattern=r"^(100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?)$")]


class KitItemBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units of a variant in every kit."""

    variant_id: str
    quantity: Units = 1


class KitOptionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be chosen. `extra` is what it adds to the price of a kit, in minor units by
    currency; an option with extras is not offered in other currencies.
    """

    code: Code
    variant_id: str
    quantity: Units = 1
    extra: Amounts = {}


class KitGroupBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `least` to `most` of the options, `defaults` where the shopper says nothing. Where it
    `repeats`, an option may be taken more than once.
    """

    code: Code
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    options: Annotated[tuple[KitOptionBody, ...], Meta(min_length=1, max_length=30)]
    least: Annotated[int, Meta(ge=0, le=30)] = 1
    most: Annotated[int, Meta(ge=1, le=30)] = 1
    repeats: bool = False
    defaults: Annotated[tuple[Code, ...], Meta(max_length=30)] = ()


class KitBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one unit consists of. `price`: its `own`, as the price lists have it, or the `sum` of
    its components' prices, less `percent_off` and then `amount_off` (minor units by currency).
    """

    items: Annotated[tuple[KitItemBody, ...], Meta(max_length=20)] = ()
    groups: Annotated[tuple[KitGroupBody, ...], Meta(max_length=5)] = ()
    price: Literal["own", "sum"] = "own"
    percent_off: Percentage | None = None
    amount_off: Amounts = {}

    def bill(self) -> Bill:
        """As kits are stored. Raises MalformedId."""
        document = msgspec.to_builtins(self)
        items = tuple(
            BillItem(variant_id=_variant(one.variant_id), quantity=one.quantity)
            for one in self.items
        )
        groups = tuple(
            BillGroup(
                code=group.code,
                name=group.name,
                least=group.least,
                most=group.most,
                repeats=group.repeats,
                defaults=group.defaults,
                options=tuple(
                    BillOption(
                        code=one.code,
                        variant_id=_variant(one.variant_id),
                        quantity=one.quantity,
                        extra=one.extra,
                    )
                    for one in group.options
                ),
            )
            for group in self.groups
        )
        rest = {name: document[name] for name in ("price", "percent_off", "amount_off")}
        return msgspec.structs.replace(
            msgspec.convert(rest, Bill, strict=False), items=items, groups=groups
        )


class KitView(KitBody, frozen=True, kw_only=True):
    """The bill of a variant. `version` guards changes (`If-Match`)."""

    variant_id: str
    version: int

    @classmethod
    def of(cls, kit: Kit) -> "KitView":
        """As answers show it."""
        bill = kit.bill
        return cls(
            variant_id=encode("variant", kit.variant_id),
            version=kit.version,
            items=tuple(
                KitItemBody(variant_id=encode("variant", one.variant_id), quantity=one.quantity)
                for one in bill.items
            ),
            groups=tuple(
                KitGroupBody(
                    code=group.code,
                    name=group.name,
                    least=group.least,
                    most=group.most,
                    repeats=group.repeats,
                    defaults=group.defaults,
                    options=tuple(
                        KitOptionBody(
                            code=one.code,
                            variant_id=encode("variant", one.variant_id),
                            quantity=one.quantity,
                            extra=one.extra,
                        )
                        for one in group.options
                    ),
                )
                for group in bill.groups
            ),
            price=bill.price,
            percent_off=None if bill.percent_off is None else str(bill.percent_off),
            amount_off=bill.amount_off,
        )


class KitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A kit in the list: how many items are in every one, and how many groups are chosen from."""

    variant_id: str
    sku: str
    name: str
    items: int
    groups: int
    price: Literal["own", "sum"]
    version: int


def _variant(text: str) -> UUID:
    return decode("variant", text, field="variant_id")


@get(
    "/admin/v1/kits",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[CursorInvalid],
)
async def list_kits(
    request: AnyRequest, limit: Limit = 24, cursor: CursorText = None
) -> Page[KitRow]:
    """All kits, in no order that means anything."""
    filters = filters_of("kits")
    last = _last(after(cursor, filters, length=1))
    async with shop(request).db.reading() as tx:
        rows = await kits.kits_after(tx, last, limit + 1)
        known = {
            one.id: one for one in await catalog.variants_by_ids(tx, [r.variant_id for r in rows])
        }
        products = {one.product_id for one in known.values()}
        titles = {
            one.row.id: one.row.title for one in await catalog.products_by_ids(tx, [*products])
        }

    def show(kit: Kit) -> KitRow:
        variant = known.get(kit.variant_id)
        return KitRow(
            variant_id=encode("variant", kit.variant_id),
            sku="" if variant is None else variant.sku,
            name="" if variant is None else titles.get(variant.product_id, variant.title),
            items=len(kit.bill.items),
            groups=len(kit.bill.groups),
            price=kit.bill.price,
            version=kit.version,
        )

    return page_of(
        rows, limit=limit, filters=filters, keys=lambda kit: [kit.variant_id.hex], show=show
    )


def _last(keys: list[str | int | None] | None) -> UUID:
    if keys is None:
        return UUID(int=0)
    try:
        return UUID(hex=str(keys[0]))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


@get(
    "/admin/v1/variants/{variant_id:str}/kit",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[kits.KitNotFound],
)
async def get_kit(request: AnyRequest, variant_id: str) -> Response[KitView]:
    """What a kit consists of."""
    async with shop(request).db.reading() as tx:
        kit = await kits.kit_of(tx, _variant(variant_id))
    return _tagged(kit)


@put(
    "/admin/v1/variants/{variant_id:str}/kit",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        catalog.VariantNotFound,
        kits.KitInvalid,
        kits.KitNested,
        kits.KitChangedMeanwhile,
    ],
    example={
        "items": [{"variant_id": example_id("variant"), "quantity": 2}],
        "groups": [
            {
                "code": "drink",
                "name": "Drink",
                "options": [
                    {"code": "tea", "variant_id": example_id("variant")},
                    {
                        "code": "coffee",
                        "variant_id": example_id("variant"),
                        "extra": {"EUR": 50},
                    },
                ],
                "defaults": ["tea"],
            }
        ],
    },
)
async def put_kit(
    request: AnyRequest, variant_id: str, data: KitBody, if_match: IfMatch = None
) -> Response[KitView]:
    """Have a variant consist of exactly this: it is sold as one, and its stock is that of its
    components. Carts show it from the next look on; orders keep what they were placed with. The
    same bill again changes nothing.
    """
    found, expected = _variant(variant_id), expected_version(request)
    async with shop(request).db.transaction() as tx:
        before = (await kits.kits_of(tx, [found])).get(found)
        kit = await set_kit(tx, found, data.bill(), expected=expected)
        if kit != before:
            old = None if before is None else _document(before)
            await staff.audit(tx, actor(request), "kit.set", variant_id, old, _document(kit))
    return _tagged(kit)


@delete(
    "/admin/v1/variants/{variant_id:str}/kit",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[kits.KitNotFound, kits.KitChangedMeanwhile],
)
async def delete_kit(request: AnyRequest, variant_id: str, if_match: RequiredIfMatch) -> None:
    """Have a variant be no kit: it has its own stock again."""
    found = _variant(variant_id)
    async with shop(request).db.transaction() as tx:
        before = await kits.kit_of(tx, found)
        await kits.drop_kit(tx, found, expected=expected_version(request))
        await staff.audit(tx, actor(request), "kit.dropped", variant_id, _document(before), None)


def _document(kit: Kit) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(KitView.of(kit))
    return document


def _tagged(kit: Kit) -> Response[KitView]:
    return Response(KitView.of(kit), headers={"ETag": version_tag(kit.version)})


ROUTES: list[HTTPRouteHandler] = [list_kits, get_kit, put_kit, delete_kit]
