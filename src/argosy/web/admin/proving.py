"""Showing once more who is there, before a dangerous act; what was typed is carried along.

A page that needs a proof leads here and is gone back to. A form whose act needs one is answered by
this page itself, which holds the form's fields: after the proof it offers to send them where they
were meant to go, so that nothing has to be typed again.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.modules import staff
from argosy.modules.staff import ProofNeeded
from argosy.web.admin.access import HOME, PROOF, staff_only
from argosy.web.admin.editing import faults_of
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Notice, admin_page, lead_to, say
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only, own_path
from argosy.web.passkey_views import answer_in, offered, party_of

AnyRequest = Request[Any, Any, Any]

_LONGEST_CODE = 40
_API = "/admin/v1/"


def ask_for_proof(request: AnyRequest, needed: ProofNeeded) -> Response[bytes]:
    """The answer to a page or a form whose act asks for a proof that is not there."""
    path: str = request.scope["path"]
    if request.method == "GET":
        return lead_to(request, f"{PROOF}?back={quote(path, safe='')}")
    came = urlsplit(request.headers.get("referer", "")).path
    sent: Form | None = getattr(request.state, "form", None)
    form = Form(
        {
            "back": own_path(came, HOME),
            "act": path,
            "typed": urlencode(sent.pairs if sent is not None else ()),
        }
    )
    return _page(request, form, None, status=needed.http_status)


@get(PROOF, include_in_schema=False, guards=[staff_only])
async def show_proof(request: AnyRequest) -> Response[bytes]:
    """Ask who is there before a dangerous act."""
    back = own_path(request.query_params.get("back", ""), HOME)
    return _page(request, Form({"back": back}), None)


@post(PROOF, include_in_schema=False, guards=[own_pages_only, staff_only])
async def prove(request: AnyRequest) -> Response[bytes]:
    """Take the code or the password; then back to where the act was, or on with what was typed."""
    form, app = await read_form(request), shop(request)
    try:
        if form["answer"]:
            await staff.prove_by_passkey(
                app.db,
                actor(request),
                party_of(request),
                token=form["token"],
                answer=answer_in(form),
            )
        else:
            await staff.prove(
                app.db,
                app.passwords,
                actor(request),
                secret_key=app.settings.secret_key.get_secret_value(),
                password=form["password"][:1000],
                code=form["code"][:_LONGEST_CODE],
            )
    except ArgosyError as refusal:
        return _page(request, form, refusal)
    back, act = own_path(form["back"], HOME), _act_of(form)
    if act:
        values = {"act": act, "back": back, "pairs": _typed_of(form)}
        return admin_page(request, "admin/go_on.html", values, title=say(request, N_("Thank you")))
    notice = Notice(say(request, N_("Thank you. Now do it again.")), "info")
    return lead_to(request, back, notice)


def _page(
    request: AnyRequest, form: Form, refusal: ArgosyError | None, *, status: int | None = None
) -> Response[bytes]:
    values = {
        "form": form,
        "held": bool(_act_of(form)),
        "by_code": bool(actor(request).factors),
        "passkey": "passkey" in actor(request).factors and offered(request),
        "faults": faults_of(refusal, ["code", "password"]),
    }
    title = say(request, N_("Show that it is you"))
    return admin_page(
        request, "admin/proof.html", values, title=title, refusal=refusal, status=status
    )


def _act_of(form: Form) -> str:
    """The page of the back office that the carried form was sent to; empty without one."""
    act = own_path(form["act"], "")
    return act if act.startswith(HOME + "/") and not act.startswith(_API) else ""


def _typed_of(form: Form) -> Sequence[tuple[str, str]]:
    return parse_qsl(form["typed"], keep_blank_values=True)


ROUTES: list[HTTPRouteHandler] = [show_proof, prove]
