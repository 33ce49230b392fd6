"""The account itself: orders, addresses, name and password, and what is kept about a person."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.modules import customers
from argosy.modules.customers import Consent, Identity
from argosy.reads.order_list import OrderFilters, OrderRow, list_orders
from argosy.web.api.storefront.address_book import ExportView
from argosy.web.auth import shop
from argosy.web.newest import newest_after, newest_keys
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.paging import filters_of, page_of
from argosy.web.storefront.checkout_form import (
    address_layout,
    address_of,
    countries,
    faults_of,
)
from argosy.web.storefront.people import person_of, session_cookie, to_sign_in
from argosy.web.storefront.showing import lead_to, personal_page
from argosy.web.storefront.sites import Site, site_of
from argosy.web.storefront.visitors import visitor_of

_ORDERS = 10
_PART = "address"
NEWSLETTER = "newsletter"
# The version of what the page asks: it changes with the words of the question.
_ASKED = "account-page-1"


class OrderEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An order in the list."""

    id: str
    number: str | None
    stage: str
    fulfilment_status: str
    total: Money
    opened_at: Any

    @classmethod
    def of(cls, row: OrderRow) -> "OrderEntry":
        """As the list shows it."""
        return cls(
            id=encode("order", row.id),
            number=row.number,
            stage=row.stage,
            fulfilment_status=row.fulfilment_status,
            total=Money(row.total_minor, row.currency),
            opened_at=row.opened_at,
        )


