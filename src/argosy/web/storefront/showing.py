"""How a page of the shop is made, kept and given.

Pages that are the same for every shopper (home, lists, products) are rendered once and kept in the
process until what they were made from changes (runtime/cache.py), as the API's answers are. All
that differs by visitor, the number of pieces in the cart, is put into its place when a page is
given (keeping.py). Nothing of a customer's own is ever kept (DOMAIN.md C10).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from litestar import Request, Response
from litestar.datastructures import Cookie

from argosy.modules import projections
from argosy.modules.channels import CHANNELS_TOPIC
from argosy.reads.product_document import CategoryRow
from argosy.runtime.cache import Fill
from argosy.web.auth import shop
from argosy.web.file_links import FileLinks
from argosy.web.pages.templating import POLICY, render
from argosy.web.storefront.keeping import PIECES, KeptPage, name_page
from argosy.web.storefront.sites import SITES_KEY, Site, kept_sites, sites
from argosy.web.storefront.visitors import Visitor, visitor_of
from argosy.workflows.voicing import spoken_tree

HTML = "text/html"


class Made(NamedTuple):
    """A page that was rendered, and what it holds by: see `Fill`."""

    html: str
    topics: frozenset[str]
    expires_at: Any = None


class MenuEntry(NamedTuple):
    """A category in the menu, with those right below it."""

    name: str
    path: str
    below: tuple["MenuEntry", ...] = ()


async def kept_page(
    request: Request[Any, Any, Any],
    site: Site,
    make: Callable[[], Awaitable[Made]],
    *,
    asked: str = "",
    private: bool = False,
) -> Response[bytes]:
    """The page of this path, made if it is not kept. `asked` is what of the query it goes by: the
    rest, which anybody may make up, must not take the place of other pages. A `private` page is
    made anew each time, and kept by nobody.
    """
    if private:
        alone = await make()
        return page(_with_pieces(alone.html, visitor_of(request, site)))
    app, path, partial = shop(request), request.scope["path"], is_partial(request)
    key = "page", site.prefix, path, asked, partial
    route = str(request.scope.get("path_template", ""))

    async def load() -> Fill[KeptPage]:
        made = await make()
        return Fill(
            KeptPage(made.html, code=site.channel.code, route=route),
            topics=made.topics,
            size=2 * len(made.html),
            expires_at=made.expires_at,
        )

    kept = await app.cache.get(key, load)
    if not partial:
        query = request.scope["query_string"]
        name_page(app.cache, site.path(path), query, key=key, other=SITES_KEY)
    encodings = request.headers.get("accept-encoding", "")
    return kept.answer(request.cookies, encodings.encode("latin-1", "replace"))


async def rendered(
    request: Request[Any, Any, Any], site: Site, template: str, values: Mapping[str, Any]
) -> str:
    """A page in the shop's frame; the place of the pieces is still open."""
    rows = await categories_of(request, site)
    frame = _frame(request, site, await sites(shop(request)), rows)
    return part(request, site, template, {**frame, **values})


def kept_frame(request: Request[Any, Any, Any], site: Site) -> dict[str, Any]:
    """What the frame of a page shows, as far as it is kept in the process: the database is not
    asked.
    """
    app = shop(request)
    return _frame(request, site, kept_sites(app), app.cache.peek(_tree_key(site)) or [])


def _frame(
    request: Request[Any, Any, Any],
    site: Site,
    others: Sequence[Site],
    rows: Sequence[CategoryRow],
) -> dict[str, Any]:
    here = request.scope["path"] if request.method == "GET" else "/"
    return {
        "site": site,
        "sites": others,
        "addresses": {other.prefix: other.path(here) for other in others},
        "menu": _menu(rows),
        "public_url": shop(request).settings.public_url,
        "here": request.scope["path"],
    }


def part(
    request: Request[Any, Any, Any], site: Site, template: str, values: Mapping[str, Any]
) -> str:
    """A piece of a page, without the frame."""
    theme = shop(request).settings.theme
    links = FileLinks.of(shop(request))
    return render(theme, site.locale, template, {"site": site, "file_links": links, **values})


async def personal_page(
    request: Request[Any, Any, Any],
    site: Site,
    template: str,
    values: Mapping[str, Any],
    *,
    visitor: Visitor,
    cookies: Sequence[Cookie] = (),
    status: int = 200,
) -> Response[bytes]:
    """A page that is this visitor's alone, never kept by anybody."""
    html = await rendered(request, site, template, values)
    return page(_with_pieces(html, visitor), cookies=cookies, status=status)


def page(body: str, *, cookies: Sequence[Cookie] = (), status: int = 200) -> Response[bytes]:
    """An answer that nobody may keep."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return Response(
        body.encode(), status_code=status, media_type=HTML, headers=headers, cookies=list(cookies)
    )


def lead_to(path: str, *, cookies: Sequence[Cookie] = (), status: int = 303) -> Response[bytes]:
    """Send the browser to another page: after a form (303), or for good (301)."""
    headers = {"Location": path, "Cache-Control": "no-store" if status == 303 else "no-cache"}
    return Response(b"", status_code=status, headers=headers, cookies=list(cookies))


def is_partial(request: Request[Any, Any, Any]) -> bool:
    """Whether htmx asks for a part of the page, as opposed to a browser for all of it."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


async def categories_of(request: Request[Any, Any, Any], site: Site) -> list[CategoryRow]:
    """The categories in which the shop shows something, in display order. Kept until they
    change.
    """
    app = shop(request)

    async def load() -> Fill[list[CategoryRow]]:
        async with app.db.reading() as tx:
            rows = await spoken_tree(tx, site.channel, site.shown_id, site.locale)
        return Fill(rows, topics=_tree_topics(site), size=300 * len(rows))

    return await app.cache.get(_tree_key(site), load)


def frame_topics(site: Site) -> frozenset[str]:
    """What the frame of every page is made from."""
    return _tree_topics(site) | {CHANNELS_TOPIC}


def _tree_key(site: Site) -> tuple[str, UUID]:
    return "category rows", site.shown_id


def _tree_topics(site: Site) -> frozenset[str]:
    ids = {site.shown_id, site.channel.id}
    return frozenset(
        topic(one) for one in ids for topic in (projections.tree_topic, projections.directory_topic)
    )


def _menu(rows: Sequence[CategoryRow]) -> tuple[MenuEntry, ...]:
    below: dict[UUID | None, list[CategoryRow]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    return tuple(
        MenuEntry(
            top.name,
            top.path,
            tuple(MenuEntry(child.name, child.path) for child in below.get(top.id, ())),
        )
        for top in below.get(None, ())
    )


def _with_pieces(html: str, visitor: Visitor) -> str:
    return html.replace(PIECES, str(visitor.pieces or ""), 1)
