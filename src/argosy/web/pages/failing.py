"""What a person sees when something went wrong: the same problem that a program would get."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response

from argosy.kernel.errors import ArgosyError
from argosy.web import problems
from argosy.web.pages.templating import POLICY, render

HTML = "text/html"
_PROGRAMS = ("/v1/", "/admin/v1/", "/webhooks/", "/health", "/metrics", "/schema", "/media/")


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether a browser asks for a page, as opposed to a program for an answer."""
    path = request.scope["path"]
    return not path.startswith(_PROGRAMS) and "text/html" in request.headers.get("accept", "")


def error_of(request: Request[Any, Any, Any], exc: Exception) -> ArgosyError:
    """The problem behind an exception, counted and logged as every problem is."""
    problems.answer(request, exc)
    return problems.translate(exc, request.scope.get("route_handler"))[0]


def plain_page(error: ArgosyError, request_id: str) -> Response[bytes]:
    """A page without the shop's frame, for when that cannot be made."""
    values = {
        "error": error,
        "heading": problems.title(error.code),
        "request_id": request_id,
    }
    body = render("", "en", "pages/plain_failure.html", values).encode()
    return Response(body, status_code=error.http_status, media_type=HTML, headers=_headers(error))


def failure_page(
    error: ArgosyError, locale: str, template: str, values: Mapping[str, Any], *, theme: str
) -> Response[bytes]:
    """The failure in the frame of the pages that it belongs to."""
    body = render(theme, locale, template, values).encode()
    return Response(body, status_code=error.http_status, media_type=HTML, headers=_headers(error))


def _headers(error: ArgosyError) -> dict[str, str]:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return headers
