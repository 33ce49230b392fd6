"""Coupons of a promotion: listed, made one by one, generated in batches, ended."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import MalformedId, decode, encode
from argosy.kernel.paging import Page
from argosy.modules import promotions
from argosy.modules.promotions import Batch, Coupon, CouponInvalid, NewBatch, SetCoupon
from argosy.web.admin.access import may
from argosy.web.admin.editing import confirm_page, faults_of
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Column,
    Empty,
    Filter,
    asked_of,
    csv_of,
    listing_of,
)
from argosy.web.admin.places import N_
from argosy.web.admin.promotions import ONE, crumbs, promotion_path
from argosy.web.admin.showing import Notice, admin_page, lead_to, say
from argosy.web.api.admin.coupons import note_coupons
from argosy.web.api.admin.promotions import of_promotion
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.web.paging import after, filters_of, page_of

AnyRequest = Request[Any, Any, Any]

_ALL = f"{ONE}/coupons"
_BATCHES = 100
_MOST_CODES = 100_000
_MOST = 10**9


@get(_ALL, include_in_schema=False, guards=[may("promotions:read")])
async def show_coupons(request: AnyRequest, promotion_id: str) -> Response[bytes]:
    """The codes of a promotion, in their order. Three statements."""
    return await _list(request, of_promotion(promotion_id), Form(), None)


@get(f"{_ALL}.csv", include_in_schema=False, guards=[may("promotions:read")])
async def export_coupons(request: AnyRequest, promotion_id: str) -> Stream:
    """All codes, or those of a batch, as a file."""
    found = of_promotion(promotion_id)
    batch = _batch(request.query_params.get("batch", ""))

    async def read(cursor: str | None) -> Page[Coupon]:
        return await _page(request, found, batch, cursor, CSV_BATCH)

    return csv_of("coupons", _columns(request), read)


@post(_ALL, include_in_schema=False, guards=[own_pages_only, may("promotions:write")])
async def add(request: AnyRequest, promotion_id: str) -> Response[bytes]:
    """Make one code, or generate a batch of them."""
    found, form = of_promotion(promotion_id), await read_form(request)
    try:
        async with shop(request).db.transaction() as tx:
            if form["act"] == "generate":
                made = await promotions.generate_coupons(tx, found, _new_batch(form))
                what: dict[str, Any] = {
                    "batch": encode("coupon_batch", made.id),
                    "codes": made.codes,
                }
                await note_coupons(tx, request, "coupons.generated", found, made=what)
                said = say(request, N_("%(number)s codes are made."), number=made.codes)
                path = f"{promotion_path(found)}/coupons?batch={what['batch']}"
            else:
                uses = _limit(form, "uses")
                one = await promotions.add_coupon(
                    tx, found, SetCoupon(code=form["code"], uses=uses)
                )
                await note_coupons(tx, request, "coupon.created", found, made={"code": one.shown})
                said = say(request, N_("The code %(code)s is made."), code=one.shown)
                path = f"{promotion_path(found)}/coupons"
    except ArgosyError as refusal:
        return await _list(request, found, form, refusal)
    return lead_to(request, path, Notice(said))


@get(f"{_ALL}/end", include_in_schema=False, guards=[may("promotions:write")])
async def ask_end(request: AnyRequest, promotion_id: str) -> Response[bytes]:
    """Before a code, or a batch of them, ends."""
    found = of_promotion(promotion_id)
    code = request.query_params.get("code", "")[:64]
    batch = request.query_params.get("batch", "")[:60]
    async with shop(request).db.reading() as tx:
        one = await promotions.promotion_by_id(tx, found)
    what = (
        say(request, N_("The code %(code)s ends for good."), code=code)
        if code
        else say(request, N_("All codes of this batch end for good."))
    )
    back = f"{promotion_path(found)}/coupons"
    return confirm_page(
        request,
        title=say(request, N_("End the code") if code else N_("End the batch")),
        says=[what, say(request, N_("Orders that have it keep it."))],
        path=f"{back}/end",
        back=back,
        button=say(request, N_("End it")),
        fields={"code": code} if code else {"batch": batch},
        crumbs=crumbs(request, one),
    )


@post(f"{_ALL}/end", include_in_schema=False, guards=[own_pages_only, may("promotions:write")])
async def end(request: AnyRequest, promotion_id: str) -> Response[bytes]:
    """End a code or a batch."""
    found, form = of_promotion(promotion_id), await read_form(request)
    async with shop(request).db.transaction() as tx:
        if form["code"]:
            await promotions.disable_coupon(tx, found, form["code"][:64])
            await note_coupons(
                tx, request, "coupon.disabled", found, before={"code": form["code"][:64]}
            )
        else:
            batch = decode("coupon_batch", form["batch"], field="batch")
            await promotions.disable_batch(tx, found, batch)
            await note_coupons(
                tx, request, "coupons.disabled", found, before={"batch": form["batch"]}
            )
    notice = Notice(say(request, N_("It has ended.")))
    return lead_to(request, f"{promotion_path(found)}/coupons", notice)


async def _list(
    request: AnyRequest, promotion_id: UUID, form: Form, refusal: ArgosyError | None
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        one = await promotions.promotion_by_id(tx, promotion_id)
        batches = await promotions.list_batches(tx, promotion_id, limit=_BATCHES)
    filters = _filters(request, batches)
    asked = asked_of(request, filters)
    batch = _batch(asked.get("batch", ""))
    path = f"{promotion_path(promotion_id)}/coupons"
    cursor = request.query_params.get("cursor") if refusal is None else None
    found = listing_of(
        request,
        await _page(request, promotion_id, batch, cursor, PAGE),
        path=path,
        columns=_columns(request),
        row_id=lambda row: row.code,
        filters=filters if batches else (),
        asked=asked,
        empty=Empty(
            say(request, N_("No codes yet")),
            say(
                request,
                N_(
                    "Make one code that everybody may know, or thousands that cannot be guessed."
                    " They count while the promotion needs a coupon."
                ),
            ),
        ),
    )
    values = {
        "list": found,
        "one": one,
        "path": path,
        "batch": asked.get("batch", ""),
        "form": form,
        "faults": faults_of(
            refusal, ["code", "uses", "name", "codes", "prefix", "length", "batch_uses"]
        ),
    }
    return admin_page(
        request,
        "admin/coupons.html",
        values,
        title=say(request, N_("Coupons")),
        crumbs=crumbs(request, one),
        refusal=refusal,
    )


async def _page(
    request: AnyRequest, promotion_id: UUID, batch: UUID | None, cursor: str | None, limit: int
) -> Page[Coupon]:
    filters = filters_of("admin coupons", promotion=promotion_id, batch=batch)
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await promotions.list_coupons(
            tx,
            promotion_id,
            batch_id=batch,
            after=None if keys is None else str(keys[0]),
            limit=limit + 1,
        )
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda row: [row.code], show=lambda row: row
    )


def _new_batch(form: Form) -> NewBatch:
    codes = whole_number(form["codes"], least=1, most=_MOST_CODES)
    if codes is None:
        raise CouponInvalid(f"From 1 to {_MOST_CODES} codes can be made at once.", field="codes")
    if not 0 < len(form["name"]) <= 200:
        raise CouponInvalid("A batch has a name of up to 200 characters.", field="name")
    return NewBatch(
        name=form["name"],
        codes=codes,
        prefix=form["prefix"][:24],
        uses=_limit(form, "batch_uses"),
    )


def _limit(form: Form, name: str) -> int | None:
    if not form[name]:
        return None
    number = whole_number(form[name], least=1, most=_MOST)
    if number is None:
        raise CouponInvalid("A whole number from 1 is needed, or nothing.", field=name)
    return number


def _batch(text: str) -> UUID | None:
    try:
        return decode("coupon_batch", text) if text else None
    except MalformedId:
        return UUID(int=0)


def _filters(request: AnyRequest, batches: list[Batch]) -> list[Filter]:
    choices = tuple((encode("coupon_batch", one.id), one.name) for one in batches)
    return [Filter("batch", say(request, N_("Batch")), choices)]


def _columns(request: AnyRequest) -> list[Column]:
    return [
        Column("code", say(request, N_("Code")), lambda row: row.shown, "code"),
        Column("uses", say(request, N_("Uses in all")), lambda row: row.uses, "number"),
        Column("taken", say(request, N_("Taken")), lambda row: row.taken, "number"),
        Column(
            "state",
            say(request, N_("State")),
            lambda row: "active" if row.disabled_at is None else "disabled",
            "badge",
        ),
        Column(
            "valid_until",
            say(request, N_("Until")),
            lambda row: row.valid_until,
            "instant",
            narrow=False,
        ),
        Column(
            "created_at",
            say(request, N_("Made")),
            lambda row: row.created_at,
            "instant",
            narrow=False,
        ),
    ]


ROUTES: list[HTTPRouteHandler] = [show_coupons, export_coupons, add, ask_end, end]
