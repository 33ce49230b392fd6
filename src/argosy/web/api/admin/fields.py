"""Custom fields: their definitions, and the values of what has them."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.modules import cart, catalog, customers, fields, orders, staff
from argosy.modules.fields import DefineField, FieldDefinition, FieldValue, Subject
from argosy.runtime.db import Tx
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import IfMatch, RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.workflows import fielding

AnyRequest = Request[Any, Any, Any]
SubjectFilter = Annotated[
    Subject | None, Parameter(query="subject", description="Only fields of these things.")
]
Values = Annotated[dict[str, FieldValue | None], msgspec.Meta(max_length=200)]


class NewFieldBody(DefineField, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new custom field, and what has it."""

    subject: Subject


class FieldBody(DefineField, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A custom field as it is to be. Its kind cannot change; another code renames it."""


class FieldView(DefineField, frozen=True, kw_only=True):
    """A custom field. Ask lists for `?field.<code>=<value>`, or `.min` and `.max` of it."""

    id: str
    subject: Subject
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, definition: FieldDefinition) -> "FieldView":
        """As answers show it."""
        shown = msgspec.structs.asdict(definition)
        return cls(**shown | {"id": encode("field", definition.id)})


class FieldList(msgspec.Struct, frozen=True, kw_only=True):
    """All custom fields, by what has them and their code."""

    items: list[FieldView]


class ValuesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values by code: what is left out stays, null removes."""

    values: Values


class ValuesView(msgspec.Struct, frozen=True, kw_only=True):
    """The values by code; fields without one show their default, if they have any."""

    values: dict[str, FieldValue]


FieldMade = {201: ResponseSpec(data_container=FieldView, description="The new field.")}
EXAMPLE = {"values": {"engraving": "For Ann", "gift": True}}


@get(
    "/admin/v1/field-definitions",
    tags=["Custom fields"],
    security=ADMINISTRATION,
    guards=[requires("settings:read")],
)
async def list_fields(request: AnyRequest, subject: SubjectFilter = None) -> FieldList:
    """The custom fields of this shop."""
    async with shop(request).db.reading() as tx:
        found = await fields.list_fields(tx, subject)
    return FieldList(items=[FieldView.of(definition) for definition in found])


@post(
    "/admin/v1/field-definitions",
    tags=["Custom fields"],
    security=ADMINISTRATION,
    guards=[requires("settings:write")],
    problems=[fields.FieldInvalid, fields.FieldCodeTaken],
    responses=FieldMade,
    example={
        "subject": "cart", "code": "engraving", "label": "Engraving", "kind": "text",
        "max_length": 30, "visible": "storefront", "shopper_writes": True, "on_order": True,
    },
)  # fmt: skip
async def define_field(
    request: AnyRequest, data: NewFieldBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Make a custom field. It can be filled and asked for at once."""
    given = msgspec.structs.asdict(data)
    subject = given.pop("subject")

    async def run(tx: Tx) -> FieldDefinition:
        made = await fields.define_field(tx, subject, DefineField(**given))
        name = encode("field", made.id)
        await staff.audit(tx, actor(request), "field.defined", name, None, _audited(data))
        return made

    return await once(request, run, show=FieldView.of, headers=_headers)


@put(
    "/admin/v1/field-definitions/{field_id:str}",
    tags=["Custom fields"],
    security=ADMINISTRATION,
    guards=[requires("settings:write")],
    problems=[
        fields.FieldNotFound,
        fields.FieldChanged,
        fields.FieldInvalid,
        fields.FieldCodeTaken,
    ],
    example={"code": "engraving", "label": "Engraving text", "kind": "text", "max_length": 40},
)
async def change_field(
    request: AnyRequest, field_id: str, data: FieldBody, if_match: RequiredIfMatch
) -> Response[FieldView]:
    """Rename a custom field or define it anew. Its values stay, under the new code too."""
    found, version = decode("field", field_id, field="field_id"), expected_version(request)
    wanted = DefineField(**msgspec.structs.asdict(data))
    async with shop(request).db.transaction() as tx:
        old, new = await fields.change_field(tx, found, wanted, expected_version=version)
        before, after = _audited(old), _audited(new)
        await staff.audit(tx, actor(request), "field.changed", field_id, before, after)
    return Response(FieldView.of(new), headers=_headers(new))


@delete(
    "/admin/v1/field-definitions/{field_id:str}",
    tags=["Custom fields"],
    security=ADMINISTRATION,
    guards=[requires("settings:write")],
    problems=[fields.FieldNotFound, fields.FieldChanged],
)
async def delete_field(request: AnyRequest, field_id: str, if_match: RequiredIfMatch) -> None:
    """Remove a custom field with all its values. At once nobody sees it any more."""
    found, version = decode("field", field_id, field="field_id"), expected_version(request)
    async with shop(request).db.transaction() as tx:
        old = await fields.delete_field(tx, found, expected_version=version)
        await staff.audit(tx, actor(request), "field.deleted", field_id, _audited(old))


def _audited(definition: msgspec.Struct) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(definition)
    return shown


def _headers(definition: FieldDefinition) -> dict[str, str]:
    return {"ETag": version_tag(definition.version)}


# --- values --------------------------------------------------------------------------------------


def _values_routes(
    subject: Subject, path: str, area: str, missing: type[Exception]
) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    """Reading and changing the custom fields of one kind of thing."""

    async def read(request: AnyRequest, thing_id: str) -> Response[ValuesView]:
        found = decode(subject, thing_id, field="thing_id")
        async with shop(request).db.reading() as tx:
            return _shown(await fielding.read_fields(tx, subject, found))

    async def change(
        request: AnyRequest, thing_id: str, data: ValuesBody, if_match: IfMatch = None
    ) -> Response[ValuesView]:
        found = decode(subject, thing_id, field="thing_id")
        async with shop(request).db.transaction() as tx:
            before, after = await fielding.set_fields(
                tx, subject, found, data.values, expected_version=expected_version(request)
            )
            if before != after:
                # Of people the trail names the fields, not what is in them: it outlives them.
                private = subject in {"customer", "cart", "order"}
                old, new = _differing(before, after, hidden=private)
                await staff.audit(tx, actor(request), f"{subject}.fields", thing_id, old, new)
        return _shown(after)

    shared: dict[str, Any] = {"tags": ["Custom fields"], "security": ADMINISTRATION}
    address = f"{path}/{{thing_id:str}}/fields"
    return (
        get(
            address,
            operation_id=f"Get{subject.title()}Fields",
            description=f"The custom fields of a {subject}.",
            guards=[requires(f"{area}:read")],
            problems=[missing],
            **shared,
        )(_named(read, f"get_{subject}_fields")),
        patch(
            address,
            operation_id=f"Change{subject.title()}Fields",
            description=f"Change custom fields of a {subject}: what is left out stays.",
            guards=[requires(f"{area}:write")],
            problems=[missing, fields.ValuesInvalid, fields.ValuesChanged, fields.FieldsClosed],
            example=EXAMPLE,
            **shared,
        )(_named(change, f"change_{subject}_fields")),
    )


def _shown(values: dict[str, FieldValue]) -> Response[ValuesView]:
    tag = version_tag(fields.values_version(values))
    return Response(ValuesView(values=values), headers={"ETag": tag})


def _named(handler: Callable[..., Any], name: str) -> Callable[..., Any]:
    handler.__name__ = handler.__qualname__ = name
    return handler


def _differing(
    before: dict[str, FieldValue], after: dict[str, FieldValue], *, hidden: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    codes = sorted(c for c in before.keys() | after.keys() if before.get(c) != after.get(c))
    if hidden:
        return {}, {"fields": codes}
    return {c: before.get(c) for c in codes}, {c: after.get(c) for c in codes}


get_product_fields, change_product_fields = _values_routes(
    "product", "/admin/v1/products", "catalog", catalog.ProductNotFound
)
get_variant_fields, change_variant_fields = _values_routes(
    "variant", "/admin/v1/variants", "catalog", catalog.VariantNotFound
)
get_customer_fields, change_customer_fields = _values_routes(
    "customer", "/admin/v1/customers", "customers", customers.CustomerNotFound
)
get_cart_fields, change_cart_fields = _values_routes(
    "cart", "/admin/v1/carts", "orders", cart.CartNotFound
)
get_order_fields, change_order_fields = _values_routes(
    "order", "/admin/v1/orders", "orders", orders.OrderNotFound
)

ROUTES: list[HTTPRouteHandler] = [
    list_fields,
    define_field,
    change_field,
    delete_field,
    get_product_fields,
    change_product_fields,
    get_variant_fields,
    change_variant_fields,
    get_customer_fields,
    change_customer_fields,
    get_cart_fields,
    change_cart_fields,
    get_order_fields,
    change_order_fields,
]
