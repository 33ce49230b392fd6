"""One of everything that pages show and a new shop has none of, made by the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

PASSWORD = "four random words here"
LIST = b"Art-Nr;Bezeichnung;VK brutto\nHAT-1;Hat;12,50\nCAP-1;Cap;abc\n"

# Sends method, path and body (JSON values, or bytes of a file) with the credentials that fit.
Ask = Callable[..., Any]


class Furnished(NamedTuple):
    """Paths of pages that nothing leads to by a link, and who can sign in to the shop."""

    begin: tuple[str, ...]
    shopper: str


def furnish(ask: Ask, mark: str, goods: Callable[[dict[str, Any]], bool]) -> Furnished:
    """Make them, named with `mark`, in a shop that sells something; `goods` finds the channel."""
    channel = next(one for one in ask("GET", "/admin/v1/channels")["items"] if goods(one))
    product = ask("GET", "/admin/v1/products?status=active&limit=1")["items"][0]
    variants = f"/admin/v1/products/{product['id']}/variants"
    variant = ask("GET", variants)["items"][0]["id"]
    shopper = _people(ask, mark)
    _settings(ask, mark, channel)
    _product_type(ask, mark)
    _promotion(ask, mark)
    _stock(ask, mark, variant)
    for name in (f"Launch {mark}", f"Now {mark}"):
        staged = ask("POST", "/admin/v1/change-sets", {"name": name})["id"]
        edit = {"entity_id": product["id"], "change": {"title": f"{product['title']} {mark}"}}
        ask("PATCH", f"/admin/v1/change-sets/{staged}/edits", {"edits": [edit]})
    return Furnished(
        (
            "/admin/find?q=a",
            "/admin/me/proof",
            "/admin/media/clean?unshown",
            f"/admin/changes/{staged}/cancel",
            *_files(ask, mark),
        ),
        shopper,
    )


def _people(ask: Ask, mark: str) -> str:
    email = f"shopper-{mark}@example.com"
    ask("POST", "/v1/customers", {"email": email, "password": PASSWORD, "name": "Sam Shopper"})
    found = ask("POST", "/v1/sessions", {"email": email, "password": PASSWORD})["customer"]
    ask("POST", "/admin/v1/customer-groups", {"code": f"dealers-{mark}", "name": "Dealers"})
    members = f"/admin/v1/customer-groups/dealers-{mark}/members"
    ask("POST", members, {"customer_ids": [found["id"]]})
    return email


def _settings(ask: Ask, mark: str, channel: dict[str, Any]) -> None:
    here = {"channel_id": channel["id"]}
    deposit = {"kind": "deposit", "name": "Bottle deposit", "per": "unit", "amount_minor": 25}
    bottles = {"returned": True, "when": {"shipping_classes": ["bottles"]}}
    ask("POST", "/admin/v1/fees", {**here, "code": f"bottle-{mark}", **deposit, **bottles})
    care = {"subject": "product", "code": f"care_{mark}", "label": "Care", "kind": "text"}
    ask("POST", "/admin/v1/field-definitions", care)
    ask("POST", "/admin/v1/brands", {"name": f"Ridge & Co {mark}"})
    on_sale = {"match": "all", "conditions": [{"field": "sale", "value": True}]}
    ask("POST", "/admin/v1/collections", {"title": f"Warm things {mark}", "rules": on_sale})
    ask("POST", "/admin/v1/collections", {"title": f"By hand {mark}"})
    ask("POST", "/admin/v1/merchandising/rules",
        {**here, "name": f"Sale first {mark}", "act": "boost", "scope": "contains",
         "queries": ["dress"], "terms": {"on_sale": True}, "strength": 30})  # fmt: skip
    ask("POST", "/admin/v1/redirects", {"redirects": [{"path": f"/old/{mark}", "to": "/cart"}]})
    address = {"country": "DE", "postal_code": "10115", "city": "Berlin", "line1": "Hauptstr. 1"}
    sellers = ask("GET", "/admin/v1/legal-entities")["items"]
    sells = not any(channel["id"] in one["channel_ids"] for one in sellers)
    ask("POST", "/admin/v1/legal-entities",
        {"code": f"ltd-{mark}", "name": "Example Ltd", "address": address,
         "channel_ids": [channel["id"]] if sells else []})  # fmt: skip


def _product_type(ask: Ask, mark: str) -> None:
    path = f"/admin/v1/product-types/bag-{mark}"
    ask("PUT", path, {"label": f"Backpack {mark}"})
    ask("PUT", f"/admin/v1/attributes/material_{mark}", {"label": "Material", "kind": "text"})
    part = {"code": f"material_{mark}", "group": "build", "required": True, "weight": 3}
    groups = [{"code": "build", "label": "How it is made"}]
    ask("PUT", f"{path}/draft", {"groups": groups, "attributes": [part], "missing": "flag"})


def _promotion(ask: Ask, mark: str) -> None:
    document = {"phase": "order", "reason": "10 % off"}
    document |= {"action": {"type": "percent", "percent": "10"}}  # type: ignore[dict-item]
    made = ask("POST", "/admin/v1/promotions",
        {"name": f"Ten percent {mark}", "document": document, "needs_coupon": True})  # fmt: skip
    path = f"/admin/v1/promotions/{made['id']}"
    ask("POST", f"{path}/coupons", {"code": f"TEN{mark.upper()}"})
    ask("POST", f"{path}/simulations", {})


def _stock(ask: Ask, mark: str, variant: str) -> None:
    place = ask("POST", "/admin/v1/locations", {"code": mark, "name": "Shed", "country": "DE"})
    there = next(one for one in ask("GET", "/admin/v1/locations")["items"] if one["code"] != mark)
    item = {"variant_id": variant, "quantity": 1}
    ask("POST", "/admin/v1/stock-adjustments",
        {"reason": "found", "items": [{**item, "location_id": there["id"]}]})  # fmt: skip
    ask("POST", "/admin/v1/stock-transfers",
        {"reason": "moved", "from_location_id": there["id"], "to_location_id": place["id"],
         "items": [item]})  # fmt: skip


def _files(ask: Ask, mark: str) -> tuple[str, ...]:
    """A feed and the plan of an import; the pages of the mapping of the file."""
    ask("POST", "/admin/v1/feeds",
        {"code": f"hats-{mark}", "name": "Hats", "url": "https://supplier.example/hats.jsonl",
         "format": "jsonl", "schedule": "0 5 * * *", "zone": "Europe/Berlin"})  # fmt: skip
    upload = ask("POST", "/admin/v1/uploads", LIST)["upload"]
    plan = b'{"kind":"product","slug":"hat","title":"Hat","variants":[{"sku":"HAT-1"}]}\n'
    planned = ask("POST", "/admin/v1/uploads", plan)["upload"]
    ask("POST", "/admin/v1/import-plans", {"upload": planned, "format": "jsonl"})
    return (f"/admin/imports/mapping?upload={upload}",)
