"""Removing a variant for good: what it does, what speaks against it, and archiving instead.

What forbids it is said in argosy.workflows.removing; here it is told in the person's words.
"""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import Conflict
from argosy.kernel.ids import decode
from argosy.modules import catalog
from argosy.modules.catalog import Product, Variant
from argosy.reads.kept_variants import Reason, kept_variants
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import confirm_page
from argosy.web.admin.places import N_
from argosy.web.admin.product_variants import VARIANTS, variant_path
from argosy.web.admin.products import product_path, to_products
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, refusal_text, say
from argosy.web.api.admin.catalog import delete_variant as delete_by_api
from argosy.web.auth import shop
from argosy.web.pages.forms import read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows.removing import VariantKept

AnyRequest = Request[Any, Any, Any]

_ONE = f"{VARIANTS}/{{variant_id:str}}/delete"
_MOST_VERSIONS = 10**9

# What speaks against removing it, in words that hold no number of the stock.
AGAINST: dict[Reason, str] = {
    "promised": N_("It is sold: orders wait for it that are not shipped or paid yet."),
    "stocked": N_("There is stock of it, or stock on its way."),
    "remembered": N_(
        "It was in stock or sold: what became of those goods is explained by the variant."
    ),
    "component": N_("Kits have it as a part. They could not be sold any more."),
}


@get(_ONE, include_in_schema=False, guards=[may("catalog:write")])
async def ask_delete(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Ask before a variant goes; where something forbids it, say what, and offer to archive it.
    Three statements.
    """
    variant, product, against = await _read(request, variant_id)
    path = variant_path(variant.id)
    crumbs = [
        to_products(request),
        Crumb(product.row.title, product_path(product.row.id)),
        Crumb(variant.sku, path),
    ]
    title = say(request, N_("Delete %(title)s"), title=variant.sku)
    if against:
        values = {
            "against": [say(request, AGAINST[why]) for why in against],
            "archived": variant.status == "archived",
            "path": path,
        }
        return admin_page(request, "admin/variant_kept.html", values, title=title, crumbs=crumbs)
    says = [
        say(
            request,
            N_("The variant is removed for good: nobody can buy it, and it has no page any more."),
        ),
        say(request, N_("Orders keep what they copied of it.")),
        say(request, N_("To stop selling it and keep it, archive it instead.")),
    ]
    if product.variant_count == 1:
        words = N_("It is the only variant of its product: nobody can buy that then.")
        says.insert(1, say(request, words))
    return confirm_page(
        request,
        title=title,
        says=says,
        path=f"{path}/delete",
        back=path,
        button=say(request, N_("Delete for good")),
        fields={"version": str(variant.version)},
        typed=variant.sku,
        crumbs=crumbs,
    )


@post(_ONE, include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def delete_variant(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Remove a variant as it was seen, when its SKU was typed and nothing forbids it."""
    form = await read_form(request)
    version = whole_number(form["version"], least=0, most=_MOST_VERSIONS)
    variant, product, _ = await _read(request, variant_id)
    path = variant_path(variant.id)
    if form["typed"] != variant.sku:
        said = say(request, N_("Nothing is deleted: the SKU was not typed as it is."))
        return lead_to(request, path, Notice(said, "bad"))
    try:
        await ask(request, delete_by_api, variant_id=variant_id, version=version or 0)
    except VariantKept:
        return lead_to(request, f"{path}/delete")
    except Conflict as refusal:
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    said = say(request, N_("%(sku)s is deleted."), sku=variant.sku)
    return lead_to(request, product_path(product.row.id), Notice(said))


async def _read(request: AnyRequest, variant_id: str) -> tuple[Variant, Product, Sequence[Reason]]:
    found = decode("variant", variant_id, field="variant_id")
    async with shop(request).db.reading() as tx:
        variant = await catalog.variant_by_id(tx, found)
        product = await catalog.product_by_id(tx, variant.product_id)
        kept = await kept_variants(tx, product.row.id, variant.id, limit=1)
        return variant, product, kept[0].reasons if kept else ()


ROUTES: list[HTTPRouteHandler] = [ask_delete, delete_variant]
