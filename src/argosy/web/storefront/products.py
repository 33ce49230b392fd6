"""The page of a product."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.address import Address
from argosy.kernel.ids import decode
from argosy.modules import catalog, projections, reviews
from argosy.modules.projections import (
    EnergyDocument,
    MediaDocument,
    ProductDocument,
    ProductNotFound,
    VariantDocument,
    VariantPage,
)
from argosy.reads import product_document as reads
from argosy.runtime.db import Tx
from argosy.web.auth import shop
from argosy.web.pages.wording import decimal_text, locale_of
from argosy.web.storefront.branded import brand_page
from argosy.web.storefront.leading import product_led_on
from argosy.web.storefront.looking import look_of
from argosy.web.storefront.picking import (
    Choice,
    choices,
    choices_from,
    first_shown,
    is_buyable,
    swatches_of,
)
from argosy.web.storefront.showing import (
    Made,
    frame_topics,
    is_partial,
    kept_page,
    part,
    rendered,
)
from argosy.web.storefront.sites import Site, sites
from argosy.workflows import own_prices
from argosy.workflows.promising import Arrival, arrival_of
from argosy.workflows.shop_rules import ShopRules, rules_for

_MOST_OFFERS = 30
_REVIEWS = 5
_LONGEST_SKU = 120
_AT_HAND = frozenset({"in_stock", "low_stock"})
_SCHEMA_STOCK = {
    "in_stock": "InStock",
    "low_stock": "LimitedAvailability",
    "backorder": "BackOrder",
    "out_of_stock": "OutOfStock",
}

_SCHEMA_CLASS = {"A+++": "A3Plus", "A++": "A2Plus", "A+": "A1Plus"}
_CLASSES = ("A+++", "A++", "A+", "A", "B", "C", "D", "E", "F", "G")

_document = msgspec.json.Decoder(ProductDocument)
_variants = msgspec.json.Decoder(VariantPage)
_encode = msgspec.json.Encoder().encode


@get("/p/{slug:str}", include_in_schema=False)
async def show_product(request: Request[Any, Any, Any], slug: str) -> Response[bytes]:
    """A product with one of its variants chosen: the one of `?variant=<SKU>`, or the first that
    can be bought. A former slug leads to the present one.
    """
    look = await look_of(request)
    site = look.site
    sku = request.query_params.get("variant", "")[:_LONGEST_SKU]

    async def make() -> Made:
        # Before a connection is held: what is not kept takes one of its own.
        rules = look.own or await rules_for(shop(request), site.channel.id)
        every_site = await sites(shop(request))
        async with shop(request).db.reading() as tx:
            answer = await projections.product_page(tx, site.shown_id, slug)
            product = _document.decode(answer.body)
            shown, offered = await _chosen(tx, site, product, sku)
            values = await _addresses(tx, every_site, site, product)
            values["brand_page"] = await brand_page(tx, site, product.brand)
            arrival = await _arrival(tx, rules, shown)
            said = await reviews.shown_reviews(
                tx, decode("product", product.id, field="id"), limit=_REVIEWS
            )
        if look.own is not None:
            body = await look.priced(request, answer.body, own_prices.product_page)
            product = _document.decode(body)
            listed = _encode(VariantPage(items=[shown], next_cursor=None))
            listed = await look.priced(request, listed, own_prices.variants_page)
            (shown,) = _variants.decode(listed).items
        values |= _values(site, product, shown, offered)
        public = shop(request).settings.public_url
        values |= {
            "reviews": said,
            "arrival": arrival,
            "place": _country(site),
            "structured": structured(site, product, product.variants.items, public),
        }
        if is_partial(request):
            html = part(request, site, "storefront/_buy.html", values)
        else:
            html = await rendered(request, site, "storefront/product.html", values)
        # What is told of the delivery holds until its cut-off, and while the rules are the same.
        ends = [answer.expires_at, None if arrival is None else arrival.promise.order_before]
        topics = answer.topics | frame_topics(site) | {f"rules:{site.channel.id}"}
        return Made(html, topics, min((end for end in ends if end is not None), default=None))

    try:
        return await kept_page(request, site, make, asked=sku, private=look.private)
    except ProductNotFound:
        led = await product_led_on(request, site, slug)
        if led is None:
            raise
        return led


async def _arrival(tx: Tx, rules: ShopRules, shown: VariantDocument) -> Arrival | None:
    """When what is in stock arrives in the country that the shop sells to first of all."""
    if shown.availability not in _AT_HAND or not shown.requires_shipping or shown.kit is not None:
        return None
    place = Address(country=rules.channel.default_country)
    return await arrival_of(tx, rules, decode("variant", shown.id, field="id"), place, tx.now)


def _country(site: Site) -> str:
    code = site.channel.default_country
    return str(locale_of(site.locale).territories.get(code, code))


async def _addresses(
    tx: Tx, every_site: Sequence[Site], site: Site, product: ProductDocument
) -> dict[str, Any]:
    """Where the product is in the other shops and languages that show it."""
    found = {}
    for other in every_site:
        own = other.channel.id == site.channel.id
        window_id = site.window_id if own else None
        found[other.prefix] = msgspec.structs.replace(other, window_id=window_id)
    product_id = decode("product", product.id, field="id")
    slugs = await reads.slugs_in(tx, product_id, [other.shown_id for other in found.values()])
    return {
        "addresses": {
            prefix: other.path(f"/p/{quote(slugs[other.shown_id], safe='')}")
            for prefix, other in found.items()
            if other.shown_id in slugs
        }
    }


async def _chosen(
    tx: Tx, site: Site, product: ProductDocument, sku: str
) -> tuple[VariantDocument, tuple[Choice, ...]]:
    """The variant that is shown, and where the values of the options lead from it. One that is not
    among the first of a product is found with what there is to choose by one statement.
    """
    if product.variants.next_cursor is None:
        shown = first_shown(product.variants.items, sku)
        assert shown is not None, "a product without variants is not shown"
        return shown, choices(product.options, product.variants.items, shown)
    asked = await catalog.find_variant_by_sku(tx, sku) if sku and "\0" not in sku else None
    seen = await projections.seen_from(
        tx, site.shown_id, product.slug, None if asked is None else asked.id
    )
    return seen.variant, choices_from(product.options, seen)


def _values(
    site: Site, product: ProductDocument, shown: VariantDocument, offered: tuple[Choice, ...]
) -> dict[str, Any]:
    return {
        "product": product,
        "languages": product.languages or {},
        "variant": shown,
        "choices": offered,
        "buyable": is_buyable(shown),
        "pictures": _pictures(product, shown),
        "path": site.path(f"/p/{quote(product.slug, safe='')}"),
        "energy_step": energy_step,
        "swatches": swatches_of(offered, product.attributes, [*product.variants.items, shown]),
        "look_of": projections.FacetSwatch.of,
    }


def energy_step(energy: EnergyDocument) -> str:
    """The colour of an energy class: `step-1` (the best) to `step-7`, by where it stands on the
    product's own scale.
    """
    best, at, worst = (_CLASSES.index(one) for one in (energy.best, energy.class_, energy.worst))
    return f"step-{1 + round((at - best) * 6 / max(worst - best, 1))}"


def _pictures(product: ProductDocument, shown: VariantDocument) -> list[MediaDocument]:
    """The product's photographs, that of the chosen variant first."""
    images = [media for media in product.media if media.kind == "image"]
    return sorted(images, key=lambda media: media.id != shown.media_id)


