"""What fields of forms can be chosen from: channels, classes, zones, categories, products."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from argosy.kernel.errors import ArgosyError, NotFound
from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, channels, customers, inventory, pricing, shipping, tax
from argosy.modules.catalog import Category, ProductNotFound
from argosy.modules.channels import Channel
from argosy.runtime.db import Tx
from argosy.web.admin.struct_forms import Codec

_MOST = 200


async def all_channels(tx: Tx) -> list[Channel]:
    """The channels that a form can offer. One statement."""
    return await channels.list_channels(tx)


def channel_options(found: Iterable[Channel]) -> list[tuple[str, str]]:
    """Channels by their ids."""
    return [(encode("channel", one.id), one.name) for one in found]


def currency_of(found: Sequence[Channel], channel_id: object) -> str:
    """The currency of the channel; of the first one if none is named."""
    for one in found:
        if encode("channel", one.id) == channel_id:
            return one.currency
    return found[0].currency if found else ""


async def tax_class_options(tx: Tx) -> list[tuple[str, str]]:
    """Tax classes by code."""
    return [(one.code, one.name) for one in await tax.tax_classes(tx)]


async def shipping_class_options(tx: Tx) -> list[tuple[str, str]]:
    """Shipping classes by code."""
    return [(one.code, one.name) for one in await shipping.shipping_classes(tx)]


async def shipping_zone_options(tx: Tx) -> list[tuple[str, str]]:
    """Shipping zones by id."""
    return [(encode("shipping_zone", one.id), one.name) for one in await shipping.list_zones(tx)]


async def location_options(tx: Tx) -> list[tuple[str, str]]:
    """Stock locations by id."""
    return [(encode("location", one.id), one.name) for one in await inventory.list_locations(tx)]


async def price_list_options(tx: Tx) -> list[tuple[str, str]]:
    """Price lists by id, with their currency."""
    found = await pricing.list_price_lists(tx, limit=_MOST)
    return [(encode("price_list", one.id), f"{one.name} ({one.currency})") for one in found]


async def group_options(tx: Tx) -> list[tuple[str, str]]:
    """Groups of customers by code."""
    return [(one.code, one.name) for one in await customers.list_groups(tx, limit=_MOST)]


def category_codec(tree: Sequence[Category]) -> Codec:
    """Ids of categories as their paths, one a line."""
    by_id = {encode("category", one.id): one.path for one in tree}
    by_path = {path: name for name, path in by_id.items()}

    def show(ids: Iterable[str]) -> str:
        return "\n".join(by_id.get(one, one) for one in ids)

    def read(text: str) -> list[str]:
        lines = (line.strip().strip("/") for line in text.replace(",", "\n").split("\n"))
        return [by_path.get(line, line) for line in lines if line]

    return Codec(show, read)


def product_codec(slugs: dict[str, str]) -> Codec:
    """Ids of products as their slugs, one a line. What is typed stays: see `named_products`."""

    def show(ids: Iterable[str]) -> str:
        return "\n".join(slugs.get(one, one) for one in ids)

    def read(text: str) -> list[str]:
        by_slug = {slug: name for name, slug in slugs.items()}
        lines = (line.strip() for line in text.replace(",", "\n").split("\n"))
        return [by_slug.get(line, line) for line in lines if line]

    return Codec(show, read)


async def product_by_word(tx: Tx, word: str) -> UUID:
    """The product with this id, SKU or slug. Raises ProductNotFound naming it."""
    try:
        if word.startswith("prd_"):
            found = decode("product", word, field="products")
            return (await catalog.product_by_id(tx, found)).row.id
        variant = await catalog.find_variant_by_sku(tx, word)
        if variant is not None:
            return variant.product_id
        return await catalog.product_id_by_slug(tx, word.removeprefix("/p/").strip("/"))
    except (NotFound, ArgosyError) as error:
        raise ProductNotFound(
            f"There is no product with the id, SKU or slug {word[:100]!r}.", field="products"
        ) from error


async def products_by_words(tx: Tx, text: str) -> list[UUID]:
    """The products of a text: ids, SKUs or slugs, one a line or with commas between.

    Raises ProductNotFound naming the first that there is not.
    """
    words = [word.strip() for word in text.replace(",", "\n").split("\n") if word.strip()]
    return [await product_by_word(tx, word) for word in words[:_MOST]]


async def product_slugs(tx: Tx, ids: Iterable[str]) -> dict[str, str]:
    """Slugs by public id, of those that there are. One statement; none without ids."""
    wanted = []
    for one in ids:
        try:
            wanted.append(decode("product", one, field="products"))
        except ArgosyError:
            continue
    if not wanted:
        return {}
    found = await catalog.products_by_ids(tx, wanted)
    return {encode("product", one.row.id): one.row.slug for one in found}
