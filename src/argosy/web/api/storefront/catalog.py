"""The shop window: channel, categories, product lists, product pages.

Answers are bytes prepared once and kept in the process until what they were made from changes; a
kept answer is found before a single parameter is read, and costs no statement. They are the same
for every shopper of a window (web/windows.py): a customer's own prices are put into a copy that
nobody keeps (DOMAIN.md C10).
"""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from argosy.kernel.errors import ArgosyError, Invalid
from argosy.kernel.ids import encode
from argosy.kernel.paging import DEFAULT_PAGE, CursorInvalid
from argosy.modules import projections
from argosy.modules.channels import CHANNELS_TOPIC, offered_gateways
from argosy.modules.collections import CollectionNotFound
from argosy.modules.paths import Gone, Here, Moved, PathGone, PathInvalid, Scope, Thing
from argosy.modules.projections import (
    Answer,
    CategoryNotFound,
    FacetUnknown,
    ListProducts,
    OptionUnknown,
    Picker,
    ProductDocument,
    ProductList,
    ProductNotFound,
    Sort,
    TooManyFacets,
    VariantPage,
)
from argosy.reads import product_document as reads
from argosy.runtime.cache import Fill
from argosy.runtime.db import Tx
from argosy.web.auth import PUBLISHABLE, channel_context, shop
from argosy.web.kept import Prepared
from argosy.web.languages import LocaleParameter, offered
from argosy.web.listing import (
    PriceBound,
    category_of,
    collection_of,
    directory_of,
    facets_of,
    places_of,
)
from argosy.web.paging import CursorText, Limit
from argosy.web.prepared import answers, kept, key_of, prepared, route_of
from argosy.web.windows import ShownWindow, window_of
from argosy.workflows import own_prices
from argosy.workflows.addressing import api_path, locate
from argosy.workflows.voicing import spoken_tree

_PARAMETERS = frozenset(
    {"category", "collection", "cursor", "in_stock", "limit", "locale", "price_max", "price_min"}
    | {"sort"}
)

_MOST_OPTIONS = 5

_encode = msgspec.json.Encoder().encode


class ChannelView(msgspec.Struct, frozen=True, kw_only=True):
    """The channel that the publishable key names. Prices contain tax if `tax_inclusive`; `gateways`
    are the ways to pay, by which a purchase names its payment. `locales` are the languages that
    `?locale=` may name, the channel's own first.
    """

    id: str
    code: str
    name: str
    currency: str
    countries: list[str]
    default_country: str
    locale: str
    locales: list[str]
    time_zone: str
    tax_inclusive: bool
    gateways: list[str]


class CategoryNode(msgspec.Struct, frozen=True, kw_only=True):
    """A category with those below it; `product_count` counts the products of all of them."""

    id: str
    slug: str
    name: str
    path: str
    description: str
    product_count: int
    children: "list[CategoryNode]"


class CategoryTree(msgspec.Struct, frozen=True, kw_only=True):
    """The top categories in display order; never more than one page."""

    items: list[CategoryNode]
    next_cursor: str | None = None


