"""Passkeys of staff on the pages: signing in, setting one up, removing one.

A page's script asks for a challenge, lets the browser answer it and sends the answer as a form
(`static/passkeys.js`). Proving anew with one is on the page of the proof (`proving.py`).
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.modules import staff
from argosy.web.admin.access import (
    HOME,
    SIGN_IN,
    TICKET,
    cookie_of,
    own_cookie,
    session_cookie,
    staff_only,
)
from argosy.web.admin.editing import confirm_page
from argosy.web.admin.factors import ME, codes_page, second_step_page
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, lead_to, refusal_text, say
from argosy.web.admin.sign_in import sign_in_page
from argosy.web.auth import actor, request_id, shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only, own_path
from argosy.web.passkey_views import answer_in, ceremony_answer, party_of, refusal_answer

AnyRequest = Request[Any, Any, Any]

_LONGEST_TICKET = 200


@post(
    "/admin/sign-in/passkey/challenge",
    include_in_schema=False,
    guards=[own_pages_only],
    status_code=200,
)
async def ask_to_sign_in(request: AnyRequest) -> Response[bytes]:
    """What the browser needs to sign in: alone, or after the password (`step=second`)."""
    form = await read_form(request)
    try:
        ticket = _ticket(request, form)
        return ceremony_answer(
            await staff.ask_for_passkey(shop(request).db, party_of(request), ticket=ticket)
        )
    except ArgosyError as refusal:
        return refusal_answer(refusal)


@post(
    f"{ME}/passkeys/challenge",
    include_in_schema=False,
    guards=[own_pages_only, staff_only],
    status_code=200,
)
async def ask_a_member(request: AnyRequest) -> Response[bytes]:
    """What the browser needs to make a passkey, or (`for=proof`) to show who is there."""
    form, ask = await read_form(request), staff.ask_for_new_passkey
    if form["for"] == "proof":
        ask = staff.ask_for_own_passkey
    try:
        async with shop(request).db.reading() as tx:
            return ceremony_answer(await ask(tx, actor(request), party_of(request)))
    except ArgosyError as refusal:
        return refusal_answer(refusal)


@post("/admin/sign-in/passkey", include_in_schema=False, guards=[own_pages_only])
async def sign_in(request: AnyRequest) -> Response[bytes]:
    """Open a session with the browser's answer: alone, or as the second step."""
    form, app = await read_form(request), shop(request)
    try:
        opened = await staff.sign_in_by_passkey(
            app.db,
            party_of(request),
            token=form["token"],
            answer=answer_in(form),
            ticket=_ticket(request, form),
            user_agent=request.headers.get("user-agent", ""),
            request_id=request_id(request),
        )
    except staff.TicketEnded as ended:
        forget = [own_cookie(request, TICKET, "", seconds=0)]
        return lead_to(
            request, SIGN_IN, Notice(refusal_text(request, ended), "bad"), cookies=forget
        )
    except ArgosyError as refusal:
        again = second_step_page if form["step"] == "second" else sign_in_page
        return again(request, form, refusal)
    cookies = [session_cookie(request, opened.token), own_cookie(request, TICKET, "", seconds=0)]
    return lead_to(request, own_path(form["back"], HOME), cookies=cookies)


@post(f"{ME}/passkeys", include_in_schema=False, guards=[own_pages_only, staff_only])
async def add(request: AnyRequest) -> Response[bytes]:
    """Keep the passkey that the browser made; show the recovery codes, if these are the first."""
    form = await read_form(request)
    try:
        _, codes = await staff.add_passkey(
            shop(request).db,
            actor(request),
            party_of(request),
            token=form["token"],
            answer=answer_in(form),
            name=form["name"][:200],
        )
    except staff.ProofNeeded:
        # The browser's answer is good once and for minutes: it cannot go along. Begin there again.
        raise
    except ArgosyError as refusal:
        return lead_to(request, ME, Notice(refusal_text(request, refusal), "bad"))
    if codes:
        return codes_page(request, codes)
    return lead_to(request, ME, Notice(say(request, N_("The passkey is set up."))))


@get(f"{ME}/passkeys/{{factor_id:str}}/remove", include_in_schema=False, guards=[staff_only])
async def ask_remove(request: AnyRequest, factor_id: str) -> Response[bytes]:
    """Say what removing a passkey means."""
    last = N_(
        "If it is your last second factor, you sign in by password alone, and your recovery"
        " codes end."
    )
    return confirm_page(
        request,
        title=say(request, N_("Remove the passkey")),
        says=[say(request, N_("It no longer opens your account.")), say(request, last)],
        path=f"{ME}/passkeys/{encode('factor', decode('factor', factor_id))}/remove",
        back=ME,
        button=say(request, N_("Remove it")),
        crumbs=[Crumb(say(request, N_("My account")), ME)],
    )


@post(
    f"{ME}/passkeys/{{factor_id:str}}/remove",
    include_in_schema=False,
    guards=[own_pages_only, staff_only],
)
async def remove(request: AnyRequest, factor_id: str) -> Response[bytes]:
    """Stop using a passkey."""
    found = decode("factor", factor_id, field="factor_id")
    async with shop(request).db.transaction() as tx:
        await staff.remove_factor(tx, actor(request), found)
    return lead_to(request, ME, Notice(say(request, N_("The passkey is removed."))))


def _ticket(request: AnyRequest, form: Form) -> str:
    return cookie_of(request, TICKET)[:_LONGEST_TICKET] if form["step"] == "second" else ""


ROUTES: list[HTTPRouteHandler] = [ask_to_sign_in, ask_a_member, sign_in, add, ask_remove, remove]
