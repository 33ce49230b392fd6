"""Transfers: goods that go from one location to another, and what arrives of them."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import MalformedId, decode, encode, new_id
from argosy.kernel.paging import Page
from argosy.modules import catalog, inventory
from argosy.modules.inventory import Demand
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import faults_of
from argosy.web.admin.lists import CSV_BATCH, PAGE, Column, Empty, csv_of, listing_of
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.admin.stock import PATH as STOCK
from argosy.web.admin.stock import all_locations
from argosy.web.admin.stock_acts import form_key, whole
from argosy.web.api.admin.stock_transfers import (
    Arrived,
    TransferRow,
    check_receipt,
    list_stock_transfers,
    note_transfer,
    take_receipt,
)
from argosy.web.auth import actor, request_id, shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows.stock_transfers import SendTransfer, send_transfer, transfer_by_id

AnyRequest = Request[Any, Any, Any]

PATH = f"{STOCK}/transfers"
_ONE = f"{PATH}/{{transfer_id:str}}"
_FEWEST_LINES, _MOST_LINES = 3, 50
_LONGEST_REASON = 200


def transfer_path(transfer_id: UUID) -> str:
    """The page of a transfer."""
    return f"{PATH}/{encode('transfer', transfer_id)}"


@get(PATH, include_in_schema=False, guards=[may("inventory:read")])
async def show_transfers(request: AnyRequest) -> Response[bytes]:
    """Transfers, the newest first. One statement."""
    page = await _page(request, request.query_params.get("cursor"), PAGE)
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: row.id,
        row_path=lambda row: f"{PATH}/{row.id}",
        empty=Empty(
            say(request, N_("No transfers yet")),
            say(
                request,
                N_(
                    "A transfer takes goods off one location's shelf; the other expects them until"
                    " they arrive or are given up."
                ),
            ),
        ),
    )
    title = say(request, N_("Transfers"))
    crumbs = [Crumb(say(request, N_("Stock")), STOCK)]
    values = {"list": found, "path": PATH}
    return admin_page(request, "admin/stock_transfers.html", values, title=title, crumbs=crumbs)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("inventory:read")])
async def export_transfers(request: AnyRequest) -> Stream:
    """The transfers as a file."""

    async def read(cursor: str | None) -> Page[TransferRow]:
        return await _page(request, cursor, CSV_BATCH)

    return csv_of("stock-transfers", _columns(request), read)


@get(f"{PATH}/new", include_in_schema=False, guards=[may("inventory:write")])
async def ask_transfer(request: AnyRequest) -> Response[bytes]:
    """The form of a transfer; the address may name an SKU and where it leaves."""
    asked = request.query_params
    form = Form({"sku.0": asked.get("sku", "")[:120], "from": asked.get("from", "")[:60]})
    return await _new_page(request, form, _FEWEST_LINES, None)


@post(f"{PATH}/new", include_in_schema=False, guards=[own_pages_only, may("inventory:write")])
async def send(request: AnyRequest) -> Response[bytes]:
    """Send the goods, once however often the form is sent; `act=more` only adds lines."""
    form = await read_form(request)
    lines = whole_number(form["lines"], least=1, most=_MOST_LINES) or _FEWEST_LINES
    if form["act"] == "more":
        return await _new_page(request, form, min(lines + 3, _MOST_LINES), None)
    who = actor(request)
    try:
        async with shop(request).db.transaction() as tx:
            found = [n for n in range(lines) if form[f"sku.{n}"]]
            known = await catalog.variant_ids_by_sku(tx, [form[f"sku.{n}"] for n in found])
            made = await send_transfer(
                tx,
                SendTransfer(
                    id=_key(form),
                    source=_place(form, "from"),
                    target=_place(form, "to"),
                    lines=tuple(_line(form, n, known) for n in found),
                    reason=_reason(form),
                    actor=f"{who.kind}:{who.name}",
                    arrived=form["arrived"] == "yes",
                    correlation=request_id(request),
                ),
            )
            await note_transfer(tx, request, "stock.transfer_sent", made)
    except ArgosyError as refusal:
        return await _new_page(request, form, lines, refusal)
    said = say(request, N_("The goods have left the shelf."))
    return lead_to(request, transfer_path(made.id), Notice(said))


@get(_ONE, include_in_schema=False, guards=[may("inventory:read")])
async def show_transfer(request: AnyRequest, transfer_id: str) -> Response[bytes]:
    """What left, what arrived, what is on its way. Four statements."""
    return await _page_of_one(request, _id(transfer_id), Form(), None)


@post(f"{_ONE}/receive", include_in_schema=False, guards=[own_pages_only, may("inventory:write")])
async def receive(request: AnyRequest, transfer_id: str) -> Response[bytes]:
    """Put on the shelf what arrived, and give up what was lost."""
    found, form = _id(transfer_id), await read_form(request)
    try:
        lines = [
            Arrived(
                decode("variant", text), _units(form, "received", text), _units(form, "lost", text)
            )
            for text in form.every("variant")[:200]
        ]
        reason = form["loss_reason"][:_LONGEST_REASON]
        check_receipt(lines, reason)
        async with shop(request).db.transaction() as tx:
            await take_receipt(
                tx, request, found, lines, receipt=form_key(form), loss_reason=reason
            )
    except ArgosyError as refusal:
        return await _page_of_one(request, found, form, refusal)
    said = say(request, N_("The receipt is recorded."))
    return lead_to(request, transfer_path(found), Notice(said))


async def _page(request: AnyRequest, cursor: str | None, limit: int) -> Page[TransferRow]:
    told = await ask(request, list_stock_transfers, cursor=cursor, limit=limit)
    return msgspec.convert(told, Page[TransferRow])


async def _new_page(
    request: AnyRequest, form: Form, lines: int, refusal: ArgosyError | None
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        places = [one for one in await all_locations(tx) if one.active]
    names = [f"{part}.{n}" for n in range(lines) for part in ("sku", "quantity")]
    values = {
        "places": [("", "–"), *((encode("location", one.id), one.name) for one in places)],
        "form": form,
        "lines": range(lines),
        "key": form["key"] or str(new_id()),
        "path": PATH,
        "faults": faults_of(
            refusal,
            ["from", "to", "reason", *names],
            {"from_location_id": "from", "to_location_id": "to", "items": "sku.0"},
        ),
        "most": _MOST_LINES,
    }
    return admin_page(
        request,
        "admin/stock_transfer_new.html",
        values,
        title=say(request, N_("New transfer")),
        crumbs=_crumbs(request),
        refusal=refusal,
    )


async def _page_of_one(
    request: AnyRequest, transfer_id: UUID, form: Form, refusal: ArgosyError | None
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        one = await transfer_by_id(tx, transfer_id)
        goods = {
            variant.id: variant
            for variant in await catalog.variants_by_ids(tx, [i.variant_id for i in one.items])
        }
        places = {place.id: place for place in await all_locations(tx)}
    values = {
        "one": one,
        "items": [
            (encode("variant", item.variant_id), goods.get(item.variant_id), item)
            for item in one.items
        ],
        "source": places.get(one.source),
        "target": places.get(one.target),
        "on_way": sum(item.in_transit for item in one.items),
        "path": transfer_path(transfer_id),
        "stock": STOCK,
        "form": form,
        "key": form["key"] or str(new_id()),
        "faults": faults_of(refusal, ["loss_reason"]),
    }
    return admin_page(
        request,
        "admin/stock_transfer.html",
        values,
        title=say(request, N_("Transfer")),
        crumbs=_crumbs(request),
        refusal=refusal,
    )


def _line(form: Form, number: int, known: dict[str, UUID]) -> Demand:
    sku = form[f"sku.{number}"]
    variant = known.get(catalog.sku_key(sku))
    if variant is None:
        raise catalog.VariantNotFound(
            f"There is no variant with the SKU {sku[:120]!r}.", field=f"sku.{number}"
        )
    quantity = whole(form[f"quantity.{number}"], f"quantity.{number}", 1)
    return Demand(variant_id=variant, quantity=quantity)


def _place(form: Form, name: str) -> UUID:
    try:
        return decode("location", form[name])
    except MalformedId as error:
        raise inventory.LocationNotFound("Choose a location.", field=name) from error


def _reason(form: Form) -> str:
    reason = form["reason"][:_LONGEST_REASON]
    if not reason:
        raise inventory.TransferInvalid(
            "A transfer has a reason.", field="reason", cure="Say why, for the journal."
        )
    return reason


def _key(form: Form) -> UUID:
    try:
        return UUID(form["key"])
    except ValueError:
        return new_id()


def _units(form: Form, name: str, variant: str) -> int:
    text = form[f"{name}.{variant}"]
    return whole(text, f"{name}.{variant}", 0) if text else 0


def _columns(request: AnyRequest) -> list[Column]:
    return [
        Column("sent_at", say(request, N_("Sent")), lambda row: row.created_at, "instant"),
        Column("reason", say(request, N_("Why")), lambda row: row.reason),
        Column("actor", say(request, N_("Who")), lambda row: row.actor, "muted", narrow=False),
        Column("goods", say(request, N_("Goods")), lambda row: row.goods, "number"),
    ]


def _crumbs(request: AnyRequest) -> list[Crumb]:
    return [
        Crumb(say(request, N_("Stock")), STOCK),
        Crumb(say(request, N_("Transfers")), PATH),
    ]


def _id(text: str) -> UUID:
    return decode("transfer", text, field="transfer_id")


ROUTES: list[HTTPRouteHandler] = [
    show_transfers,
    export_transfers,
    ask_transfer,
    send,
    show_transfer,
    receive,
]
