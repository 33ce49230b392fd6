"""Reviews: those that wait first, shown or not by a decision that can be taken back."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import product_by_word
from argosy.web.admin.editing import faults_of
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Bulk,
    Column,
    Empty,
    Filter,
    SavedView,
    asked_of,
    csv_of,
    listing_of,
)
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, Notice, Undo, admin_page, lead_to, say
from argosy.web.admin.things import column, moment_column
from argosy.web.api.admin import reviews as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]
Row = dict[str, Any]

PATH = "/admin/reviews"
BULK = f"{PATH}/bulk"
STATES = {"pending": N_("Waiting"), "approved": N_("Shown"), "rejected": N_("Not shown")}
_SHORT = {"p": "pending", "a": "approved", "r": "rejected"}
_ACTS = {
    "pending": api.reopen_review,
    "approved": api.approve_review,
    "rejected": api.reject_review,
}
_LONGEST_REASON = 500


@get(PATH, include_in_schema=False, guards=[may("reviews:read")])
async def show_reviews(request: AnyRequest) -> Response[bytes]:
    """Reviews in a state, the newest first; those that wait unless told. Three statements."""
    asked, refusal = _asked(request), None
    page: Page[Row] = Page(items=[], next_cursor=None)
    try:
        page = await _page(request, asked, request.query_params.get("cursor"), PAGE)
    except catalog.ProductNotFound as error:
        refusal = error
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: str(row["id"]),
        row_path=lambda row: f"{PATH}/{row['id']}",
        filters=_filters(request),
        asked=asked,
        views=[
            SavedView(say(request, name), {} if state == "pending" else {"state": state})
            for state, name in STATES.items()
        ],
        bulk=_bulk(request, asked.get("state", "pending")),
        empty=_empty(request, asked),
    )
    title = say(request, N_("Reviews"))
    return admin_page(request, "admin/list.html", {"list": found}, title=title, refusal=refusal)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("reviews:read")])
async def export_reviews(request: AnyRequest) -> Stream:
    """The list as a file, with the whole texts."""
    asked = _asked(request)

    async def read(cursor: str | None) -> Page[Row]:
        return await _page(request, asked, cursor, CSV_BATCH)

    more = [
        column(request, "body", N_("Text")),
        column(request, "reason", N_("Reason")),
        column(request, "decided_by", N_("Decided by")),
    ]
    return csv_of("reviews", [*_columns(request), *more], read)


def _filters(request: AnyRequest) -> list[Filter]:
    return [
        Filter(
            "state",
            say(request, N_("State")),
            tuple((state, say(request, name)) for state, name in STATES.items()),
            none=say(request, STATES["pending"]),
        ),
        Filter("product", say(request, N_("Product (SKU or slug)")), kind="text"),
    ]


def _asked(request: AnyRequest) -> dict[str, str]:
    return asked_of(request, _filters(request))


async def _page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[Row]:
    product = None
    if "product" in asked:
        if "\0" in asked["product"]:
            raise catalog.ProductNotFound("There is no such product.", field="product")
        async with shop(request).db.reading() as tx:
            product = encode("product", await product_by_word(tx, asked["product"]))
    found = await ask(
        request, api.list_reviews,
        wanted=asked.get("state", "pending"), product_id=product, limit=limit, cursor=cursor,
    )  # fmt: skip
    ids = sorted({decode("product", row["product_id"]) for row in found["items"]})
    async with shop(request).db.reading() as tx:
        known = {
            encode("product", one.row.id): one.row.title
            for one in (await catalog.products_by_ids(tx, ids) if ids else ())
        }
    rows = [row | {"product": known.get(row["product_id"], "")} for row in found["items"]]
    return Page(items=rows, next_cursor=found.get("next_cursor"))


def stars(rating: int) -> str:
    """A rating as people read it."""
    return "★" * rating + "☆" * (5 - rating)


def _columns(request: AnyRequest) -> list[Column]:
    def text(row: Row) -> str:
        whole = str(row["title"] or row["body"])
        return whole if len(whole) <= 70 else whole[:69].rstrip() + "…"

    return [
        Column("title", say(request, N_("Review")), text),
        Column("rating", say(request, N_("Rating")), lambda row: stars(row["rating"])),
        column(request, "product", N_("Product"), narrow=False),
        column(request, "author", N_("By"), "muted", narrow=False),
        Column(
            "verified",
            say(request, N_("Bought it")),
            lambda row: say(request, N_("yes")) if row["verified"] else "",
            narrow=False,
        ),
        Column("state", say(request, N_("State")), lambda row: say(request, STATES[row["state"]])),
        moment_column(request, "written_at", N_("Written"), narrow=False),
    ]


def _bulk(request: AnyRequest, state: str) -> list[Bulk]:
    acts = []
    if state != "approved":
        acts.append(Bulk(say(request, N_("Show them")), f"{BULK}/approve", "reviews:write"))
    if state != "rejected":
        acts.append(Bulk(say(request, N_("Do not show them…")), f"{BULK}/reject", "reviews:write"))
    return acts


def _empty(request: AnyRequest, asked: dict[str, str]) -> Empty:
    if asked.get("state", "pending") == "pending":
        text = N_(
            "What customers write comes here first. Nothing is shown in the shop before somebody"
            " has said so."
        )
        return Empty(say(request, N_("No review waits")), say(request, text))
    text = N_("Reviews come here once somebody has decided about them.")
    return Empty(say(request, N_("No reviews")), say(request, text))


@get(f"{PATH}/{{review_id:str}}", include_in_schema=False, guards=[may("reviews:read")])
async def show_review(request: AnyRequest, review_id: str) -> Response[bytes]:
    """A review with what was decided. Two statements."""
    return await _review(request, review_id, Form())


@post(
    f"{PATH}/{{review_id:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("reviews:write")],
)
async def decide(request: AnyRequest, review_id: str) -> Response[bytes]:
    """Show it, or do not, and say why."""
    form = await read_form(request)
    try:
        before = await ask(request, api.get_review, review_id=review_id)
        state = "approved" if form["act"] == "approve" else "rejected"
        await _to(request, review_id, state, form["reason"])
    except ArgosyError as refusal:
        return await _review(request, review_id, form, refusal)
    return lead_to(request, PATH, _told(request, [(review_id, before["state"])], state))


async def _to(request: AnyRequest, review_id: str, state: str, reason: str = "") -> None:
    await ask(request, _ACTS[state], review_id=review_id, data={"reason": reason})


def _told(request: AnyRequest, were: Sequence[tuple[str, str]], state: str) -> Notice:
    """What was done, and how to take it back."""
    said = {
        "approved": N_("%(count)s shown."),
        "rejected": N_("%(count)s not shown."),
        "pending": N_("%(count)s wait again."),
    }[state]
    undo = Undo(f"{BULK}/undo", {"were": " ".join(f"{one}:{was[0]}" for one, was in were)})
    return Notice(say(request, said, count=len(were)), undo=undo if were else None)


async def _review(
    request: AnyRequest, review_id: str, form: Form, refusal: ArgosyError | None = None
) -> Response[bytes]:
    row = await ask(request, api.get_review, review_id=review_id)
    product = decode("product", row["product_id"])
    async with shop(request).db.reading() as tx:
        found = await catalog.products_by_ids(tx, [product])
    values = {
        "review": row,
        "stars": stars(row["rating"]),
        "state_name": say(request, STATES[row["state"]]),
        "tone": {"pending": "warn", "approved": "good"}.get(row["state"], "quiet"),
        "product": found[0].row if found else None,
        "path": f"{PATH}/{review_id}",
        "reason": form["reason"] or row["reason"],
        "faults": faults_of(refusal, ["reason"]),
    }
    title = row["title"] or say(request, N_("Review"))
    crumbs = [Crumb(say(request, N_("Reviews")), PATH)]
    return admin_page(
        request, "admin/review.html", values, title=title, crumbs=crumbs, refusal=refusal
    )


@post(f"{BULK}/approve", include_in_schema=False, guards=[own_pages_only, may("reviews:write")])
async def approve_chosen(request: AnyRequest) -> Response[bytes]:
    """Show the chosen reviews."""
    form = await read_form(request)
    return await _each(request, form.every("chosen")[:PAGE], "approved", "")


@post(f"{BULK}/reject", include_in_schema=False, guards=[own_pages_only, may("reviews:write")])
async def reject_chosen(request: AnyRequest) -> Response[bytes]:
    """Do not show the chosen ones; asked first for the reason."""
    form = await read_form(request)
    chosen = form.every("chosen")[:PAGE]
    if not chosen or (form["sure"] == "yes" and len(form["reason"]) <= _LONGEST_REASON):
        return await _each(request, chosen, "rejected", form["reason"])
    values = {"chosen": chosen, "path": f"{BULK}/reject", "back": PATH, "reason": form["reason"]}
    return admin_page(
        request,
        "admin/review_reject.html",
        values,
        title=say(request, N_("Do not show the chosen reviews")),
        crumbs=[Crumb(say(request, N_("Reviews")), PATH)],
    )


async def _each(
    request: AnyRequest, chosen: Sequence[str], state: str, reason: str
) -> Response[bytes]:
    """Each by itself: one that is gone stops none of the others."""
    if not chosen:
        said = say(request, N_("Choose some reviews first."))
        return lead_to(request, PATH, Notice(said, "info"))
    were, failed = [], []
    for one in dict.fromkeys(chosen):
        try:
            before = await ask(request, api.get_review, review_id=one)
            if before["state"] != state:
                await _to(request, one, state, reason)
                were.append((one, before["state"]))
        except ArgosyError as refusal:
            failed.append(refusal.message)
    told = _told(request, were, state)
    if failed:
        text = f"{told.text} {'; '.join(dict.fromkeys(failed))}"
        told = Notice(text, "bad", told.undo)
    return lead_to(request, PATH, told)


@post(f"{BULK}/undo", include_in_schema=False, guards=[own_pages_only, may("reviews:write")])
async def take_back(request: AnyRequest) -> Response[bytes]:
    """Put reviews back into the states that they were in."""
    form = await read_form(request)
    done = 0
    for pair in form["were"].split()[:PAGE]:
        one, _, was = pair.partition(":")
        try:
            await _to(request, one, _SHORT.get(was, "pending"))
            done += 1
        except ArgosyError:
            continue  # gone meanwhile: there is nothing to put back
    said = say(request, N_("%(count)s are as they were."), count=done)
    return lead_to(request, PATH, Notice(said))


ENTRIES = (
    Entry(
        N_("Reviews"), PATH, N_("Shop window"), "reviews:read", icon="reviews",
        words="ratings stars moderation opinions", position=35,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    show_reviews,
    export_reviews,
    approve_chosen,
    reject_chosen,
    take_back,
    show_review,
    decide,
]
