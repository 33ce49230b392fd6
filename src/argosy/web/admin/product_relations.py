"""What is shown beside a product: what goes with it, what is better, what replaces it."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.modules import catalog
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import products_by_words
from argosy.web.admin.places import N_
from argosy.web.admin.products import PATH, product_path, to_products
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, refusal_text, say
from argosy.web.api.admin import relations as api
from argosy.web.auth import shop
from argosy.web.pages.forms import read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

_PAGE = f"{PATH}/{{product_id:str}}/related"
KINDS = {
    "cross_sell": (N_("Goes with it"), N_("Shown on its page and in the cart.")),
    "up_sell": (N_("Better ones"), N_("What somebody who looks at it might rather have.")),
    "accessory": (N_("Accessories"), N_("What it needs, or what fits it.")),
    "replacement": (N_("Replacements"), N_("What to buy when it is gone.")),
}


@get(_PAGE, include_in_schema=False, guards=[may("catalog:read")])
async def show_related(request: AnyRequest, product_id: str) -> Response[bytes]:
    """The products beside one, by kind. Four statements."""
    found = decode("product", product_id, field="product_id")
    related = await ask(request, api.list_related, product_id=product_id)
    ids = {decode("product", one) for listed in related.values() for one in listed}
    async with shop(request).db.reading() as tx:
        known = {one.row.id: one.row for one in await catalog.products_by_ids(tx, [found, *ids])}
    title = known[found].title
    titles = {encode("product", one): row.title for one, row in known.items()}
    values = {
        "path": f"{product_path(found)}/related",
        "kinds": [
            (
                kind,
                say(request, label),
                say(request, about),
                [(p, titles[p]) for p in related[kind]],
            )
            for kind, (label, about) in KINDS.items()
        ],
    }
    crumbs = [to_products(request), Crumb(title, product_path(found))]
    said = say(request, N_("Related products"))
    return admin_page(request, "admin/related.html", values, title=said, crumbs=crumbs)


@post(_PAGE, include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def change_related(request: AnyRequest, product_id: str) -> Response[bytes]:
    """Put products beside this one, in their order, or take one away; both ways if ticked."""
    form = await read_form(request)
    kind, act, other = [*form["act"].split(" "), "", ""][:3]
    path = f"{PATH}/{product_id}/related"
    try:
        before = await ask(request, api.list_related, product_id=product_id)
        ids = list(before.get(kind, ()))
        if act == "add":
            async with shop(request).db.reading() as tx:
                new = await products_by_words(tx, form["products"])
            ids += [one for one in (encode("product", n) for n in new) if one not in ids]
        elif other in ids:
            at = ids.index(other)
            ids.remove(other)
            if act == "up":
                ids.insert(max(0, at - 1), other)
        data = {"product_ids": ids, "both_ways": form["both_ways"] == "yes"}
        if kind in KINDS:
            await ask(request, api.set_related, product_id=product_id, kind=kind, data=data)
    except ArgosyError as refusal:
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, path, Notice(say(request, N_("Saved."))))


ROUTES: list[HTTPRouteHandler] = [show_related, change_related]
