"""One of everything that pages show and a new shop has none of, made by the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

PASSWORD = "four random words here"
DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><path d="M0 0h8v8z"/></svg>'
)
LIST = b"Art-Nr;Bezeichnung;VK brutto\nHAT-1;Hat;12,50\nCAP-1;Cap;abc\n"

# Sends method, path and body (JSON values, or bytes of a file) with the credentials that fit.
Ask = Callable[..., Any]


class Furnished(NamedTuple):
    """Paths of pages that few links lead to, who can sign in to the shop, and a thing to buy."""

    begin: tuple[str, ...]
    shopper: str
    variant: str


def furnish(ask: Ask, mark: str, channel: str, address: Mapping[str, object]) -> Furnished:
    """Make them, named with `mark`, in a shop that sells something by the channel of that id, and
    ships it to `address`.
    """
    shopper = _people(ask, mark)
    _settings(ask, mark, channel)
    _product_type(ask, mark)
    promoted = _promotion(ask, mark, channel)
    product = ask("GET", "/v1/products")["items"][0]
    variants = ask("GET", f"/v1/products/{product['slug']}")["variants"]["items"]
    variant = next(one["id"] for one in variants if one["availability"] == "in_stock")
    _stock(ask, mark, variant)
    _agreed(ask, mark, channel, shopper, product)
    _offered(ask, mark, channel, shopper)
    drawing = ask("POST", "/admin/v1/media?alt=A+drawing", DRAWING)["id"]
    begin = (
        "/admin/find?q=a",
        "/admin/me/proof",
        _cart(ask, variant),
        "/admin/media/clean?unshown",
        f"/admin/media/{drawing}",
        "/admin/normaliser/words/forget?kind=colour&word=dunkelrot",
        *_order(ask, variant, shopper, address),
        *promoted,
        *_change_sets(ask, mark),
        *_files(ask, mark),
        *_kit(ask, mark, variant),
        _download(ask, mark),
        *_attributes(ask, mark),
        *_passport(ask, mark),
        f"/admin/compliance/{product['id']}",
        f"/admin/licences/{variant}",
        f"/admin/audiences?channel={channel}",
    )
    return Furnished(begin, shopper, variant)


def _order(ask: Ask, variant: str, shopper: str, address: Mapping[str, object]) -> tuple[str, ...]:
    """An order of the shopper, invoiced in part; its page."""
    session = ask("POST", "/v1/sessions", {"email": shopper, "password": PASSWORD})
    purchase = {
        "lines": [{"variant_id": variant, "quantity": 2}],
        "email": shopper,
        "shipping_address": address,
        "shipping_method": "standard",
        "payment": {"gateway": "invoice"},
    }
    placed = ask("POST", "/v1/purchases", purchase, token=session["token"])["order"]["id"]
    order = ask("GET", f"/admin/v1/orders/{placed}")
    half = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": 1}]}
    ask("POST", f"/admin/v1/orders/{placed}/invoices", half)
    (invoice,) = ask("GET", f"/admin/v1/invoices?order_id={placed}")["items"]
    ask("POST", f"/admin/v1/invoices/{invoice['id']}/credit-notes", {"reason": "r", **half})
    return (f"/admin/orders/{placed}", f"/admin/orders/{placed}/downloads")


def _cart(ask: Ask, variant: str) -> str:
    """A cart that is being filled."""
    made = ask("POST", "/v1/carts", {"lines": [{"variant_id": variant, "quantity": 1}]})["id"]
    return f"/admin/carts/{made}"


def _agreed(ask: Ask, mark: str, channel: str, shopper: str, product: Mapping[str, Any]) -> None:
    """What people have said: a review, a contract, and who answers for the goods."""
    session = ask("POST", "/v1/sessions", {"email": shopper, "password": PASSWORD})
    said = {"rating": 4, "author": "Sam", "body": "Warm and light."}
    ask("POST", f"/v1/products/{product['slug']}/reviews", said, token=session["token"])
    ask("POST", "/admin/v1/contracts",
        {"code": f"acme-{mark}", "name": "Acme", "channel_id": channel,
         "customer_ids": [session["customer"]["id"]],
         "lines": [{"kind": "off_list", "percent": "5"}]})  # fmt: skip
    ask("POST", "/admin/v1/parties",
        {"code": f"ridge-{mark}", "name": "Ridge Outdoor Ltd", "street": "12 Mill Lane",
         "postal_code": "LS1 4AB", "city": "Leeds", "country": "GB",
         "email": "safety@ridge.example"})  # fmt: skip


def _offered(ask: Ask, mark: str, channel: str, shopper: str) -> None:
    """What is for some people: an audience, prices of a group, buying without tax."""
    session = ask("POST", "/v1/sessions", {"email": shopper, "password": PASSWORD})
    some = {"name": f"Dealers {mark}", "groups": [f"dealers-{mark}"]}
    ask("PUT", f"/admin/v1/channels/{channel}/audiences/dealers-{mark}", some)
    lists = ask("GET", "/admin/v1/price-lists")["items"]
    offer = {"price_list_id": lists[0]["id"], "level": "group", "subject": f"dealers-{mark}"}
    ask("POST", "/admin/v1/price-assignments", offer)
    place = {"country": "US", "region": "CA", "valid_from": "2026-01-01"}
    paper = {"number": f"SR-{mark}", "reason": "resale", "jurisdictions": [place]}
    ask("POST", f"/admin/v1/customers/{session['customer']['id']}/tax-certificates", paper)


def _kit(ask: Ask, mark: str, component: str) -> tuple[str, ...]:
    """Its page, and what is asked before it is dissolved."""
    sets = {"title": f"Set {mark}", "slug": f"set-{mark}", "variants": [{"sku": f"SET-{mark}"}]}
    made = ask("POST", "/admin/v1/products", sets)["id"]
    (kit,) = ask("GET", f"/admin/v1/products/{made}/variants")["items"]
    items = {"items": [{"variant_id": component, "quantity": 2}]}
    ask("PUT", f"/admin/v1/variants/{kit['id']}/kit", items)
    return (f"/admin/kits/{kit['id']}", f"/admin/kits/{kit['id']}/delete")


def _download(ask: Ask, mark: str) -> str:
    """A variant that is delivered as a file."""
    song = {"title": f"Song {mark}", "slug": f"song-{mark}", "variants": [{"sku": f"SONG-{mark}"}]}
    made = ask("POST", "/admin/v1/products", song)["id"]
    (variant,) = ask("GET", f"/admin/v1/products/{made}/variants")["items"]
    at = f"/admin/v1/variants/{variant['id']}"
    ask("PUT", f"{at}/downloads", {})
    ask("POST", f"{at}/download-files?title=Song&file_name=song.flac", b"la la la")
    return f"/admin/downloads/{variant['id']}"


def _passport(ask: Ask, mark: str) -> tuple[str, ...]:
    """A published product passport of a battery, its pages, and one that is withdrawn."""
    gtin = _gtin(mark)
    cell = {
        "title": f"Cell {mark}",
        "slug": f"cell-{mark}",
        "variants": [{"sku": f"CELL-{mark}", "gtin": gtin}],
    }
    made = ask("POST", "/admin/v1/products", cell)["id"]
    (variant,) = ask("GET", f"/admin/v1/products/{made}/variants")["items"]
    at = "/admin/v1/passports"
    model = ask("POST", at, {"variant_id": variant["id"]})["id"]
    values = [
        {"code": point["code"], "value": "12.5", "source": "Test report 42"}
        for point in ask("GET", "/admin/v1/passport-schemas/batteries")["points"]
        if point.get("required")
    ]
    ask("PUT", f"{at}/{model}", {"schema": "batteries", "values": values})
    ask("POST", f"{at}/{model}/publish")
    ask("POST", f"{at}/{model}/access", {"reader": "Repair shop", "level": "interest"})
    gone = ask("POST", at, {"variant_id": variant["id"], "serial": "S/1"})
    ask("POST", f"{at}/{gone['id']}/publish")
    ask("POST", f"{at}/{gone['id']}/withdraw", {"reason": "Recalled: see the notice."})
    title = {"title": "Shoes", "groups": [{"code": "g", "labels": {"en": "Upper"}}]}
    point = {"code": "leather", "group": "g", "labels": {"en": "Leather", "de": "Leder"}}
    # A small schema: with all points of batteries, each at its longest, a form is too large.
    shoes = f"shoes-{mark}"
    ask("POST", "/admin/v1/passport-schemas", {**title, "code": shoes, "points": [point]})
    return (f"/01/{gtin}", gone["path"], f"/admin/passports/{model}",
            f"/admin/passports/schemas/{shoes}", "/admin/passports/needing/categories")  # fmt: skip


def _gtin(mark: str) -> str:
    """A GTIN with its check digit, one for each mark."""
    body = f"0950600{int(mark.encode().hex(), 16) % 10**6:06}"
    total = sum(int(d) * (3 if n % 2 == 0 else 1) for n, d in enumerate(reversed(body)))
    return body + str(-total % 10)


def _change_sets(ask: Ask, mark: str) -> tuple[str, ...]:
    """A draft, and one that is published: their acts."""
    product = ask("POST", "/admin/v1/products", {"title": f"Lamp {mark}", "slug": f"lamp-{mark}"})
    for title in ("Now", "Later"):
        made = ask("POST", "/admin/v1/change-sets", {"name": f"{title} {mark}"})["id"]
        edit = {"entity_id": product["id"], "change": {"title": f"{title} a lamp"}}
        ask("PATCH", f"/admin/v1/change-sets/{made}/edits", {"edits": [edit]})
        if title == "Now":
            ask("POST", f"/admin/v1/change-sets/{made}/publish")
            published = made
    return (
        f"/admin/changes/{made}",
        f"/admin/changes/{made}/cancel",
        f"/admin/changes/{published}/rollback",
    )


def _people(ask: Ask, mark: str) -> str:
    email = f"shopper-{mark}@example.com"
    ask("POST", "/v1/customers", {"email": email, "password": PASSWORD, "name": "Sam Shopper"})
    found = ask("POST", "/v1/sessions", {"email": email, "password": PASSWORD})["customer"]
    ask("POST", "/admin/v1/customer-groups", {"code": f"dealers-{mark}", "name": "Dealers"})
    members = f"/admin/v1/customer-groups/dealers-{mark}/members"
    ask("POST", members, {"customer_ids": [found["id"]]})
    return email


def _settings(ask: Ask, mark: str, channel: str) -> None:
    here = {"channel_id": channel}
    deposit = {"kind": "deposit", "name": "Bottle deposit", "per": "unit", "amount_minor": 25}
    bottles = {"returned": True, "when": {"shipping_classes": ["bottles"]}}
    ask("POST", "/admin/v1/fees", {**here, "code": f"bottle-{mark}", **deposit, **bottles})
    care = {"subject": "product", "code": f"care_{mark}", "label": "Care", "kind": "text"}
    ask("POST", "/admin/v1/field-definitions", care)
    for subject, kind in (("product", "date"), ("order", "choices"), ("customer", "boolean")):
        own = {"subject": subject, "code": f"own_{mark}", "label": f"Own {mark}", "kind": kind}
        some = {"choices": ["red", "blue"]} if kind == "choices" else {}
        ask("POST", "/admin/v1/field-definitions", own | some)
    ask("POST", "/admin/v1/brands", {"name": f"Ridge & Co {mark}"})
    on_sale = {"match": "all", "conditions": [{"field": "sale", "value": True}]}
    ask("POST", "/admin/v1/collections",
        {"title": f"Warm things {mark}", "rules": on_sale, "channels": [channel]})  # fmt: skip
    ask("POST", "/admin/v1/collections", {"title": f"By hand {mark}", "channels": [channel]})
    ask("POST", "/admin/v1/merchandising/rules",
        {**here, "name": f"Sale first {mark}", "act": "boost", "scope": "contains",
         "queries": ["dress"], "terms": {"on_sale": True}, "strength": 30})  # fmt: skip
    ask("POST", "/admin/v1/redirects", {"redirects": [{"path": f"/old/{mark}", "to": "/cart"}]})
    address = {"country": "DE", "postal_code": "10115", "city": "Berlin", "line1": "Hauptstr. 1"}
    sellers = ask("GET", "/admin/v1/legal-entities")["items"]
    sells = not any(channel in one["channel_ids"] for one in sellers)
    ask("POST", "/admin/v1/legal-entities",
        {"code": f"ltd-{mark}", "name": "Example Ltd", "address": address,
         "channel_ids": [channel] if sells else []})  # fmt: skip


def _product_type(ask: Ask, mark: str) -> None:
    path = f"/admin/v1/product-types/bag-{mark}"
    ask("PUT", path, {"label": f"Backpack {mark}"})
    ask("PUT", f"/admin/v1/attributes/material_{mark}", {"label": "Material", "kind": "text"})
    part = {"code": f"material_{mark}", "group": "build", "required": True, "weight": 3}
    groups = [{"code": "build", "label": "How it is made"}]
    ask("PUT", f"{path}/draft", {"groups": groups, "attributes": [part], "missing": "flag"})


def _attributes(ask: Ask, mark: str) -> tuple[str, ...]:
    """The forms of attributes of every kind, of a product and of its variant."""
    colours = {"choices": ["Red", "Blue"], "swatches": {"Red": "#cc0000", "Blue": "#0000cc"}}
    kinds: dict[str, dict[str, Any]] = {
        "text": {}, "rich_text": {}, "integer": {"minimum": "1"}, "boolean": {}, "date": {},
        "number": {"unit": "W", "dimension": "power"}, "choice": {"choices": ["E14", "E27"]},
        "swatch": {**colours, "max_values": 1}, "product_reference": {},
        "category_reference": {"max_values": 1}, "file": {},
    }  # fmt: skip
    given = {f"{kind}_{mark}": {"label": f"{kind} {mark}", "kind": kind} | more
             for kind, more in kinds.items()}  # fmt: skip
    given[f"tones_{mark}"] = {"label": "Tones", "kind": "swatch", "level": "variant", **colours}
    for code, definition in given.items():
        ask("PUT", f"/admin/v1/attributes/{code}", definition)
    path = f"/admin/v1/product-types/desk-lamp-{mark}"
    ask("PUT", path, {"label": f"Desk lamp {mark}"})
    parts = [{"code": code, "group": "facts", "required": True} for code in given]
    groups = [{"code": "facts", "label": "Facts"}]
    ask("PUT", f"{path}/draft", {"groups": groups, "attributes": parts})
    ask("POST", f"{path}/draft/publish", {})
    lamp = {"title": f"Desk lamp {mark}", "slug": f"desk-lamp-{mark}",
            "type_code": f"desk-lamp-{mark}",
            "attributes": {f"rich_text_{mark}": "<p>Made <b>here</b></p>"},
            "variants": [{"sku": f"DESK-LAMP-{mark}"}]}  # fmt: skip
    made = ask("POST", "/admin/v1/products", lamp)["id"]
    (variant,) = ask("GET", f"/admin/v1/products/{made}/variants")["items"]
    return (f"/admin/products/{made}/attributes", f"/admin/variants/{variant['id']}/attributes")


def _promotion(ask: Ask, mark: str, channel: str) -> tuple[str, ...]:
    """One that is live for whoever has the code: pages about it."""
    action = {"type": "percent", "percent": "10"}
    document = {"phase": "order", "reason": "10 % off", "action": action}
    named = {"name": f"Ten percent {mark}", "document": document, "needs_coupon": True}
    made = ask("POST", "/admin/v1/promotions", named)["id"]
    path, page = f"/admin/v1/promotions/{made}", f"/admin/promotions/{made}"
    ask("POST", f"{path}/coupons", {"code": f"TEN{mark.upper()}"})
    simulated = ask("POST", f"{path}/simulations", {})["id"]
    ask("POST", f"{path}/live")
    return (
        page,
        f"/admin/promotions/simulations/{simulated}",
        f"{page}/overlap?channel={channel}",
        f"{page}/coupons/end?code=TEN{mark.upper()}",
    )


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
    rules = [{"field": "title", "column": "Name"}, {"field": "variant.sku", "column": "Art-Nr"}]
    ask("POST", "/admin/v1/import-mappings",
        {"code": f"hats-{mark}", "name": "Hats", "document": {"rules": rules}})  # fmt: skip
    upload = ask("POST", "/admin/v1/uploads", LIST)["upload"]
    plan = b'{"kind":"product","slug":"hat","title":"Hat","variants":[{"sku":"HAT-1"}]}\n'
    planned = ask("POST", "/admin/v1/uploads", plan)["upload"]
    ask("POST", "/admin/v1/import-plans", {"upload": planned, "format": "jsonl"})
    return (f"/admin/imports/mapping?upload={upload}",)