@get("/account", include_in_schema=False)
async def show_account(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The newest orders and the way to everything else."""
    site, person = await site_of(request), await person_of(request)
    if person is None:
        return to_sign_in(request, site)
    mine = OrderFilters(customer_id=person.customer_id, channel_id=site.channel.id)
    filters = filters_of("my orders page", customer=person.customer_id, channel=site.channel.id)
    before = newest_after(request.query_params.get("cursor"), filters)
    async with shop(request).db.reading() as tx:
        rows = await list_orders(tx, mine, before=before, limit=_ORDERS + 1)
        customer = await customers.customer_by_id(tx, person.customer_id)
    orders = page_of(
        rows,
        limit=_ORDERS,
        filters=filters,
        keys=lambda row: newest_keys(row.opened_at, row.id),
        show=OrderEntry.of,
    )
    values = {"orders": orders, "customer": customer, "zone": site.channel.time_zone}
    return await _page(request, site, "overview", values)


@get("/account/addresses", include_in_schema=False)
async def show_addresses(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The address book, with a form for another entry."""
    site, person = await site_of(request), await person_of(request)
    if person is None:
        return to_sign_in(request, site)
    form = Form({f"{_PART}.country": site.channel.default_country})
    return await _addresses(request, site, person, form, None)


@post("/account/addresses", include_in_schema=False, guards=[own_pages_only])
async def change_addresses(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Add an entry, remove one, or make one the default."""
    site, person = await site_of(request), await person_of(request)
    if person is None:
        return to_sign_in(request, site)
    form = await read_form(request)
    if form["action"] == "country":
        return await _addresses(request, site, person, form, None)
    try:
        async with shop(request).db.transaction() as tx:
            if form["remove"]:
                entry = decode(_PART, form["remove"], field="remove")
                await customers.remove_address(tx, person.customer_id, entry)
            elif form["default"]:
                await customers.change_address(
                    tx,
                    person.customer_id,
                    decode(_PART, form["default"], field="default"),
                    default_shipping=True,
                    default_billing=True,
                )
            else:
                await customers.add_address(tx, person.customer_id, address_of(form, _PART))
    except ArgosyError as refusal:
        return await _addresses(request, site, person, form, refusal)
    return lead_to(site.path("/account/addresses"))


@get("/account/details", include_in_schema=False)
async def show_details(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Name, telephone number, password, and what is kept about the person."""
    site, person = await site_of(request), await person_of(request)
    if person is None:
        return to_sign_in(request, site)
    return await _details(request, site, person, None)


@post("/account/details", include_in_schema=False, guards=[own_pages_only])
async def change_details(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Change name and telephone number, or the password, or prove the e-mail address."""
    site, person = await site_of(request), await person_of(request)
    if person is None:
        return to_sign_in(request, site)
    form, app = await read_form(request), shop(request)
    cookies = []
    try:
        if form["action"] == "password":
            session = await customers.change_password(
                app.db,
                app.passwords,
                person,
                current=form["current_password"][:1000],
                new=form["new_password"][:1000],
                user_agent=request.headers.get("user-agent", ""),
            )
            app.cache.forget(customers.SESSIONS_TOPIC, str(person.customer_id))
            cookies = [session_cookie(request, session.token)]
        elif form["action"] == "verify":
            await customers.ask_verification(app.db, person)
        else:
            change = customers.ChangeProfile(name=form["name"][:120], phone=form["phone"][:40])
            async with app.db.transaction() as tx:
                await customers.change_profile(tx, person.customer_id, change)
    except ArgosyError as refusal:
        return await _details(request, site, person, refusal, form)
    done = {"password": "password", "verify": "verify"}.get(form["action"], "profile")
    return lead_to(site.path(f"/account/details?done={done}"), cookies=cookies)


@get("/account/export", include_in_schema=False)
async def export(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Everything that the account holds about its person, as a file."""
    site, person = await site_of(request), await person_of(request)
    if person is None:
        return to_sign_in(request, site)
    async with shop(request).db.reading() as tx:
        found = await ExportView.read(tx, person.customer_id)
    headers = {
        "Content-Disposition": 'attachment; filename="account.json"',
        "Cache-Control": "no-store",
    }
    body = msgspec.json.format(msgspec.json.encode(found), indent=2)
    return Response(body, media_type="application/json", headers=headers)


@post("/account/erase", include_in_schema=False, guards=[own_pages_only])
async def erase(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Erase the account for good, with the password. Orders stay as the law requires."""
    site, person = await site_of(request), await person_of(request)
    if person is None:
        return to_sign_in(request, site)
    form, app = await read_form(request), shop(request)
    try:
        await customers.erase_myself(
            app.db, app.passwords, person, password=form["password"][:1000]
        )
    except ArgosyError as refusal:
        return await _details(request, site, person, refusal)
    app.cache.forget(customers.SESSIONS_TOPIC, str(person.customer_id))
    return lead_to(site.path("/"), cookies=[session_cookie(request, "")])


async def _addresses(
    request: Request[Any, Any, Any],
    site: Site,
    person: Identity,
    form: Form,
    refusal: ArgosyError | None,
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        entries = await customers.list_addresses(tx, person.customer_id)
    faults = [] if refusal is None else faults_of(refusal, form)
    values = {
        "entries": [(encode(_PART, entry.id), entry) for entry in entries],
        "form": form,
        "faults": {fault.field: fault for fault in faults if fault.field},
        "failures": [fault for fault in faults if not fault.field],
        "countries": countries(site.channel, site.locale),
        "layouts": {_PART: address_layout(form[f"{_PART}.country"] or "")},
    }
    return await _page(request, site, "addresses", values, refusal)


@post("/account/consents", include_in_schema=False, guards=[own_pages_only])
async def change_consents(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Agree to news by mail, or withdraw it. What is so already is not written again."""
    site, person = await site_of(request), await person_of(request)
    if person is None:
        return to_sign_in(request, site)
    form = await read_form(request)
    wanted = bool(form[NEWSLETTER])
    async with shop(request).db.transaction() as tx:
        told = await customers.list_consents(tx, person.customer_id)
        if wanted != (NEWSLETTER in agreed_to(told)):
            await customers.record_consent(
                tx,
                person.customer_id,
                purpose=NEWSLETTER,
                document_version=_ASKED,
                granted=wanted,
                source="account_page",
            )
    return lead_to(site.path("/account/details?done=consents"))


def agreed_to(told: Sequence[Consent]) -> frozenset[str]:
    """The purposes that a person agrees to now: the last word on each counts."""
    last = {one.purpose: one.granted for one in told}
    return frozenset(purpose for purpose, granted in last.items() if granted)


async def _details(
    request: Request[Any, Any, Any],
    site: Site,
    person: Identity,
    refusal: ArgosyError | None,
    form: Form | None = None,
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        customer = await customers.customer_by_id(tx, person.customer_id)
        told = await customers.list_consents(tx, person.customer_id)
    done = request.query_params.get("done", "") if refusal is None else ""
    values = {
        "customer": customer,
        "typed": form if form and form["action"] == "profile" else None,
        "refusal": refusal,
        "done": done,
        "agreed": agreed_to(told),
        "consents": told,
        "zone": site.channel.time_zone,
    }
    return await _page(request, site, "details", values, refusal)


async def _page(
    request: Request[Any, Any, Any],
    site: Site,
    name: str,
    values: dict[str, Any],
    refusal: ArgosyError | None = None,
) -> Response[bytes]:
    return await personal_page(
        request,
        site,
        f"storefront/account/{name}.html",
        values,
        visitor=visitor_of(request, site),
        status=200 if refusal is None else refusal.http_status,
    )


ROUTES: list[HTTPRouteHandler] = [
    show_account,
    show_addresses,
    change_addresses,
    show_details,
    change_details,
    change_consents,
    export,
    erase,
]
