"""Downloads on the pages of the shop: the button of an order, and the list of an account."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.ids import decode, encode
from argosy.reads.paid_downloads import bought_by_customer
from argosy.web.auth import shop
from argosy.web.pages.forms import read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.storefront.order_pages import opened
from argosy.web.storefront.people import person_of, to_sign_in
from argosy.web.storefront.showing import lead_to, personal_page
from argosy.web.storefront.sites import site_of
from argosy.web.storefront.visitors import visitor_of
from argosy.workflows import downloading

_SHOWN = 200


@post("/orders/{order_id:str}/downloads", include_in_schema=False, guards=[own_pages_only])
async def download(request: Request[Any, Any, Any], order_id: str) -> Response[bytes]:
    """Count a download and lead to its file. Raises OrderNotFound, and what a download raises."""
    site, form, app = await site_of(request), await read_form(request), shop(request)
    order, _ = await opened(request, site, order_id)
    line = decode("order_line", form["line"], field="line")
    file = decode("download_file", form["file"], field="file")
    async with app.db.transaction() as tx:
        link = await downloading.begin(app, tx, order.id, line, file)
    return lead_to(link.path)


@get("/account/downloads", include_in_schema=False)
async def show_downloads(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What the person bought as files, the newest 200, each with its order. Two statements."""
    site, person = await site_of(request), await person_of(request)
    if person is None:
        return to_sign_in(request, site)
    async with shop(request).db.reading() as tx:
        rows = await bought_by_customer(tx, person.customer_id, site.channel.id, _SHOWN)
    entries = [
        {
            "title": row["title"],
            "variant_title": row["variant_title"],
            "at": row["since"],
            "path": site.path(f"/orders/{encode('order', row['order_id'])}") + "#downloads",
            "number": row["number"] or "",
        }
        for row in rows
    ]
    values = {"entries": entries, "zone": site.channel.time_zone}
    return await personal_page(
        request,
        site,
        "storefront/account/downloads.html",
        values,
        visitor=visitor_of(request, site),
    )


ROUTES: list[HTTPRouteHandler] = [download, show_downloads]
