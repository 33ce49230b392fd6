"""Why a product is, or is not, where it is in a search."""

from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.params import Parameter

from argosy.kernel.errors import Invalid
from argosy.kernel.ids import decode, encode
from argosy.modules import audiences, catalog, channels
from argosy.modules.projections import CategoryNotFound, TooManyFacets
from argosy.modules.search import Explained, SearchUnavailable
from argosy.web.api.admin.shipping import of_channel
from argosy.web.auth import ADMINISTRATION, requires, shop
from argosy.web.listing import PriceBound, category_of, directory_of
from argosy.workflows import search_why
from argosy.workflows.search_why import Narrowed, Why

Filter = Annotated[str, msgspec.Meta(pattern="^[^:]{1,100}:.{1,200}$")]


class MetPartView(msgspec.Struct, frozen=True, kw_only=True):
    """How a part of the query is met: by which words (in their index form), found how, in which
    fields. Where `how` is null it is not, and `tried` is what would have done.
    """

    words: list[str]
    how: str | None
    by: list[str]
    fields: list[str]
    tried: list[list[str]]


class DueRule(msgspec.Struct, frozen=True, kw_only=True):
    """A merchandising rule that is due in this search; `applied`: it moves this product."""

    id: str
    name: str
    applied: bool


class WhyView(msgspec.Struct, frozen=True, kw_only=True):
    """Why a product is where it is in a search of now, or why it is not there.

    `rank` is the place that shoppers see; null: none. `not_shown` says what keeps the product from
    being shown at all: `channel_inactive`, `not_active`, `not_published`, `published_later`,
    `publication_ended`, `hidden_from_audience`, `no_variants`, `not_priced`. `waiting`:
    the shop window is about to show it. `indexed`: the index holds it, which is `behind_s` seconds
    behind (null: it has to be made anew).

    `words` are those of the query that count, in their index form. `found_rank` is the place among
    what the words find, before rules and filters; null: not among the 500 best. `score` is the sum
    of `scores`. `filters` tell of each filter alone whether it lets the product through. `strength`
    is what boosts and buries add up to.
    """

    rank: int | None
    not_shown: list[str]
    waiting: bool
    buyable: bool
    indexed: bool
    behind_s: float | None
    words: list[str]
    corrections: dict[str, str]
    parts: list[MetPartView]
    found_rank: int | None
    score: float
    scores: dict[str, float]
    filters: dict[str, bool]
    pinned: bool
    strength: int
    rules: list[DueRule]


@get(
    "/admin/v1/search/why",
    tags=["Search"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[
        channels.ChannelNotFound,
        catalog.ProductNotFound,
        audiences.AudienceNotFound,
        CategoryNotFound,
        TooManyFacets,
        SearchUnavailable,
    ],
)
async def explain_search(
    request: Request[Any, Any, Any],
    *,
    channel_id: Annotated[str, Parameter(max_length=60, description="Id of the channel.")],
    product_id: Annotated[str, Parameter(max_length=60, description="Id of the product.")],
    q: Annotated[str, Parameter(min_length=1, max_length=200, description="What is searched for.")],
    audience: Annotated[
        str | None, Parameter(max_length=63, description="As this audience sees it; its code.")
    ] = None,
    category: Annotated[
        str | None, Parameter(max_length=1000, description="Narrowed to a category: path or id.")
    ] = None,
    facet: Annotated[
        list[Filter] | None,
        Parameter(max_items=50, description="Narrowed to a facet: `size:m`; may be repeated."),
    ] = None,
    price_min: PriceBound = None,
    price_max: PriceBound = None,
    in_stock: bool = False,
) -> WhyView:
    """Why a product is where it is in a search, or why it is not there."""
    app, product = shop(request), decode("product", product_id, field="product_id")
    async with app.db.reading() as tx:
        channel = await channels.channel_by_id(tx, of_channel(channel_id))
        await catalog.product_by_id(tx, product)
    directory = await directory_of(request, channel)
    term = None if category is None else await category_of(request, directory, category)
    narrowed = Narrowed(
        category=term,
        facets=_facets(facet or []),
        price_min=price_min,
        price_max=price_max,
        in_stock=in_stock,
    )
    return _view(await search_why.why(app, channel, product, q, narrowed, audience=audience))


def _facets(given: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in given:
        code, _, value = one.partition(":")
        if not value:
            raise Invalid("A facet is a code and a value: `size:m`.", field="facet")
        found[code] = (*found.get(code, ()), value)
    return found


def _view(found: Why) -> WhyView:
    explained, standing = found.explained, found.standing
    applied = set(standing.rules) if standing else set()
    return WhyView(
        rank=found.rank,
        not_shown=list(found.not_shown),
        waiting=found.waiting,
        buyable=bool(standing and standing.buyable),
        indexed=explained.indexed,
        behind_s=found.behind_s,
        words=list(explained.words),
        corrections=dict(explained.corrections),
        parts=_parts(explained),
        found_rank=explained.rank,
        score=round(explained.score, 3),
        scores={name: round(score, 3) for name, score in explained.scores.items()},
        filters=found.filters,
        pinned=found.pinned,
        strength=standing.strength if standing else 0,
        rules=[
            DueRule(id=encode("merchandising_rule", id_), name=name, applied=id_ in applied)
            for id_, name in found.rules.items()
        ],
    )


def _parts(explained: Explained) -> list[MetPartView]:
    return [
        MetPartView(
            words=list(part.words),
            how=part.how,
            by=list(part.by),
            fields=list(part.fields),
            tried=[list(words) for words in part.tried],
        )
        for part in explained.parts
    ]


ROUTES = [explain_search]
