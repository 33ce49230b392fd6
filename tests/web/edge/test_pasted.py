"""The example of every operation with a body works when it is pasted into a shop.

What is replaced is what only the reader can know: ids (by what this shop holds), texts from mails,
and where this shop is not that of the examples: it sells in euros to Germany, they to the US.
"""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from tests.web.edge.document import DOCUMENT
from tests.web.edge.far_times import places, with_time
from tests.web.edge.whole_shop import ADDRESS, BASE, WholeShop, whole_shop

from argosy.kernel.ids import encode

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U"
    "1AAAAABJRU5ErkJggg=="
)  # a PNG of 2 by 2
HERE = {"shipping_address": ADDRESS}
EUROS = {"minor": 100, "currency": "EUR"}
REPLACED: dict[str, dict[str, Any]] = {
    # Another than the one that the example made.
    "put /admin/v1/parties/{party_id}": {"email": "other@ridge.example"},
    "post /v1/carts": HERE,
    "post /v1/purchases": HERE,
    "post /v1/quotes": HERE,
    "patch /v1/carts/{cart_id}": HERE,
    "put /v1/carts/{cart_id}/shipping-address": {**ADDRESS, "region": ""},
    "post /admin/v1/payments/{payment_id}/capture": {"amount": EUROS},
    "post /admin/v1/payments/{payment_id}/refund": {"amount": EUROS},
    # After the example that changes the password.
    "post /v1/customers/me/erasure": {"password": "another long and quiet sentence"},
    "post /admin/v1/locations": {"code": "main-2"},
    "post /admin/v1/stock-feeds/{feed}/messages": {
        "items": [{"sku": "SHIRT", "location": "main", "on_hand": 12}]
    },
}
# Sent last: they end the session or the person, or set another password.
LAST = (
    "post /v1/customers/me/password",
    "post /v1/customers/me/erasure",
)
# Operations of the administration that only compute (the example of an import is a plan); every
# other one is in the audit trail.
CHANGING_NOTHING = {
    "post /admin/v1/change-sets/{change_set_id}/preview/quote",
    "post /admin/v1/collection-previews",
    "post /admin/v1/fee-trials",
    "post /admin/v1/invoices/{invoice_id}/credit-note-preview",
    "post /admin/v1/orders/{order_id}/invoice-preview",
    "post /admin/v1/price-imports",
    "post /admin/v1/products/{product_id}/option-preview",
    "post /admin/v1/promotion-checks",
    "post /admin/v1/purchase-trials",
    "post /admin/v1/sessions/passkey/challenge",
    "post /admin/v1/shipping-methods/{method_id}/rate-preview",
}
# Understood, and refused: their tokens stand in mails alone, a browser must answer, or no plan is
# made yet.
REFUSED = {
    "post /admin/v1/me/mfa/totp/{factor_id}/confirm": "auth.code_wrong",
    "post /admin/v1/sessions/second-factor": "auth.ticket_ended",
    "post /admin/v1/me/passkeys": "auth.passkey_refused",
    "post /admin/v1/me/proof/passkey": "auth.passkey_refused",
    "post /admin/v1/sessions/passkey": "auth.passkey_refused",
    "post /v1/customers/me/passkeys": "auth.passkey_refused",
    "patch /v1/customers/me/passkeys/{passkey_id}": "customers.passkey_not_found",
    "post /v1/sessions/passkey": "auth.passkey_refused",
    "post /v1/sign-in-links/complete": "customers.proof_invalid",
    "post /admin/v1/import-plans/{plan_id}/acknowledgements": "imports.plan_state",
    "post /admin/v1/import-plans/{plan_id}/apply": "imports.plan_state",
    "post /admin/v1/import-plans/{plan_id}/revert": "imports.plan_state",
    "post /admin/v1/change-sets/{change_set_id}/rollback": "changesets.state",
    # The upload of the examples is not there, and nothing was imported that is asked about.
    "post /admin/v1/import-mappings/previews": "imports.file_unreadable",
    "post /admin/v1/import-mappings/suggestions": "imports.file_unreadable",
    "post /admin/v1/translation-imports": "imports.file_unreadable",
    "post /admin/v1/normaliser/questions/{question_id}/answer": "id.malformed",
    "post /v1/email-proofs": "customers.proof_invalid",
    # Nobody bought a download.
    "post /admin/v1/orders/{order_id}/downloads/{line_id}/extend": "downloads.not_found",
    # The token of an order comes with its purchase alone.
    "put /v1/orders/{order_id}/digital-consent": "orders.not_found",
    "post /v1/password-resets/complete": "customers.proof_invalid",
}


