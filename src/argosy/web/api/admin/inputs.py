"""What products ask of shoppers, as the administration says it."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, put
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.kernel.personal import Input
from argosy.modules import catalog, personalisation, staff
from argosy.modules.personalisation import Personalisation
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.workflows.asking import set_inputs

AnyRequest = Request[Any, Any, Any]
Code = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]
Label = Annotated[str, Meta(min_length=1, max_length=200)]
Amounts = dict[Annotated[str, Meta(pattern="^[A-Z]{3}$")], Annotated[int, Meta(ge=0, le=10**12)]]
Bound = Annotated[int, Meta(ge=-(10**9), le=10**9)]


class InputPriceBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an answer adds to the price of each unit, in minor units by currency: once, or `per`
    character beyond `free`. In a currency without an amount the input is not offered.
    """

    amount: Amounts
    per: Literal["unit", "character"] = "unit"
    free: Annotated[int, Meta(ge=0, le=500)] = 0


class InputChoiceBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be chosen, and what that adds to each unit, in minor units by currency."""

    code: Code
    label: Label
    amount: Amounts = {}


class InputBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a shopper is asked; a line's configuration holds the answer under `code`.

    A text has at most `longest` of its `characters` (`latin`: letters of Latin script, digits,
    spaces and common punctuation). A number lies from `least` to `most`. A choice has `choices`.
    A file is of one of the formats that it `accepts` (none named: any), with at most `most_bytes`
    (null: as many as the shop takes).
    """

    code: Code
    label: Label
    kind: Literal["text", "choice", "number", "file"] = "text"
    required: bool = False
    longest: Annotated[int, Meta(ge=1, le=500)] = 60
    characters: Literal["any", "latin", "letters", "digits"] = "any"
    choices: Annotated[tuple[InputChoiceBody, ...], Meta(max_length=50)] = ()
    least: Bound | None = None
    most: Bound | None = None
    decimals: Annotated[int, Meta(ge=0, le=4)] = 0
    price: InputPriceBody | None = None
    accepts: Annotated[tuple[Literal["jpeg", "png", "webp", "pdf"], ...], Meta(max_length=4)] = ()
    most_bytes: Annotated[int, Meta(ge=1, le=personalisation.MAX_FILE_BYTES)] | None = None


class InputsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that a product asks, in the order of its page; nothing: it asks nothing any more."""

    inputs: Annotated[tuple[InputBody, ...], Meta(max_length=10)] = ()


class InputsView(InputsBody, frozen=True, kw_only=True):
    """What a product asks. `version` guards changes (`If-Match`); 0: it never asked anything."""

    product_id: str
    version: int

    @classmethod
    def of(cls, one: Personalisation) -> "InputsView":
        """As answers show it."""
        return cls(
            product_id=encode("product", one.product_id),
            version=one.version,
            inputs=msgspec.convert(msgspec.to_builtins(one.inputs), tuple[InputBody, ...]),
        )


@get(
    "/admin/v1/products/{product_id:str}/inputs",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[catalog.ProductNotFound],
)
async def get_inputs(request: AnyRequest, product_id: str) -> Response[InputsView]:
    """What shoppers are asked about a product."""
    found = decode("product", product_id, field="product_id")
    async with shop(request).db.reading() as tx:
        await catalog.product_by_id(tx, found)
        return _tagged(await personalisation.inputs_of(tx, found))


@put(
    "/admin/v1/products/{product_id:str}/inputs",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        catalog.ProductNotFound,
        personalisation.PersonalisationInvalid,
        personalisation.PersonalisationChangedMeanwhile,
    ],
    example={
        "inputs": [
            {
                "code": "engraving",
                "label": "Engraving",
                "longest": 20,
                "characters": "latin",
                "price": {"amount": {"EUR": 50}, "per": "character", "free": 5},
            },
            {
                "code": "font",
                "label": "Font",
                "kind": "choice",
                "required": True,
                "choices": [
                    {"code": "serif", "label": "With serifs"},
                    {"code": "script", "label": "Handwriting", "amount": {"EUR": 300}},
                ],
            },
        ]
    },
)
async def put_inputs(
    request: AnyRequest, product_id: str, data: InputsBody, if_match: RequiredIfMatch
) -> Response[InputsView]:
    """Have a product ask exactly this. Carts are judged by it from the next look on: a line whose
    answers do not fit any more cannot be bought, and says so; orders keep what they were placed
    with. The same inputs again change nothing.
    """
    found, expected = decode("product", product_id, field="product_id"), expected_version(request)
    inputs = msgspec.convert(msgspec.to_builtins(data.inputs), tuple[Input, ...])
    async with shop(request).db.transaction() as tx:
        before = await personalisation.inputs_of(tx, found)
        now = await set_inputs(tx, found, inputs, expected=expected)
        if now != before:
            old, new = (msgspec.to_builtins(InputsView.of(one)) for one in (before, now))
            await staff.audit(tx, actor(request), "product.inputs_set", product_id, old, new)
    return _tagged(now)


def _tagged(one: Personalisation) -> Response[InputsView]:
    return Response(InputsView.of(one), headers={"ETag": version_tag(one.version)})


ROUTES: list[HTTPRouteHandler] = [get_inputs, put_inputs]
