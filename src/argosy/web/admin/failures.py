"""What a person sees when a page of the back office fails: the problem, its code and its cure."""

from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Request, Response

from argosy.kernel.errors import ArgosyError, Unauthenticated
from argosy.modules.staff import ProofNeeded, SecondFactorRequired
from argosy.runtime import tracing
from argosy.web import problems
from argosy.web.admin.access import HOME, SIGN_IN, session_cookie
from argosy.web.admin.places import N_
from argosy.web.admin.proving import ask_for_proof
from argosy.web.admin.showing import (
    Notice,
    admin_page,
    answer,
    is_partial,
    lead_to,
    refusal_text,
    say,
)
from argosy.web.pages.failing import error_of, plain_page, wants_page
from argosy.web.pages.guarding import own_path

_HEADINGS = {
    401: N_("Your session has ended"),
    403: N_("You may not do this"),
    404: N_("There is nothing here"),
    409: N_("This cannot be done now"),
    412: N_("Somebody was faster"),
    429: N_("Please wait a moment"),
}


def is_admin_page(request: Request[Any, Any, Any]) -> bool:
    """Whether the path is one of the back office's pages."""
    path: str = request.scope["path"]
    return path == HOME or (path.startswith(HOME + "/") and not path.startswith("/admin/v1/"))


def respond(request: Request[Any, Any, Any], exc: Exception) -> Response[bytes]:
    """The response to any exception that left a handler of a page of the back office.

    Who is not signed in is led to the sign-in and back; a form that was sent is not lost by it: the
    answer is a page that leaves the browser's "back" with everything that was typed.
    """
    if not (wants_page(request) or is_partial(request)):
        return problems.answer(request, exc)
    error = error_of(request, exc)
    if isinstance(error, Unauthenticated):
        found = _to_sign_in(request)
        if found is not None:
            return found
    if isinstance(error, ProofNeeded) and not is_partial(request):
        return ask_for_proof(request, error)
    if isinstance(error, SecondFactorRequired) and not is_partial(request):
        return lead_to(request, "/admin/me", Notice(refusal_text(request, error), "bad"))
    work = tracing.current()
    request_id = work.request_id if work else ""
    if error.http_status >= 500 and error.http_status != 503:
        return plain_page(error, request_id)
    values = {
        "error": error,
        "heading": problems.title(error.code),
        "request_id": request_id,
        "back": _page_before(request),
        "sign_in": SIGN_IN if isinstance(error, Unauthenticated) else "",
    }
    title = say(request, _HEADINGS.get(error.http_status, N_("That did not work")))
    return admin_page(request, "admin/failure.html", values, title=title, status=error.http_status)


def _page_before(request: Request[Any, Any, Any]) -> str:
    """The page of the back office that led here; empty if none is known."""
    before = urlsplit(request.headers.get("referer", ""))
    if before.netloc != request.headers.get("host"):
        return ""
    path = f"{before.path}?{before.query}" if before.query else before.path
    return own_path(path, "") if before.path.startswith(HOME) else ""


def _to_sign_in(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    forget = [session_cookie(request, "")]
    if is_partial(request):
        shown = urlsplit(request.headers.get("hx-current-url", ""))
        gone = answer("", status=200, cookies=forget)
        gone.headers["HX-Redirect"] = _sign_in_url(own_path(shown.path, HOME), shown.query)
        return gone
    if request.method != "GET":
        return None
    gone = answer("", status=303, cookies=forget)
    query = request.scope["query_string"].decode("latin-1")
    gone.headers["Location"] = _sign_in_url(request.scope["path"], query)
    return gone


def _sign_in_url(path: str, query: str) -> str:
    if path == HOME and not query:
        return SIGN_IN
    back = f"{path}?{query}" if query else path
    return f"{SIGN_IN}?back={quote(back, safe='')}"


def problem_values(error: ArgosyError) -> dict[str, object]:
    """What `admin/_problem.html` shows of a refusal."""
    return {"title": problems.title(error.code), "error": error}
