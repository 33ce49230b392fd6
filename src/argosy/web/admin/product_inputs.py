"""What shoppers are asked about a product: the form of it."""

from decimal import Decimal, InvalidOperation
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.iso4217 import EXPONENTS
from argosy.kernel.money import InexactAmount, Money
from argosy.web.admin.access import may
from argosy.web.admin.places import N_
from argosy.web.admin.products import PATH as PRODUCTS
from argosy.web.admin.showing import say
from argosy.web.admin.struct_forms import Codec, Document, Shaping
from argosy.web.admin.things import Row, Things, form_page, held_of, row_of, save_one, shaped
from argosy.web.api.admin import inputs as api
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/inputs"
_ONE = f"{PATH}/{{product_id:str}}"

WORDS = {
    "inputs": (
        N_("What is asked"),
        N_("In the order of the product's page. Without any, nothing is asked."),
    ),
    "inputs[]": (N_("Question"), ""),
    "code": (N_("Code"), N_("Stands in orders and imports. Leave it as it is later.")),
    "label": (N_("Name"), N_("As shoppers read it.")),
    "kind": (N_("Kind"), ""),
    "kind:text": (N_("text"), ""),
    "kind:choice": (N_("choice"), ""),
    "kind:number": (N_("number"), ""),
    "kind:file": (N_("file"), ""),
    "accepts": (N_("Formats"), N_("Of a file. None ticked: any of these.")),
    "accepts:jpeg": ("JPEG", ""),
    "accepts:png": ("PNG", ""),
    "accepts:webp": ("WebP", ""),
    "accepts:pdf": ("PDF", ""),
    "most_bytes": (N_("Most bytes"), N_("Of a file.")),
    "required": (N_("Must be answered"), ""),
    "longest": (N_("Most characters"), N_("Of a text.")),
    "characters": (N_("Characters"), N_("Of a text.")),
    "characters:any": (N_("any"), ""),
    "characters:latin": (N_("Latin letters, digits, punctuation"), ""),
    "characters:letters": (N_("letters"), ""),
    "characters:digits": (N_("digits"), ""),
    "choices": (N_("Choices"), ""),
    "choices[]": (N_("Choice"), ""),
    "least": (N_("At least"), N_("Of a number.")),
    "most": (N_("At most"), N_("Of a number.")),
    "decimals": (N_("Decimals"), N_("Of a number.")),
    "price": (N_("What an answer costs"), ""),
    "amount": (N_("Adds to each unit"), N_("A line each, as in EUR: 4.50.")),
    "per": (N_("For each"), ""),
    "per:unit": (N_("unit"), ""),
    "per:character": (N_("character"), ""),
    "free": (N_("Characters without charge"), ""),
}


def amounts_shown(value: Any) -> str:
    """Minor units by currency, a line each in major ones; what was typed stays as it is."""
    if not isinstance(value, dict):
        return str(value)
    return "\n".join(
        f"{currency}: {Money(minor, currency).to_decimal()}" if currency in EXPONENTS else currency
        for currency, minor in sorted(value.items())
        if isinstance(minor, int)
    )


def amounts_read(text: str) -> Any:
    """What was typed, as minor units by currency; what cannot be read stays as it was typed."""
    found: dict[str, int] = {}
    for line in filter(str.strip, text.splitlines()):
        currency, _, amount = (part.strip() for part in line.partition(":"))
        try:
            minor = Money.from_decimal(Decimal(amount.replace(",", ".")), currency.upper()).minor
        except (InvalidOperation, InexactAmount, ValueError):
            return text
        found[currency.upper()] = minor
    return found


_AMOUNTS = Codec(amounts_shown, amounts_read)


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    codecs = {"inputs.price.amount": _AMOUNTS, "inputs.choices.amount": _AMOUNTS}
    return shaped(request, words=WORDS, codecs=codecs)


def _named(row: Row) -> str:
    return str(row["product_id"])


def _kind(request: AnyRequest, product_id: str) -> Things:
    return Things(
        path=PATH,
        title=N_("The product"),
        new="",
        area="catalog",
        rows=api.get_inputs,
        one=api.get_inputs,
        change=api.put_inputs,
        param="product_id",
        ident=_named,
        called=lambda _row: say(request, N_("What shoppers are asked")),
        columns=lambda _request: [],
        shaping=_shaping,
        empty=("", ""),
        home=f"{PRODUCTS}/{product_id}",
    )


@get(_ONE, include_in_schema=False, guards=[may("catalog:read")])
async def show_inputs(request: AnyRequest, product_id: str) -> Response[bytes]:
    """What is asked about the product. Two statements."""
    kind = _kind(request, product_id)
    row = await row_of(request, kind, product_id)
    return await form_page(request, kind, row, held_of(kind, row))


@post(_ONE, include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def save_inputs(request: AnyRequest, product_id: str) -> Response[bytes]:
    """Ask what the form says."""
    return await save_one(request, _kind(request, product_id), product_id)


ROUTES: list[HTTPRouteHandler] = [show_inputs, save_inputs]
