"""Every field that the API takes of a product and of a variant can be filled in on a page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from argosy.web import app, templates
from argosy.web.admin import product_page, variant_forms
from argosy.web.api.admin.catalog_views import ProductBody, VariantBody

TEMPLATES = Path(templates.__path__[0]) / "admin"

# Fields whose input stands on a page of its own, and those that none has, with the reason.
PRODUCT_PAGES = {
    "options": "/admin/products/{product_id}/options",
    "attributes": "/admin/products/{thing_id}/attributes",
}
PRODUCT_NONE = {"rating": "Ratings are made of reviews."}
VARIANT_PAGES = {
    "attributes": "/admin/variants/{thing_id}/attributes",
    "status": "/admin/variants/{variant_id}/status",
}
# The options of the product are fields of the variant's form: `option.0`, `option.1`.
VARIANT_OWN = {"options": "for one in options"}


@pytest.mark.parametrize(
    ("body", "names", "template", "pages", "other"),
    [
        (ProductBody, product_page.NAMES, "product.html", PRODUCT_PAGES, PRODUCT_NONE),
        (VariantBody, variant_forms.NAMES, "variant.html", VARIANT_PAGES, VARIANT_OWN),
    ],
    ids=["product", "variant"],
)
def test_every_field_of_the_body_has_its_input(
    body: type[msgspec.Struct],
    names: Mapping[str, str],
    template: str,
    pages: Mapping[str, str],
    other: Mapping[str, str],
) -> None:
    text = (TEMPLATES / template).read_text("utf-8")
    routes = {path.replace(":str", "") for one in app.collect_pages() for path in one.paths}
    for field in msgspec.structs.fields(body):
        name = field.encode_name
        ways = [name in names, name in pages, name in other]
        assert ways.count(True) == 1, f"{name} has no input, or is named twice"
        if name in names:
            assert f'field("{name}"' in text, f"{name} has no input in {template}"
        if name in pages:
            assert pages[name] in routes
    for name, mark in other.items():
        assert mark in text or mark == PRODUCT_NONE.get(name)
    known = {field.encode_name for field in msgspec.structs.fields(body)}
    assert {*names, *pages, *other} <= known, "something named here is no field any more"
