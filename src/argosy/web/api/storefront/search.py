"""Search: products by words, and what a beginning may become."""

from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode
from argosy.kernel.paging import DEFAULT_PAGE, CursorInvalid
from argosy.modules.channels import CHANNELS_TOPIC, Channel
from argosy.modules.projections import (
    Answer,
    CategoryNotFound,
    Facet,
    FacetUnknown,
    ListRanked,
    ProductCard,
    SearchSort,
    TooManyFacets,
)
from argosy.modules.search import SearchUnavailable
from argosy.runtime.cache import Fill
from argosy.web.auth import PUBLISHABLE, shop
from argosy.web.examples import example_id
from argosy.web.kept import Key, Prepared
from argosy.web.languages import LocaleParameter
from argosy.web.listing import PriceBound, category_of, directory_in, directory_of, facets_of
from argosy.web.paging import CursorText, Limit
from argosy.web.prepared import answers, key_of
from argosy.web.windows import WINDOWS_TOPIC, ShownWindow, window_of, windows_for_all
from argosy.workflows import own_prices, search_log, searching
from argosy.workflows.app import App
from argosy.workflows.searching import MadeFrom
from argosy.workflows.shop_rules import rules_for

_PATH: Final = "/v1/search"
_PARAMETERS = frozenset(
    {"category", "cursor", "in_stock", "limit", "locale", "price_max", "price_min", "q", "sort"}
)
_TRIES: Final = 3
_encode = msgspec.json.Encoder().encode

Words = Annotated[
    str, Parameter(query="q", min_length=1, max_length=200, description="What is searched for.")
]


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """A word that no product has, and the one that was searched in its place, as word stems."""

    typed: str
    searched: str


class SearchResult(msgspec.Struct, frozen=True, kw_only=True):
    """A page of products, best first. `total` (at most 500) and `facets` come with the first."""

    items: list[ProductCard]
    next_cursor: str | None
    corrections: list[Correction]
    total: int | None = None
    facets: list[Facet] | None = None


class ClickBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was searched for, and the product that was chosen of what was found, from rank 1 on."""

    q: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    product_id: Annotated[str, msgspec.Meta(max_length=60)]
    rank: Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Suggestions(msgspec.Struct, frozen=True, kw_only=True):
    """Queries that begin so, the most promising first, and products that they would find."""

    completions: list[str]
    products: list[ProductCard]


async def _kept_search(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    """The kept answer to this very search, before its parameters are read."""
    window = await window_of(request)
    if window.private:
        return None
    kept: Prepared | None = shop(request).cache.peek(key_of(request, window))
    if kept is None or not kept.again():
        return None
    kept.given_again()
    return kept


@get(
    "/v1/search",
    before_request=_kept_search,
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses=answers(SearchResult),
    problems=[SearchUnavailable, CategoryNotFound, FacetUnknown, TooManyFacets, CursorInvalid],
)
async def search_products(
    request: Request[Any, Any, Any],
    *,
    q: Words,
    category: Annotated[
        str | None,
        Parameter(max_length=1000, description="Path (`men/tops`) or id; with all below it."),
    ] = None,
    sort: Annotated[
        SearchSort, Parameter(description="`relevance` is best first; `-price` falls.")
    ] = "relevance",
    price_min: PriceBound = None,
    price_max: PriceBound = None,
    in_stock: Annotated[
        bool, Parameter(description="Only what can be bought now (backorder included).")
    ] = False,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_PAGE,
    locale: LocaleParameter = None,
) -> Response[bytes]:
    """Products by words, with the facets of the list of products.

    All words first, then synonyms and compounds, then products that have some of the words. Words
    with a typo are corrected, SKUs and GTINs are found as they are.
    """
    app, window = shop(request), await window_of(request)
    channel_id = window.shown.id
    directory = await directory_of(request, window.channel, window_id=channel_id)
    term = None if category is None else await category_of(request, directory, category)
    ask = ListRanked(
        channel_id=channel_id,
        product_ids=(),
        fingerprint=q,
        category=term,
        sort=sort,
        facets=facets_of(request, directory, _PARAMETERS),
        price_min=price_min,
        price_max=price_max,
        in_stock=in_stock,
        cursor=cursor,
        limit=limit,
    )
    if window.private:
        made = await _search(app, window, ask)
        made.note()
        return await window.answer(app, made.answer.body, own_prices.list_page)
    kept, _ = await _current(app, window, ask, key_of(request, window))
    kept.given_again()
    return kept


async def prepare_search(app: App, channel: Channel, words: str) -> int:
    """Make the answers to `?q=words`, as anybody may get them in a language of the channel, where
    they are not kept; how many were made. Nobody's search is counted.

    Raises SearchUnavailable.
    """
    query = urlencode({"q": words}).encode()
    made = 0
    for window in windows_for_all(channel):
        await directory_in(app, channel, window.shown.id)
        ask = ListRanked(
            channel_id=window.shown.id, product_ids=(), fingerprint=words, limit=DEFAULT_PAGE
        )
        _, is_new = await _current(app, window, ask, (window.key_id, _PATH, query))
        made += is_new
    return made


async def _current(
    app: App, window: ShownWindow, ask: ListRanked, key: Key
) -> tuple[Prepared, bool]:
    """What is kept by the key if it still holds, else what is made now, and whether it was."""
    varies = (await rules_for(app, window.channel.id)).differs
    is_new = False

    async def load() -> Fill[Prepared]:
        nonlocal is_new
        is_new = True
        return _kept(await _search(app, window, ask), varies)

    for _ in range(_TRIES):
        kept = await app.cache.get(key, load)
        if kept.again():
            break
        # It was made before, or while one of its products changed.
        app.cache.drop(key)
    return kept, is_new


class _Found(NamedTuple):
    """A page of a search in a window. `words`: what is counted as one (None: a further page)."""

    app: App
    window: ShownWindow
    answer: Answer
    made_from: MadeFrom
    words: str | None
    results: int

    def note(self) -> None:
        """Count the search."""
        if self.words is not None:
            search_log.note_search(self.app, self.window.channel.id, self.words, self.results)

    def holds(self) -> bool:
        """Whether the page still shows what is now."""
        window = self.window
        return searching.holds(self.app, window.shown, self.made_from, else_in=window.channel)


def _kept(made: _Found, varies: bool) -> Fill[Prepared]:
    answer, window = made.answer, made.window
    prepared = Prepared(
        answer.body,
        _PATH,
        differs=varies,
        language=window.language,
        offered=window.offered,
        again=made.holds,
        given_again=made.note,
    )
    topics = {f"{topic}:{window.channel.id}" for topic in (WINDOWS_TOPIC, CHANNELS_TOPIC)}
    return Fill(
        prepared,
        topics=answer.topics | topics,
        size=2 * len(answer.body) + 8 * len(made.made_from.basis),
        expires_at=answer.expires_at,
    )


async def _search(app: App, window: ShownWindow, ask: ListRanked) -> _Found:
    made = await searching.search_page(app, window.shown, ask, else_in=window.channel)
    found = made.found
    corrections = [Correction(typed=was, searched=now) for was, now in found.corrections]
    body = made.answer.body[:-1] + b',"corrections":%s}' % _encode(corrections)
    return _Found(
        app=app,
        window=window,
        answer=msgspec.structs.replace(made.answer, body=body),
        made_from=made.made_from,
        words=ask.fingerprint if ask.cursor is None else None,
        results=len(found.product_ids),
    )


@get(
    "/v1/search/suggestions",
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses={200: ResponseSpec(Suggestions, generate_examples=False)},
    problems=[SearchUnavailable],
)
async def suggest_searches(
    request: Request[Any, Any, Any],
    *,
    q: Words,
    limit: Annotated[int, Parameter(ge=1, le=20, description="Products at most.")] = 6,
    locale: LocaleParameter = None,
) -> Response[bytes]:
    """What a shopper may be about to type, for a search box; ask at every stroke."""
    app, window = shop(request), await window_of(request)
    channel = window.shown
    suggested, cards = await searching.suggest(app, channel, q, limit, else_in=window.channel)
    body = b'{"completions":%s,"products":[%s]}'
    body %= (_encode(suggested.completions), b",".join(cards))
    if window.own is not None:
        body = await own_prices.suggestions(app, window.own, channel.id, body)
    return _json(body, window)


@post(
    "/v1/search/clicks",
    tags=["Catalogue"],
    security=PUBLISHABLE,
    status_code=204,
    example={"q": "trail shoes", "product_id": example_id("product"), "rank": 1},
)
async def note_search_click(request: Request[Any, Any, Any], data: ClickBody) -> None:
    """Tell that a shopper looked at a product that a search found: the merchant sees which ranks
    are chosen. Counted by query, not by shopper; nothing is kept of a shopper.
    """
    decode("product", data.product_id, field="product_id")
    channel = (await window_of(request)).channel
    search_log.note_click(shop(request), channel.id, data.q, data.rank)


def _json(body: bytes, window: ShownWindow) -> Response[bytes]:
    headers = {"Cache-Control": "no-store"} | (window.headers if window.language else {})
    return Response(body, media_type="application/json", headers=headers)


ROUTES: list[HTTPRouteHandler] = [search_products, suggest_searches, note_search_click]
