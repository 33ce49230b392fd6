"""Passkeys on the pages of the shop: signing in with one, and those of an account.

A page's script asks for a challenge, lets the browser answer it and sends the answer as a form
(`static/passkeys.js`); everything else about passkeys works without a script.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError, Unauthenticated
from argosy.kernel.ids import decode, encode
from argosy.modules import customers
from argosy.modules.customers import Identity
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only, own_path
from argosy.web.passkey_views import (
    answer_in,
    ceremony_answer,
    offered,
    party_of,
    refusal_answer,
)
from argosy.web.storefront.accounts import doors
from argosy.web.storefront.arriving import arrive
from argosy.web.storefront.people import person_of, to_sign_in
from argosy.web.storefront.showing import lead_to, personal_page
from argosy.web.storefront.sites import Site, site_of
from argosy.web.storefront.visitors import visitor_of

PATH = "/account/passkeys"
_KIND = "passkey"


@post(f"{PATH}/challenge", include_in_schema=False, guards=[own_pages_only], status_code=200)
async def challenge(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What the browser needs: to sign in, or (`for=new`) to make a passkey."""
    form, app = await read_form(request), shop(request)
    try:
        party = party_of(request)
        if form["for"] != "new":
            return ceremony_answer(await customers.ask_for_passkey(app.db, party))
        person = await person_of(request)
        if person is None:
            raise Unauthenticated("Sign in first.")
        return ceremony_answer(
            await customers.ask_for_new_passkey(
                app.db, app.passwords, person, party, password=form["password"][:1000]
            )
        )
    except ArgosyError as refusal:
        return refusal_answer(refusal)


@post(f"{PATH}/sign-in", include_in_schema=False, guards=[own_pages_only])
async def sign_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Open a session with the browser's answer; what lies in the cart comes along."""
    site, form = await site_of(request), await read_form(request)
    back = own_path(form["back"], site.path("/account"))
    try:
        session = await customers.sign_in_by_passkey(
            shop(request).db,
            party_of(request),
            token=form["token"],
            answer=answer_in(form),
            user_agent=request.headers.get("user-agent", ""),
        )
    except ArgosyError as refusal:
        return await doors(request, site, back=back, refusal=refusal, door="passkey")
    return await arrive(request, site, session, back)


@get(PATH, include_in_schema=False)
async def show_passkeys(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The account's passkeys, and the form for another one."""
    site, person = await site_of(request), await person_of(request)
    if person is None:
        return to_sign_in(request, site)
    return await _page(request, site, person, None)


@post(PATH, include_in_schema=False, guards=[own_pages_only])
async def change_passkeys(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Keep the passkey that the browser made, call one by another name, or remove one."""
    site, person = await site_of(request), await person_of(request)
    if person is None:
        return to_sign_in(request, site)
    form, app = await read_form(request), shop(request)
    try:
        if form["remove"]:
            gone = decode(_KIND, form["remove"], field="remove")
            async with app.db.transaction() as tx:
                await customers.remove_passkey(tx, person.customer_id, gone)
        elif form["rename"]:
            renamed = decode(_KIND, form["rename"], field="rename")
            async with app.db.transaction() as tx:
                await customers.rename_passkey(tx, person.customer_id, renamed, form["name"])
        else:
            await customers.add_passkey(
                app.db,
                person,
                party_of(request),
                token=form["token"],
                answer=answer_in(form),
                name=form["name"],
            )
    except ArgosyError as refusal:
        return await _page(request, site, person, refusal, form)
    return lead_to(site.path(PATH))


async def _page(
    request: Request[Any, Any, Any],
    site: Site,
    person: Identity,
    refusal: ArgosyError | None,
    form: Form | None = None,
) -> Response[bytes]:
    app = shop(request)
    async with app.db.reading() as tx:
        found = await customers.list_passkeys(tx, person.customer_id)
    values = {
        "passkeys": [(encode(_KIND, one.id), one) for one in found],
        "offered": offered(request),
        "fresh": customers.signed_in_lately(person, app.db.clock()),
        "zone": site.channel.time_zone,
        "form": form or Form(),
        "refusal": refusal,
    }
    return await personal_page(
        request,
        site,
        "storefront/account/passkeys.html",
        values,
        visitor=visitor_of(request, site),
        status=200 if refusal is None else refusal.http_status,
    )


ROUTES: list[HTTPRouteHandler] = [challenge, sign_in, show_passkeys, change_passkeys]
