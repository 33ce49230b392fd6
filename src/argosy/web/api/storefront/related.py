"""What a channel shows beside a product."""

from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from argosy.kernel.errors import NotFound
from argosy.modules import projections
from argosy.modules.projections import Answer, ProductCard, ProductNotFound
from argosy.modules.relations import KINDS
from argosy.reads.related_products import beside
from argosy.runtime.db import Tx
from argosy.web.auth import PUBLISHABLE
from argosy.web.languages import LocaleParameter
from argosy.web.prepared import answers, kept, prepared
from argosy.web.windows import window_of
from argosy.workflows import own_prices
from argosy.workflows.relating import SHOWN


class RelatedProducts(Struct, frozen=True, kw_only=True):
    """Products beside a product, by kind and in the merchant's order: at most twelve of each, and
    only those that the channel shows now.
    """

    cross_sell: list[ProductCard]
    up_sell: list[ProductCard]
    accessory: list[ProductCard]
    replacement: list[ProductCard]


@get(
    "/v1/products/{slug:str}/related",
    before_request=kept,
    tags=["Catalogue"],
    security=PUBLISHABLE,
    responses=answers(RelatedProducts),
    problems=[ProductNotFound],
)
async def list_related(
    request: Request[Any, Any, Any], slug: str, locale: LocaleParameter = None
) -> Response[bytes]:
    """What is shown beside a product: cross-sells, up-sells, accessories and replacements."""
    window = await window_of(request)

    async def read(tx: Tx) -> Answer:
        found = await beside(tx, window.shown.id, slug, SHOWN)
        if found is None:
            raise _missing(slug)
        parts = [b'"%s":[%s]' % (k.encode(), b",".join(found.cards.get(k, []))) for k in KINDS]
        topics = {projections.product_topic(i) for i in (found.product_id, *found.product_ids)}
        return Answer(
            body=b"{" + b",".join(parts) + b"}", topics=frozenset(topics), expires_at=found.until
        )

    return await prepared(request, window, read, own_prices.related)


def _missing(slug: str) -> NotFound:
    return ProductNotFound(f"No product {slug[:80]!r} is shown in this channel.", field="slug")


ROUTES: list[HTTPRouteHandler] = [list_related]
