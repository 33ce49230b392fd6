"""A product as the entries of a feed: Google's product data specification, as RSS 2.0 (pure)."""

import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, urlencode

from argosy.kernel.money import Money
from argosy.modules.projections import MediaDocument, ProductDocument, VariantDocument
from argosy.web.pages.wording import decimal_text

MOST_PICTURES = 10
"""Further pictures of a product that are told; Google reads no more."""

_LONGEST_TITLE = 150
_LONGEST_TEXT = 5000
_LONGEST_BRAND = 70
_LONGEST_TYPE = 750
_AVAILABILITY = {
    "in_stock": "in_stock",
    "low_stock": "in_stock",
    "backorder": "backorder",
    "out_of_stock": "out_of_stock",
}
_KNOWN_OPTIONS = {
    "color": "color",
    "colour": "color",
    "size": "size",
    "material": "material",
    "pattern": "pattern",
}
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAG = re.compile(r"<[^>]*>")


def text(value: str) -> str:
    """`value` as the text of an XML element: escaped, without what XML 1.0 cannot hold."""
    return html.escape(_NO_XML.sub("", value))


def line(value: str) -> str:
    """`value` in one line."""
    return " ".join(_NO_XML.sub("", value).split())


def plain(markup: str) -> str:
    """What sanitised HTML says, in one line."""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def items(
    product: ProductDocument,
    variants: Iterable[VariantDocument],
    *,
    address: str,
    public_url: str,
    google_category: str | None,
) -> Iterator[str]:
    """An `<item>` for each of `variants` that has a price for everybody.

    `address` is the product's page. Prices are what the channel shows: with tax where it sells so.
    """
    common = list(_of_product(product, google_category))
    for variant in variants:
        if variant.price is None:
            continue
        link = f"{address}?{urlencode({'variant': variant.sku})}"
        pairs = [
            ("id", variant.id),
            ("title", line(f"{product.title} {variant.title}")[:_LONGEST_TITLE]),
            ("link", link),
            *common,
            *_of_variant(product, variant),
            *_prices(variant.price, variant.compare_at),
            *_pictures(product.media, variant.media_id, public_url),
        ]
        inside = "".join(f"<g:{name}>{text(value)}</g:{name}>" for name, value in pairs)
        yield f"<item>{inside}</item>\n"


def _of_product(product: ProductDocument, category: str | None) -> Iterator[tuple[str, str]]:
    said = plain(product.description) or plain(product.seo_description) or product.title
    yield "description", said[:_LONGEST_TEXT]
    yield "condition", "new"
    if product.brand:
        yield "brand", product.brand[:_LONGEST_BRAND]
    if product.variant_count > 1:
        yield "item_group_id", product.id
    kind = " > ".join(step.name for step in product.category_path) or product.product_type
    if kind:
        yield "product_type", kind[:_LONGEST_TYPE]
    if category is not None:
        yield "google_product_category", category


def _of_variant(product: ProductDocument, variant: VariantDocument) -> Iterator[tuple[str, str]]:
    yield "availability", _AVAILABILITY[variant.availability]
    if variant.gtin:
        yield "gtin", variant.gtin
    else:
        # A SKU is the shop's own number, not its maker's: nothing else identifies the article.
        yield "identifier_exists", "no"
    if variant.kit is not None:
        yield "is_bundle", "yes"
    if variant.weight_g:
        yield "shipping_weight", f"{variant.weight_g} g"
    for option in product.options:
        known = _KNOWN_OPTIONS.get(option.code.lower())
        value = variant.options.get(option.name)
        if known and value:
            yield known, value[:100]


def _prices(price: Money, compare_at: Money | None) -> Iterator[tuple[str, str]]:
    if compare_at is not None and compare_at.minor > price.minor:
        yield "price", _amount(compare_at)
        yield "sale_price", _amount(price)
    else:
        yield "price", _amount(price)


def _amount(amount: Money) -> str:
    return f"{decimal_text(amount)} {amount.currency}"


def _pictures(
    media: Iterable[MediaDocument], first: str | None, public_url: str
) -> Iterator[tuple[str, str]]:
    """The variant's own photograph, then the others of the product."""
    images = [one for one in media if one.kind == "image"]
    images.sort(key=lambda one: one.id != first)
    for at, image in enumerate(images[: MOST_PICTURES + 1]):
        name = "additional_image_link" if at else "image_link"
        yield name, public_url + quote(image.url) if image.url.startswith("/") else image.url
