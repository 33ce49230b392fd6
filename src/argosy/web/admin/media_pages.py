"""One picture or file: what it is, who shows it, what looks like it; and all pictures alike."""

from collections.abc import Iterable
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.ids import decode
from argosy.kernel.paging import Page
from argosy.modules import catalog
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.lists import CSV_BATCH, PAGE, Column, csv_of, url_of
from argosy.web.admin.media_files import PATH
from argosy.web.admin.places import N_
from argosy.web.admin.products import PATH as PRODUCTS
from argosy.web.admin.showing import Crumb, admin_page, say
from argosy.web.api.admin import media as api
from argosy.web.auth import shop

AnyRequest = Request[Any, Any, Any]
Row = dict[str, Any]

ALIKE = f"{PATH}/alike"
_MOST_ALIKE = 20


@get(ALIKE, include_in_schema=False, guards=[may("catalog:read")])
async def show_alike(request: AnyRequest) -> Response[bytes]:
    """Pictures that look alike, the nearest first, with what shows them. Five statements."""
    cursor = request.query_params.get("cursor")
    found = await ask(request, api.list_alike, limit=PAGE, cursor=cursor)
    following = found["next_cursor"]
    values = {
        "pairs": await _pairs(request, found["items"]),
        "following": url_of(ALIKE, {"cursor": following}) if following else "",
        "first": cursor is None,
        "path": ALIKE,
    }
    return admin_page(
        request,
        "admin/media_alike.html",
        values,
        title=say(request, N_("Pictures that look alike")),
        crumbs=[_to_media(request)],
    )


@get(f"{ALIKE}.csv", include_in_schema=False, guards=[may("catalog:read")])
async def export_alike(request: AnyRequest) -> Stream:
    """The pairs as a file."""

    async def read(cursor: str | None) -> Page[Row]:
        found = await ask(request, api.list_alike, limit=CSV_BATCH, cursor=cursor)
        return Page(items=await _pairs(request, found["items"]), next_cursor=found["next_cursor"])

    def file(at: int) -> list[Column]:
        name = ("file", "other")[at]
        return [
            Column(name, "", lambda row: row["files"][at]["url"]),
            Column(
                f"{name}_products",
                "",
                lambda row: " | ".join(one["title"] for one in row["files"][at]["products"]),
            ),
        ]

    columns = [Column("distance", "", lambda row: row["distance"]), *file(0), *file(1)]
    return csv_of("pictures-alike", columns, read)


@get(f"{PATH}/{{media_id:str}}", include_in_schema=False, guards=[may("catalog:read")])
async def show_one(request: AnyRequest, media_id: str) -> Response[bytes]:
    """A picture or file: what is known of it, who shows the same, what looks like it. Nine
    statements.
    """
    one = await ask(request, api.read_media, media_id=media_id)
    alike: list[Row] = []
    if one["kind"] == "image":
        found = await ask(request, api.list_alike, media_id=media_id, limit=_MOST_ALIKE)
        alike = await _pairs(request, found["items"])
    here = [{"id": media_id, "product_id": one["product_id"]}]
    titles = await _titles(request, [*here, *one["same_file"]])
    values = {
        "one": one,
        "shown_by": _shown(here, titles),
        "same": _shown(one["same_file"], titles),
        # Of each pair, the other one.
        "alike": [
            (pair["distance"], file)
            for pair in alike
            for file in pair["files"]
            if file["url"] != one["url"]
        ],
    }
    name = one["source"] or one["alt"] or one["url"].rpartition("/")[2]
    return admin_page(
        request, "admin/media_one.html", values, title=name[:80], crumbs=[_to_media(request)]
    )


def _to_media(request: AnyRequest) -> Crumb:
    return Crumb(say(request, N_("Media storage")), PATH)


async def _pairs(request: AnyRequest, pairs: Iterable[Row]) -> list[Row]:
    """The pairs, each file with the entries that show it and the products of these."""
    found = list(pairs)
    entries = [entry for pair in found for file in pair["files"] for entry in file["entries"]]
    titles = await _titles(request, entries)
    return [
        pair
        | {
            "files": [
                {
                    "url": file["url"],
                    "id": file["entries"][0]["id"] if file["entries"] else "",
                    "products": _shown(file["entries"], titles),
                }
                for file in pair["files"]
            ]
        }
        for pair in found
    ]


async def _titles(request: AnyRequest, entries: Iterable[Row]) -> dict[str, str]:
    """Titles of the products that entries belong to, by public id. Four statements."""
    ids = list(dict.fromkeys(one["product_id"] for one in entries if one["product_id"]))
    if not ids:
        return {}
    by_id = {decode("product", one): one for one in ids}
    async with shop(request).db.reading() as tx:
        found = await catalog.products_by_ids(tx, list(by_id))
    return {by_id[one.row.id]: one.row.title for one in found}


def _shown(entries: Iterable[Row], titles: dict[str, str]) -> list[Row]:
    """The products that show a file, each once."""
    ids = dict.fromkeys(one["product_id"] for one in entries if one["product_id"])
    return [{"title": titles.get(one, one), "path": f"{PRODUCTS}/{one}"} for one in ids]


ROUTES: list[HTTPRouteHandler] = [show_alike, export_alike, show_one]
