"""Try a purchase: what goods cost somewhere, with taxes, fees and every way to ship them."""

from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.modules import catalog
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import all_channels, channel_options
from argosy.web.admin.editing import faults_of
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, admin_page, money_shown, say
from argosy.web.api.admin import purchase_trials as api
from argosy.web.auth import shop
from argosy.web.pages.forms import whole_number

AnyRequest = Request[Any, Any, Any]

_FIELDS = ("channel_id", "goods", "country", "region", "postal_code", "shipping_method")
_MOST_LINES = 20


@get("/admin/taxes/trial", include_in_schema=False, guards=[may("taxes:read")])
async def try_taxes(request: AnyRequest) -> Response[bytes]:
    """From the taxes."""
    return await _page(request, Crumb(say(request, N_("Taxes")), "/admin/taxes"))


@get("/admin/shipping/trial", include_in_schema=False, guards=[may("shipping:read")])
async def try_shipping(request: AnyRequest) -> Response[bytes]:
    """From shipping."""
    return await _page(request, Crumb(say(request, N_("Shipping")), "/admin/shipping"))


@get("/admin/fees/trial", include_in_schema=False, guards=[may("prices:read")])
async def try_fees(request: AnyRequest) -> Response[bytes]:
    """From the fees."""
    return await _page(request, Crumb(say(request, N_("Fees and deposits")), "/admin/fees"))


async def _page(request: AnyRequest, crumb: Crumb) -> Response[bytes]:
    form = {name: request.query_params.get(name, "")[:2000].strip() for name in _FIELDS}
    refusal: ArgosyError | None = None
    found = None
    async with shop(request).db.reading() as tx:
        known = channel_options(await all_channels(tx))
    if form["goods"]:
        try:
            body = await _wanted(request, form)
            found = await ask(request, api.try_goods, data=body)
        except ArgosyError as error:
            refusal = error
    values = {
        "form": form,
        "channels": known,
        "found": found,
        "path": request.scope["path"],
        "faults": faults_of(refusal, _FIELDS, {"lines": "goods"}),
        "money_of": money_shown(request),
    }
    title = say(request, N_("Try a purchase"))
    return admin_page(
        request, "admin/trial.html", values, title=title, crumbs=[crumb], refusal=refusal
    )


async def _wanted(request: AnyRequest, form: dict[str, str]) -> dict[str, Any]:
    return {
        "channel_id": form["channel_id"],
        "lines": await lines_of(request, form["goods"]),
        "country": form["country"].upper() or None,
        "region": form["region"].upper(),
        "postal_code": form["postal_code"],
        "shipping_method": form["shipping_method"] or None,
    }


async def lines_of(request: AnyRequest, goods: str) -> list[dict[str, Any]]:
    """The lines of a body: each of the goods is a SKU and how many of it (`TEE-S 2`).

    Raises VariantNotFound.
    """
    lines = []
    async with shop(request).db.reading() as tx:
        for text in filter(None, map(str.strip, goods.splitlines()[:_MOST_LINES])):
            sku, _, count = text.rpartition(" ")
            quantity = whole_number(count, least=1, most=9999)
            if not sku or quantity is None:
                sku, quantity = text, 1
            variant = await catalog.find_variant_by_sku(tx, sku.strip())
            if variant is None:
                raise catalog.VariantNotFound(f"No variant has the SKU {sku[:100]}.", field="goods")
            lines.append({"variant_id": encode("variant", variant.id), "quantity": quantity})
    return lines


ROUTES: list[HTTPRouteHandler] = [try_taxes, try_shipping, try_fees]
