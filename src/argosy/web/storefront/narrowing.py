"""How a list is narrowed, sorted and shown, whatever it lists.

By its query: any facet's code, `price_min` and `price_max` in the currency's unit as people write
it, `in_stock`. What is none of these (`utm_source`, ...) is passed over: links come from
everywhere.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request

from argosy.kernel.money import InexactAmount, Money
from argosy.modules import projections
from argosy.modules.projections import Answer, Directory, ListProducts
from argosy.web.auth import shop
from argosy.web.storefront.looking import Look
from argosy.web.storefront.showing import is_partial, part, rendered
from argosy.web.storefront.sites import Site
from argosy.workflows import own_prices

PAGE = 24
_OWN = ("cursor", "in_stock", "price_max", "price_min", "q", "sort")


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is narrowed to, and in which order it stands."""

    facets: dict[str, tuple[str, ...]]
    price_min: Money | None
    price_max: Money | None
    in_stock: bool
    sort: str
    cursor: str | None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the order was chosen."""
        return bool(self.facets or self.price_min or self.price_max or self.in_stock)

    def query(self, **more: str) -> str:
        """The query of this choice, without its place in the list, and with `more`."""
        pairs = [(code, value) for code, values in self.facets.items() for value in values]
        for name, bound in (("price_min", self.price_min), ("price_max", self.price_max)):
            if bound is not None:
                pairs.append((name, str(bound.to_decimal())))
        if self.in_stock:
            pairs.append(("in_stock", "1"))
        pairs.append(("sort", self.sort))
        return urlencode([*pairs, *more.items()])


async def listed(request: Request[Any, Any, Any], look: Look, ask: ListProducts) -> Answer:
    """A page of a list, with the visitor's own prices if they have any."""
    async with shop(request).db.reading() as tx:
        answer = await projections.list_products(tx, ask)
    body = await look.priced(request, answer.body, own_prices.list_page)
    return msgspec.structs.replace(answer, body=body)


async def list_html(
    request: Request[Any, Any, Any], site: Site, chosen: Chosen, values: Mapping[str, Any]
) -> str:
    """The whole page, its changing half, or just the next products for who asked for more."""
    if not is_partial(request):
        return await rendered(request, site, "storefront/listing.html", values)
    template = "storefront/_more.html" if chosen.cursor else "storefront/_results.html"
    return part(request, site, template, values)


def chosen_of(
    request: Request[Any, Any, Any],
    site: Site,
    directory: Directory,
    sorts: tuple[str, ...],
    usual: str,
) -> Chosen:
    """What the query of this request asks for; `usual` is the order without one."""
    asked: dict[str, set[str]] = {}
    for name, value in request.query_params.multi_items():
        if name in directory.facets and name not in _OWN and value:
            asked.setdefault(name, set()).add(projections.facet_value(str(value)))
    sort = request.query_params.get("sort", usual)
    currency = site.channel.currency
    return Chosen(
        facets={name: tuple(sorted(values)) for name, values in sorted(asked.items())},
        price_min=_bound(request.query_params.get("price_min", ""), currency),
        price_max=_bound(request.query_params.get("price_max", ""), currency),
        in_stock=bool(request.query_params.get("in_stock")),
        sort=sort if sort in sorts else usual,
        cursor=request.query_params.get("cursor") or None,
    )


def _bound(text: str, currency: str) -> Money | None:
    """A price as people type it, with comma or point; None for what is no price."""
    try:
        amount = Money.from_decimal(Decimal(text.strip().replace(",", ".")), currency)
    except (InvalidOperation, InexactAmount, ValueError):
        return None
    return amount if 0 <= amount.minor <= 10**12 else None


def asked_of(chosen: Chosen) -> dict[str, Any]:
    """The choice in the words of `ListProducts`."""
    return {
        "sort": chosen.sort,
        "facets": chosen.facets,
        "price_min": None if chosen.price_min is None else chosen.price_min.minor,
        "price_max": None if chosen.price_max is None else chosen.price_max.minor,
        "in_stock": chosen.in_stock,
        "cursor": chosen.cursor,
    }