def operations() -> list[tuple[str, str, dict[str, Any], Any]]:
    """Method, path, operation and example of each operation with a JSON body, in a fit order."""
    found = []
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body is not None:
                found.append((method, path, operation, body["examples"]["example"]["value"]))

    def rank(entry: tuple[str, str, dict[str, Any], Any]) -> float:
        name = f"{entry[0]} {entry[1]}"
        # People are made before they sign in, and things before they are changed.
        first = name in (
            "post /v1/customers",
            "post /admin/v1/staff",
            "post /admin/v1/promotions",
            "post /admin/v1/customer-groups",
        )
        second = name in ("post /v1/sessions", "post /admin/v1/sessions")
        order: float = 0 if first else 1 if second else 3 if entry[0] == "post" else 4
        if name in (
            "post /v1/carts/{cart_id}/coupons",
            "patch /v1/carts/{cart_id}/fields",
            "post /admin/v1/invoices/{invoice_id}/credit-notes",
        ):
            # The promotion has its coupon, which nobody has stopped; shoppers may fill the field;
            # what a credit note would say was asked.
            order = 3.5
        if name in (
            "put /admin/v1/channels/{channel_id}/audiences/{code}",
            "put /admin/v1/product-types/{code}",
            "put /admin/v1/variants/{variant_id}/licence-pool",
        ):
            order = 2  # For restrictions, labels to adopt, and keys.
        if name in ("post /admin/v1/fee-trials", "post /admin/v1/purchase-trials"):
            order = 2  # In the channel that sells the goods, before another is made.
        if any(word in name for word in ("/admin/v1/me/p", "/me/mfa/", "/me/views")):
            order = 1.5  # While the session and the password are those of the sign-in.
        if name == "post /admin/v1/me/password":
            order = 2  # Before a colleague sets another.
        if any(word in entry[1] for word in ("stock", "inventory", "tax-pack")):
            order = 5  # Counts leave the shelves empty; packs bring what the others make.
        return 9 + LAST.index(name) if name in LAST else order

    return sorted(found, key=rank)


