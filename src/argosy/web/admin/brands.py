"""Brands: how they are spelled and described. They come with products, or are made before."""

from typing import Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler

from argosy.web.admin.lists import Column
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.things import Things, column, pages_of, shaped
from argosy.web.api.admin import brands as api

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/brands"
WORDS = {
    "name": (N_("Name"), N_("Of a brand that there is only the spelling changes.")),
    "slug": (N_("Slug"), N_("Its address in the shop. Left empty, it is made of the name.")),
    "description": (N_("Description"), ""),
    "seo_title": (N_("Title for search engines"), ""),
    "seo_description": (N_("Description for search engines"), ""),
}


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    rich = frozenset({"description"})
    return shaped(request, words=WORDS, rich=rich, left_out=frozenset({"media_id"}))


def _columns(request: AnyRequest) -> list[Column]:
    return [
        column(request, "name", N_("Name")),
        column(request, "slug", N_("Slug"), "muted"),
        column(request, "key", N_("Found in products as"), "muted", narrow=False),
    ]


BRANDS = Things(
    path=PATH,
    title=N_("Brands"),
    new=N_("New brand"),
    area="catalog",
    rows=api.list_brands,
    one=api.get_brand,
    make=api.make_brand,
    change=api.alter_brand,
    remove=api.drop_brand,
    param="brand_id",
    template="admin/brand.html",
    columns=_columns,
    shaping=_shaping,
    empty=(
        N_("No brands yet"),
        N_("A brand comes with the first product that names it, or you make it before."),
    ),
    removal=(
        N_("Products keep its name; the next change of one of them makes the brand anew."),
        N_("Its address answers that it is gone."),
    ),
    cards=(
        (N_("What it is"), ("name", "slug", "description")),
        (N_("For search engines"), ("seo_title", "seo_description")),
    ),
)
ENTRIES = (
    Entry(
        N_("Brands"), PATH, N_("Catalogue"), "catalog:read", icon="prices",
        words="makers manufacturers labels", position=27,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = pages_of(BRANDS)