def structured(
    site: Site, product: ProductDocument, variants: list[VariantDocument], public_url: str
) -> dict[str, Any]:
    """The product for search engines: a ProductGroup with an offer for each variant
    (schema.org).
    """
    address = public_url + site.path(f"/p/{quote(product.slug, safe='')}")
    images = [public_url + media.url for media in product.media if media.kind == "image"]
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "ProductGroup",
        "name": product.title,
        "url": address,
        "productGroupID": product.id,
        "image": images[:5],
        "hasVariant": [
            {
                "@type": "Product",
                "name": f"{product.title} {variant.title}".strip(),
                "sku": variant.sku,
                **({"gtin": variant.gtin} if variant.gtin else {}),
                "offers": {
                    "@type": "Offer",
                    "url": f"{address}?{urlencode({'variant': variant.sku})}",
                    "price": decimal_text(variant.price),
                    "priceCurrency": variant.price.currency,
                    "availability": "https://schema.org/" + _SCHEMA_STOCK[variant.availability],
                },
            }
            for variant in variants[:_MOST_OFFERS]
            if variant.price is not None
        ],
    }
    if product.brand:
        said["brand"] = {"@type": "Brand", "name": product.brand}
    if product.regulated and product.regulated.energy is not None:
        said["hasEnergyConsumptionDetails"] = _energy(product.regulated.energy)
    if product.rating is not None and product.rating.count:
        said["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": product.rating.average,
            "reviewCount": product.rating.count,
        }
    return said


def _energy(energy: EnergyDocument) -> dict[str, str]:
    """schema.org's EnergyConsumptionDetails, whose classes are named EUEnergyEfficiencyCategory."""
    classes = {
        "hasEnergyEfficiencyCategory": energy.class_,
        "energyEfficiencyScaleMin": energy.worst,
        "energyEfficiencyScaleMax": energy.best,
    }
    category = "https://schema.org/EUEnergyEfficiencyCategory"
    told = {name: category + _SCHEMA_CLASS.get(one, one) for name, one in classes.items()}
    return {"@type": "EnergyConsumptionDetails", **told}


ROUTES: list[HTTPRouteHandler] = [show_product]