@get(
    "/v1/channel",
    before_request=kept,
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses=answers(ChannelView),
)
async def get_channel(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The channel: its currency, countries, language and tax mode."""
    channel = await channel_context(request)
    view = ChannelView(
        id=encode("channel", channel.id),
        code=channel.code,
        name=channel.name,
        currency=channel.currency,
        countries=list(channel.countries),
        default_country=channel.default_country,
        locale=channel.locale,
        locales=list(offered(channel)),
        time_zone=channel.time_zone,
        tax_inclusive=channel.tax_inclusive,
        gateways=list(offered_gateways(channel, shop(request).gateways)),
    )

    async def load() -> Fill[Prepared]:
        body = _encode(view)
        answer = Prepared(body, route_of(request))
        return Fill(answer, topics={f"{CHANNELS_TOPIC}:{channel.id}"}, size=len(body))

    return await shop(request).cache.get(key_of(request, ShownWindow(channel, channel)), load)


@get(
    "/v1/categories",
    before_request=kept,
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses=answers(CategoryTree),
)
async def list_categories(
    request: Request[Any, Any, Any], locale: LocaleParameter = None
) -> Response[bytes]:
    """The category tree. A category is in it while it, or one below it, shows a product."""
    window = await window_of(request)
    channel = window.shown

    async def read(tx: Tx) -> Answer:
        rows = await spoken_tree(tx, window.channel, channel.id, channel.locale)
        tree = CategoryTree(items=_children(rows, None))
        topics = {projections.tree_topic(channel.id), projections.directory_topic(channel.id)}
        return Answer(body=_encode(tree), topics=frozenset(topics))

    return await prepared(request, window, read)


def _children(rows: list[reads.CategoryRow], parent_id: UUID | None) -> list[CategoryNode]:
    below: dict[UUID | None, list[reads.CategoryRow]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)

    def node(row: reads.CategoryRow) -> CategoryNode:
        return CategoryNode(
            id=encode("category", row.id),
            slug=row.slug,
            name=row.name,
            path=row.path,
            description=row.description,
            product_count=row.products,
            children=[node(child) for child in below.get(row.id, ())],
        )

    return [node(row) for row in below.get(parent_id, ())]


@get(
    "/v1/products",
    before_request=kept,
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses=answers(ProductList),
    problems=[CategoryNotFound, CollectionNotFound, FacetUnknown, TooManyFacets, CursorInvalid],
)
async def list_products(
    request: Request[Any, Any, Any],
    *,
    category: Annotated[
        str | None,
        Parameter(max_length=1000, description="Path (`men/tops`) or id; with all below it."),
    ] = None,
    collection: Annotated[
        str | None, Parameter(max_length=120, description="Slug of a collection.")
    ] = None,
    sort: Annotated[
        Sort | None,
        Parameter(
            description="`position` is the merchant's order; `-price` falls. Unless given, the "
            "collection's own order, else `position`."
        ),
    ] = None,
    price_min: PriceBound = None,
    price_max: PriceBound = None,
    in_stock: Annotated[
        bool, Parameter(description="Only what can be bought now (backorder included).")
    ] = False,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_PAGE,
    locale: LocaleParameter = None,
) -> Response[bytes]:
    """Products of a category, a collection or the whole channel, with facets on the first page.

    Any facet's `code` is a parameter, repeated for several values:
    `?colour=blue&colour=navy&size=m` answers products of which one variant that can be bought is
    blue or navy, and of size M. Each facet value counts the products that the list would hold if it
    were chosen as well.
    """
    window = await window_of(request)
    channel = window.shown
    directory = await directory_of(request, window.channel, window_id=channel.id)
    if collection is None:
        term, order = await category_of(request, directory, category), sort or "position"
    else:
        _refuse_both(category)
        term, own = collection_of(directory, collection)
        order = sort or own
    ask = ListProducts(
        channel_id=channel.id,
        category=term,
        sort=order,
        facets=facets_of(request, directory, _PARAMETERS),
        price_min=price_min,
        price_max=price_max,
        in_stock=in_stock,
        cursor=cursor,
        limit=limit,
    )

    places = await places_of(request, window.channel, directory, ask, own_order=bool(collection))

    async def read(tx: Tx) -> Answer:
        answer = places.ending(await projections.list_products(tx, places.of(ask)))
        if not term or collection is not None:
            # Nothing was ever shown here; the first product makes the directory. And that knows
            # until when the channel shows the collection, and how it is sorted.
            topics = {projections.directory_topic(each) for each in (channel.id, window.channel.id)}
            return msgspec.structs.replace(answer, topics=answer.topics | topics)
        return answer

    return await prepared(request, window, read, own_prices.list_page)


def _refuse_both(category: str | None) -> None:
    if category is not None:
        raise Invalid("A list is of a category or of a collection.", field="collection")


@get(
    "/v1/products/{slug:str}",
    before_request=kept,
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses=answers(ProductDocument, moved="The product's slug has changed."),
    problems=[ProductNotFound, PathGone],
)
async def get_product(
    request: Request[Any, Any, Any], slug: str, locale: LocaleParameter = None
) -> Response[bytes]:
    """A product with its first variants, their prices and availability. A former slug answers 301
    with the present one, and in a further language of the channel also the slug of another one.
    """
    window = await window_of(request)
    channel = window.shown
    try:
        return await prepared(
            request,
            window,
            lambda tx: projections.product_page(tx, channel.id, slug),
            own_prices.product_page,
        )
    except ProductNotFound as missing:
        return await _moved(request, window, slug, missing)


@get(
    "/v1/products/{slug:str}/variants",
    before_request=kept,
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses=answers(VariantPage, moved="The product's slug has changed."),
    problems=[ProductNotFound, CursorInvalid, PathGone],
)
async def list_product_variants(
    request: Request[Any, Any, Any],
    slug: str,
    cursor: CursorText = None,
    limit: Limit = 50,
    locale: LocaleParameter = None,
) -> Response[bytes]:
    """All variants of a product, page by page. The `next_cursor` of a product page goes on here."""
    window = await window_of(request)
    channel = window.shown
    try:
        return await prepared(
            request,
            window,
            lambda tx: projections.variants_page(tx, channel.id, slug, cursor=cursor, limit=limit),
            own_prices.variants_page,
        )
    except ProductNotFound as missing:
        return await _moved(request, window, slug, missing, "/variants")


@get(
    "/v1/products/{slug:str}/options",
    before_request=kept,
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses=answers(Picker, moved="The product's slug has changed."),
    problems=[ProductNotFound, OptionUnknown, PathGone],
)
async def pick_product_options(
    request: Request[Any, Any, Any], slug: str, locale: LocaleParameter = None
) -> Response[bytes]:
    """What is left to choose of a product, whatever the number of its variants.

    Each option's `code` is a parameter: after `?colour=blue` the values of the other options are
    counted among the blue variants, and those of `colour` among all, so that another can be chosen.
    A value with no `variants` does not exist in that combination. Prices are those of everybody.
    """
    window = await window_of(request)
    channel = window.shown
    chosen = _chosen(request)
    try:
        return await prepared(
            request,
            window,
            lambda tx: projections.option_picker(
                tx, channel.id, slug, chosen, currency=window.channel.currency
            ),
            own_prices.option_picker,
        )
    except ProductNotFound as missing:
        return await _moved(request, window, slug, missing, "/options")


def _chosen(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Values by option code. Raises OptionUnknown."""
    chosen: dict[str, str] = {}
    for code, value in request.query_params.multi_items():
        if code == "locale":
            continue
        if code in chosen or len(chosen) == _MOST_OPTIONS or "\x00" in code:
            raise OptionUnknown(f"{code[:80]!r} is no option, or chosen already.", field=code[:80])
        # Of what PostgreSQL's text cannot hold there is no value.
        chosen[code] = "" if "\x00" in str(value) else str(value)
    return chosen


async def _moved(
    request: Request[Any, Any, Any],
    window: ShownWindow,
    slug: str,
    missing: ArgosyError,
    part: str = "",
) -> Response[bytes]:
    path = f"/products/{slug}"
    channel, own = window.channel, window.shown.locale == window.channel.locale
    try:
        async with shop(request).db.reading() as tx:
            scope = Scope(channel_id=channel.id, locale=window.shown.locale)
            found = await locate(tx, path, scope)
            match found:
                case Here(thing=thing, shown=True) if not own:
                    now = None
                case Moved(target=target, thing=Thing() as thing, shown=True) if not own:
                    # Further languages have products under the names that they have there.
                    now = f"/v1{quote(target)}"
                case Here(thing=thing, shown=True) | Moved(thing=Thing() as thing, shown=True):
                    now = await api_path(tx, thing)
                case Gone(replacement=replacement):
                    raise PathGone("The product is gone.", field="slug", replacement=replacement)
                case _:
                    raise missing
    except PathInvalid:
        raise missing from None
    # The window may be a moment behind the catalogue: nobody is sent to where they came from.
    if now is None or thing.kind != "product" or now == f"/v1{quote(path)}":
        raise missing
    asked = "" if window.offered or own else f"?locale={window.shown.locale}"
    headers = {"Location": f"{now}{part}{asked}", "Cache-Control": "no-cache"}
    return Response(b"", status_code=301, headers=headers)


ROUTES: list[HTTPRouteHandler] = [
    get_channel,
    list_categories,
    list_products,
    get_product,
    list_product_variants,
    pick_product_options,
]