class Paster:
    """Sends examples as a reader would, who has followed those before."""

    def __init__(self, shop: WholeShop) -> None:
        self.shop = shop
        self.known = shop.known
        # What is transferred goes from the shop's location to the one that an example makes.
        self.known["from_location_id"] = self.known["location_id"]
        self.known |= {"entity_id": self.known["product_id"], "kind": "accessory"}
        self.known |= {"system": "google", "role_name": "support", "schema_code": "textiles"}
        self.known |= {"thing": "product", "locale": "de"}
        self.known["passkey_id"] = encode("passkey", UUID(int=1))
        self.shopper = self.person = ""
        self.silent: set[str] = set()  # writes that left nothing in the audit trail
        self.far: list[tuple[str, str, str, Any, dict[str, str]]] = []

    def ids(self, path: str, value: Any, name: str = "") -> Any:
        """`value` with ids of what this shop holds."""
        if isinstance(value, dict):
            return {key: self.ids(path, inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.ids(path, inner, name.removesuffix("s")) for inner in value]
        if "/change-sets/" in path and name == "entity_id":
            name = "product_id"
        if name == "manufacturer_id":
            name = "party_id"
        if isinstance(value, str) and name.endswith("_id"):
            return self.shop.id_for(path, name) or value
        return value

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send JSON with the credentials that fit."""
        if path.startswith("/admin/"):
            own = "/me/" in path or path.endswith("/sessions/current")
            headers["Authorization"] = f"Bearer {self.person if own else self.shop.keys['owner']}"
        else:
            headers["X-Publishable-Key"] = self.shop.publishable
            if "/me" in path or "/reviews" in path:
                headers["Authorization"] = f"Bearer {self.shopper}"
        return self.shop.session.request(method, BASE + path, json=body, headers=headers)

    def upload(self) -> None:
        """A photograph of the shirt, for the operations on media."""
        sent = {"Authorization": f"Bearer {self.shop.keys['owner']}", "Content-Type": "image/png"}
        answer = self.shop.session.post(BASE + "/admin/v1/media", data=PICTURE, headers=sent)
        assert answer.ok, answer.text
        self.known["media_id"] = answer.json()["id"]
        trail = self.trail()
        answer = self.shop.session.post(BASE + "/admin/v1/uploads", data=PICTURE, headers=sent)
        assert answer.ok, answer.text
        assert self.trail() != trail

    def prepare(self, method: str, path: str) -> dict[str, Any]:
        """Bring about what the operation is about; what its body must name of it."""
        # The promotion of the examples begins at 50.00.
        quantity = 9 if path.endswith("/coupons") else 1
        line = [{"variant_id": self.known["variant_id"], "quantity": quantity}]
        if (method, path) == ("patch", "/admin/v1/products/{product_id}/variants"):
            made = self.call("get", path.format(**self.known))
            return {"variants": [{"id": made.json()["items"][0]["id"], "weight_g": 560}]}
        if "{cart_id}" in path:
            made = self.call("post", "/v1/carts", HERE | {"lines": line, "email": "a@example.com"})
            self.known |= {"cart_id": made.json()["id"], "line_id": made.json()["lines"][0]["id"]}
            if path.endswith("/place"):
                at = f"/v1/carts/{self.known['cart_id']}/shipping-method"
                chosen = self.call("put", at, {"shipping_method": "standard"})
                return {"expected_total": chosen.json()["total"]}
        if "{thing_id}" in path:
            self.choose_thing(path, line)
        if path.startswith("/admin/v1/collections/{collection_id}/products"):
            made = self.call("post", "/admin/v1/collections", {"title": f"By hand {len(path)}"})
            self.known["collection_id"] = made.json()["id"]
        if "/related/" in path:
            others = self.call("get", "/admin/v1/products").json()["items"]
            ids = [p["id"] for p in others if p["id"] != self.known["product_id"]]
            return {"product_ids": ids[:1]}
        if "{change_set_id}" in path:
            self.stage()
        if path.endswith("/extend"):  # carts call their lines otherwise
            self.known["line_id"] = encode("order_line", UUID(int=1))
        if path.endswith("/kit"):
            return self.parts_of_a_kit()
        if ("{order_id}" in path or "{payment_id}" in path) and not path.endswith("/extend"):
            self.buy(line)
        if path == "/v1/carts/{cart_id}/coupons":
            live = self.call("post", f"/admin/v1/promotions/{self.known['promotion_id']}/live")
            assert live.ok, live.text
        first = {
            "refund": f"/admin/v1/payments/{self.known['payment_id']}/capture",
            "withdraw": f"/admin/v1/passports/{self.known['passport_id']}/publish",
        }.get(path.rpartition("/")[2])
        if first is not None:
            taken = self.call("post", first, {}, **{"Idempotency-Key": f"before{path}"})
            assert taken.ok, taken.text
        return {}

    def parts_of_a_kit(self) -> dict[str, Any]:
        """Other goods than the kit itself, each once; they never run out."""
        parts = [
            {"sku": f"PART-{n}", "options": {"Part": n}, "tracks_inventory": False} for n in "12"
        ]
        product = {
            "title": "Parts",
            "status": "active",
            "options": [{"name": "Part", "values": ["1", "2"]}],
            "variants": parts,
        }
        made = self.call("post", "/admin/v1/products", product)
        assert made.ok, made.text
        of = f"/admin/v1/products/{made.json()['id']}/variants"
        tea, coffee = (one["id"] for one in self.call("get", of).json()["items"])
        option = {"code": "coffee", "variant_id": coffee, "extra": {"EUR": 50}}
        group = {
            "code": "drink",
            "name": "Drink",
            "options": [option],
            "defaults": ["coffee"],
        }
        return {"items": [{"variant_id": tea, "quantity": 2}], "groups": [group]}

    def stage(self) -> None:
        """A change set with an edit of the product."""
        made = self.call("post", "/admin/v1/change-sets", {"name": "Launch"})
        self.known["change_set_id"] = made.json()["id"]
        edit = {"entity_id": self.known["product_id"], "change": {"title": "New"}}
        at = f"/admin/v1/change-sets/{self.known['change_set_id']}/edits"
        done = self.call("patch", at, {"edits": [edit]}, **{"If-Match": "*"})
        assert done.ok, done.text

    def choose_thing(self, path: str, line: list[dict[str, Any]]) -> None:
        """The thing that the path means by its plural, with the fields that the examples fill."""
        subject = path.split("/")[3].removesuffix("s")
        if subject == "cart":
            made = self.call("post", "/v1/carts", HERE | {"lines": line})
            self.known["cart_id"] = made.json()["id"]
        if subject == "order":
            self.buy(line)
        self.known["thing_id"] = self.known.get(f"{subject}_id", self.known["product_id"])
        if path.endswith("/fields"):
            for code, kind in (("engraving", "text"), ("gift", "boolean")):
                made = {"subject": subject, "code": code, "label": code, "kind": kind}
                answer = self.call("post", "/admin/v1/field-definitions", made)
                assert answer.ok or answer.status_code == 409, answer.text

    def buy(self, lines: list[dict[str, Any]]) -> None:
        wanted = HERE | {"lines": lines, "email": "a@example.com", "shipping_method": "standard"}
        key = f"after-{self.known.get('order_id')}"
        sent = {"Idempotency-Key": key}
        made = self.call(
            "post", "/v1/purchases", wanted | {"payment": {"gateway": "invoice"}}, **sent
        )
        assert made.ok, made.text
        self.known["order_id"] = made.json()["order"]["id"]
        order = self.call(
            "get", f"/admin/v1/orders/{self.known['order_id']}?expand=payments"
        ).json()
        self.known["payment_id"] = order["payments"][0]["id"]

    def paste(self, method: str, path: str, operation: dict[str, Any], example: Any) -> Any:
        changes = REPLACED.get(f"{method} {path}", {}) | self.prepare(method, path)
        body = self.ids(path, example)
        if changes:
            body = body | changes
        at = path
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                name = parameter["name"]
                if "/customer-groups/" in path and name == "code":
                    name = "group_code"
                if "/change-sets/" in path and name == "entity_id":
                    name = "product_id"
                if name == "code" and ("/feeds/" in path or "/import-mappings/" in path):
                    self.known["code_of_supplier"], name = "supplier-a", "code_of_supplier"
                if "/audiences/" in path and name == "code":
                    self.known["code_of_audience"], name = "trade", "code_of_audience"
                given = self.shop.id_for(path, name) or "frozen"
                at = at.replace(f"{{{parameter['name']}}}", given)
        headers = {"Idempotency-Key": f"{method}{path}"}
        if any(p["name"] == "If-Match" for p in operation.get("parameters", ())):
            read = self.call("get", at)
            headers["If-Match"] = read.headers.get("etag", "*")
        self.remember_times(method, path, at, body, operation)
        trail, began = self.trail(), time.monotonic()
        answer = self.call(method, at, body, **headers)
        while answer.status_code == 422 and answer.json().get("reason") == "stopped":
            time.sleep(0.1)  # A promotion that was put live is live everywhere within a second.
            assert time.monotonic() < began + 30, answer.text
            answer = self.call(method, at, body, **headers)
        if answer.status_code == 409 and answer.json()["code"] == "checkout.total_changed":
            # An example has just changed the price: do as the cure says.
            body, headers = body | {"expected_total": answer.json()["total"]}, {}
            answer = self.call(method, at, body, **{"Idempotency-Key": f"again-{at}"})
        if answer.ok and method == "post":
            self.keep(path, answer)
        if answer.ok and path.startswith("/admin/") and self.trail() == trail:
            self.silent.add(f"{method} {path}")
        return answer

    def remember_times(
        self, method: str, path: str, at: str, body: Any, operation: dict[str, Any]
    ) -> None:
        """The body with times at the ends of the calendar, wherever it takes one."""
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        tagged = any(p["name"] == "If-Match" for p in operation.get("parameters", ()))
        for place, values in places(DOCUMENT, schema).items():
            for value in values:
                changed = with_time(body, place, value)
                self.far.append((method, path, at, changed, {"If-Match": "*"} if tagged else {}))

    def send_far_times(self) -> list[str]:
        """What of them is neither taken nor refused with a problem."""
        failed = []
        for number, (method, path, at, body, headers) in enumerate(self.far):
            answer = self.call(method, at, body, **headers, **{"Idempotency-Key": f"far-{number}"})
            if answer.status_code >= 500 or not (answer.ok or "code" in answer.json()):
                failed.append(f"{method} {path}\n  {json.dumps(body)}\n  {answer.text[:300]}")
        return failed

    def read_all(self) -> list[str]:
        """Every operation that reads, of what was made last; those that fail."""
        failed = []
        for path, item in DOCUMENT["paths"].items():
            if "get" not in item or path.endswith("/events"):
                continue
            at, query = path, {}
            for parameter in item["get"].get("parameters", ()):
                name = parameter["name"]
                known = self.shop.id_for(path, name) or "frozen"
                if parameter["in"] == "path":
                    at = at.replace(f"{{{name}}}", known)
                elif parameter["in"] == "query" and parameter.get("required"):
                    query[name] = known
            answer = self.call("get", f"{at}?{urlencode(query)}")
            broken = answer.status_code >= 500 and answer.json()["code"] != "search.unavailable"
            if broken:
                failed.append(f"get {path}: {answer.text[:300]}")
        return failed

    def trail(self) -> Any:
        """The newest entry of the audit trail."""
        return self.call("get", "/admin/v1/audit?limit=1").json()["items"]

    def keep(self, path: str, answer: Any) -> None:
        """Examples that change something change what the example before made."""
        made = answer.json() if answer.content else {}
        if path in ("/v1/sessions", "/v1/customers/me/password"):
            self.shopper = made["token"]
        if path == "/admin/v1/sessions":
            self.person = made["token"]
        if path.endswith("/rates"):
            rate = next(r for r in made["rates"] if r["tax_class"] == "reduced")
            self.known["rate_id"] = rate["id"]
            return  # The answer is the zone.
        below = next((p for p in DOCUMENT["paths"] if p.startswith(path + "/{")), "")
        name = below.removeprefix(path + "/{").partition("}")[0]
        if path == "/admin/v1/customer-groups":
            self.known["group_code"] = made["code"]
        if name.endswith("_id") and isinstance(made, dict) and "id" in made:
            if name == "zone_id":
                name = "tax_zone_id" if "/tax-" in path else "shipping_zone_id"
            self.known[name] = made["id"]
            if name == "location_id":
                self.known["to_location_id"] = made["id"]


def test_every_example_works_when_pasted_and_no_far_time_breaks_what_is_read(
    postgres_url: str, template_database: str, tmp_path: Path
) -> None:
    failed = []
    with whole_shop(postgres_url, template_database, tmp_path) as shop:
        paster = Paster(shop)
        paster.upload()
        for method, path, operation, example in operations():
            if f"{method} {path}" == LAST[0]:
                # Everything there is to read is there, and the sessions are still good.
                failed += [*paster.send_far_times(), *paster.read_all()]
            answer = paster.paste(method, path, operation, example)
            expected = REFUSED.get(f"{method} {path}")
            if expected is not None:
                if answer.json()["code"] != expected:
                    failed.append(f"{method} {path}: {answer.text}")
            elif not answer.ok:
                failed.append(f"{method} {path}\n  {json.dumps(example)}\n  {answer.text[:700]}")
    assert not failed, "\n".join(failed)
    assert paster.silent == CHANGING_NOTHING
