"""A customer's exemption certificates: why no tax is charged, where, and until when."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import tax_class_options
from argosy.web.admin.customers import PATH as CUSTOMERS
from argosy.web.admin.editing import confirm_page
from argosy.web.admin.lists import Column
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, lead_to, refusal_text, say
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.things import (
    Row,
    Things,
    column,
    csv_file,
    form_page,
    held_of,
    list_page,
    row_of,
    save_new,
    save_one,
    shaped,
)
from argosy.web.api.admin import tax_buyers as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

_ALL = f"{CUSTOMERS}/{{customer_id:str}}/certificates"
_ONE = f"{_ALL}/{{certificate_id:str}}"
REASONS = {
    "resale": N_("resale"),
    "government": N_("government"),
    "charity": N_("charity"),
    "education": N_("education"),
    "diplomatic": N_("diplomatic"),
    "agriculture": N_("agriculture"),
    "industry": N_("industry"),
    "other": N_("other"),
}
WORDS = {
    "number": (N_("Number"), N_("As it stands on the certificate.")),
    "reason": (N_("Reason"), ""),
    **{f"reason:{name}": (said, "") for name, said in REASONS.items()},
    "jurisdictions": (N_("Where it holds"), ""),
    "jurisdictions[]": (N_("a place"), ""),
    "country": (N_("Country"), N_("Two letters, as in US.")),
    "region": (N_("Region"), N_("As in CA; empty: all over the country.")),
    "valid_from": (N_("From"), ""),
    "valid_until": (N_("Until, not included"), ""),
    "tax_classes": (N_("Only for the tax classes"), N_("None chosen: for all goods.")),
    "taxes": (N_("Only from the taxes"), N_("Codes of rates, one a line. None: from all taxes.")),
    "document": (N_("Where the paper is kept"), ""),
}


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    async with shop(request).db.reading() as tx:
        classes = await tax_class_options(tx)
    return shaped(request, words=WORDS, options={"tax_classes": classes})


def _columns(request: AnyRequest) -> list[Column]:
    def places(row: Row) -> str:
        named = ("-".join(filter(None, (p["country"], p["region"]))) for p in row["jurisdictions"])
        return ", ".join(named)

    return [
        column(request, "number", N_("Number")),
        Column(
            "reason", say(request, N_("Reason")), lambda row: say(request, REASONS[row["reason"]])
        ),
        Column("places", say(request, N_("Where it holds")), places, "muted"),
        Column(
            "state",
            say(request, N_("State")),
            lambda row: "revoked" if row["revoked_at"] else "active",
            "badge",
        ),
    ]


async def _more(
    _request: AnyRequest, row: Row | None, _document: Document, _form: Form
) -> dict[str, Any]:
    return {"revoked": row is not None and row["revoked_at"] is not None}


def _kind(customer_id: str) -> Things:
    return Things(
        path=f"{CUSTOMERS}/{customer_id}/certificates",
        title=N_("Exemption certificates"),
        new=N_("New certificate"),
        area="taxes",
        rows=api.list_certificates,
        one=api.get_certificate,
        make=api.add_certificate,
        change=api.replace_certificate,
        param="certificate_id",
        given={"customer_id": customer_id},
        called=lambda row: str(row["number"]),
        columns=_columns,
        shaping=_shaping,
        more=_more,
        template="admin/tax_certificate.html",
        links=((N_("The customer"), f"{CUSTOMERS}/{customer_id}"),),
        empty=(
            N_("No certificates"),
            N_("With a certificate this customer buys without tax where it holds."),
        ),
    )


@get(_ALL, include_in_schema=False, guards=[may("taxes:read")])
async def show_certificates(request: AnyRequest, customer_id: str) -> Response[bytes]:
    """All of a customer's, revoked ones too."""
    return await list_page(request, _kind(customer_id))


@get(f"{_ALL}.csv", include_in_schema=False, guards=[may("taxes:read")])
async def export(request: AnyRequest, customer_id: str) -> Stream:
    """The list as a file."""
    return await csv_file(request, _kind(customer_id))


@get(f"{_ALL}/new", include_in_schema=False, guards=[may("taxes:write")])
async def show_new(request: AnyRequest, customer_id: str) -> Response[bytes]:
    """The form of a new one."""
    kind = _kind(customer_id)
    await ask(request, api.list_certificates, customer_id=customer_id)
    place: Row = {"country": "", "region": ""}
    return await form_page(request, kind, None, {"jurisdictions": [place]})


@post(f"{_ALL}/new", include_in_schema=False, guards=[own_pages_only, may("taxes:write")])
async def add(request: AnyRequest, customer_id: str) -> Response[bytes]:
    """Keep it."""
    return await save_new(request, _kind(customer_id))


@get(_ONE, include_in_schema=False, guards=[may("taxes:read")])
async def show_certificate(
    request: AnyRequest, customer_id: str, certificate_id: str
) -> Response[bytes]:
    """One as a form."""
    kind = _kind(customer_id)
    row = await row_of(request, kind, certificate_id)
    return await form_page(request, kind, row, held_of(kind, row))


@post(_ONE, include_in_schema=False, guards=[own_pages_only, may("taxes:write")])
async def save(request: AnyRequest, customer_id: str, certificate_id: str) -> Response[bytes]:
    """Write it."""
    return await save_one(request, _kind(customer_id), certificate_id)


@get(f"{_ONE}/revoke", include_in_schema=False, guards=[may("taxes:write")])
async def ask_revoke(request: AnyRequest, customer_id: str, certificate_id: str) -> Response[bytes]:
    """Before it counts no more."""
    kind = _kind(customer_id)
    row = await row_of(request, kind, certificate_id)
    return confirm_page(
        request,
        title=say(request, N_("Revoke %(title)s"), title=row["number"]),
        says=[
            say(request, N_("It counts for no purchase any more. That cannot be undone.")),
            say(request, N_("Orders keep what they were placed with.")),
        ],
        path=f"{kind.path_of(row)}/revoke",
        back=kind.path_of(row),
        button=say(request, N_("Revoke it")),
        crumbs=[Crumb(say(request, kind.title), kind.path)],
    )


@post(f"{_ONE}/revoke", include_in_schema=False, guards=[own_pages_only, may("taxes:write")])
async def revoke(request: AnyRequest, customer_id: str, certificate_id: str) -> Response[bytes]:
    """Let it count no more."""
    await read_form(request)
    path = _kind(customer_id).path
    try:
        await ask(
            request,
            api.revoke_certificate,
            customer_id=customer_id,
            certificate_id=certificate_id,
        )
    except ArgosyError as refusal:
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, path, Notice(say(request, N_("It is revoked."))))


ROUTES: list[HTTPRouteHandler] = [
    show_certificates,
    export,
    show_new,
    add,
    show_certificate,
    save,
    ask_revoke,
    revoke,
]
