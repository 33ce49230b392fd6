"""Every failure of the application: a page for people, a problem document for programs."""

from typing import Any

from litestar import Request, Response

from argosy.runtime import tracing
from argosy.web import problems
from argosy.web.auth import shop
from argosy.web.pages.failing import error_of, failure_page, plain_page, wants_page
from argosy.web.pages.wording import words
from argosy.web.storefront.showing import kept_frame
from argosy.web.storefront.sites import Site, kept_sites, named_by


def answer(request: Request[Any, Any, Any], exc: Exception) -> Response[bytes]:
    """The response to any exception that left a handler (Litestar's exception handler)."""
    if not wants_page(request):
        return problems.answer(request, exc)
    error = error_of(request, exc)
    work = tracing.current()
    request_id = work.request_id if work else ""
    # Nothing is asked of the database here: it may be what has failed.
    site = named_by(request, kept_sites(shop(request)))
    if site is None or error.http_status >= 500:
        return plain_page(error, request_id)
    values = kept_frame(request, site) | {
        "error": error,
        "heading": _heading(site, error.http_status),
        "replacement": error.details.get("replacement"),
        "request_id": request_id,
    }
    return failure_page(
        error, site.locale, "storefront/failure.html", values, theme=shop(request).settings.theme
    )


def _heading(site: Site, status: int) -> str:
    said = words(site.language).gettext
    if status == 404:
        return said("There is nothing here.")
    if status == 410:
        return said("This is gone.")
    if status == 429:
        return said("Please wait a moment.")
    return said("That did not work.")
