"""What shopping engines are told of a product."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from argosy.modules.projections import ProductDocument
from argosy.web.storefront.feed_items import items, plain, text

G = "{http://base.google.com/ns/1.0}"


def variant(sku: str, minor: int | None = 1000, **more: Any) -> dict[str, Any]:
    price = None if minor is None else {"minor": minor, "currency": "EUR"}
    return {
        "id": f"var_{sku}", "sku": sku, "title": sku, "gtin": None, "options": {"Colour": "Red"},
        "price": price, "compare_at": None, "prior": None, "unit_price": None, "tiers": [],
        "availability": "in_stock", "requires_shipping": True, "weight_g": 250, "media_id": None,
    } | more  # fmt: skip


def media(name: str, kind: str = "image") -> dict[str, Any]:
    return {
        "id": f"med_{name}", "url": f"/media/{name}.jpg", "kind": kind, "alt": "",
        "content_type": "image/jpeg", "width": 1, "height": 1,
    }  # fmt: skip


def told(title: str = "Tee", *variants: dict[str, Any], **more: Any) -> list[dict[str, list[str]]]:
    """By item: what is said, by name."""
    document = msgspec.convert(
        {
            "id": "prd_1", "slug": "tee", "title": title, "description": "<p>Soft &amp; <b>warm",
            "brand": "Acme", "product_type": "Shirts", "seo_title": "", "seo_description": "",
            "availability": "in_stock", "price": None, "rating": None,
            "options": [{"code": "colour", "name": "Colour", "values": ["Red"]}],
            "attributes": [], "category_path": [], "categories": [],
            "media": [media("a"), media("film", "video"), media("b")],
            "variants": {"items": list(variants), "next_cursor": None},
            "variant_count": len(variants),
        } | more,
        ProductDocument,
    )  # fmt: skip
    made = items(
        document,
        document.variants.items,
        address="https://shop.test/p/tee",
        public_url="https://shop.test",
        google_category="212",
    )
    root = ET.fromstring(f'<rss xmlns:g="{G[1:-1]}">{"".join(made)}</rss>')  # noqa: S314 - made here
    found = []
    for item in root:
        said: dict[str, list[str]] = {}
        for element in item:
            said.setdefault(element.tag.removeprefix(G), []).append(element.text or "")
        found.append(said)
    return found


def test_each_variant_is_an_item_of_its_product() -> None:
    first, second = told(
        "Tee",
        variant("S", media_id="med_b", compare_at={"minor": 1500, "currency": "EUR"}),
        variant("M", gtin="4006381333931", availability="out_of_stock"),
        variant("hidden", minor=None),
    )
    assert first["id"] == ["var_S"]
    assert first["item_group_id"] == second["item_group_id"] == ["prd_1"]
    assert first["link"] == ["https://shop.test/p/tee?variant=S"]
    assert (first["price"], first["sale_price"]) == (["15.00 EUR"], ["10.00 EUR"])
    assert (second["price"], "sale_price" in second) == (["10.00 EUR"], False)
    # The variant's own photograph comes first; films are no pictures.
    assert first["image_link"] == ["https://shop.test/media/b.jpg"]
    assert first["additional_image_link"] == ["https://shop.test/media/a.jpg"]
    assert second["image_link"] == ["https://shop.test/media/a.jpg"]
    assert (first["availability"], second["availability"]) == (["in_stock"], ["out_of_stock"])
    assert (second["gtin"], "identifier_exists" in second) == (["4006381333931"], False)
    assert first["identifier_exists"] == ["no"]
    assert first["description"] == ["Soft & warm"]
    assert (first["google_product_category"], first["product_type"]) == (["212"], ["Shirts"])
    assert (first["color"], first["shipping_weight"]) == (["Red"], ["250 g"])


def test_a_product_of_one_variant_is_no_group_and_a_struck_price_must_be_higher() -> None:
    (only,) = told("Tee", variant("S", compare_at={"minor": 1000, "currency": "EUR"}))
    assert "item_group_id" not in only
    assert "sale_price" not in only


@given(st.text(max_size=60))
@example("\x00\n0")
def test_whatever_a_merchant_writes_the_feed_can_be_read(title: str) -> None:
    (only,) = told(title, variant("S"))
    kept = ET.fromstring(f"<a>{text(title)}</a>").text or ""  # noqa: S314 - made here
    assert only["title"] == [" ".join([*kept.split(), "S"])]


def test_markup_is_left_out() -> None:
    assert plain("<p>One</p><p>two &lt;3</p>") == "One two <3"
