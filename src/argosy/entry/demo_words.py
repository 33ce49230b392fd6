"""What the demo says when it is ready: addresses, credentials, and commands that buy something."""

from __future__ import annotations

import json
from typing import Any

from argosy.entry.demo_seed import DemoShop
from argosy.entry.terminal import as_json, choices
from argosy.runtime.settings import Settings

ADDRESS = {
    "name": "Ada Shopper", "line1": "500 W 2nd St", "city": "Austin", "region": "TX",
    "postal_code": "78701", "country": "US",
}  # fmt: skip
VALUE = "import json,sys; print(json.load(sys.stdin)"


def greeting(shop: DemoShop, configured: Settings, *, fresh: bool, seconds: float) -> str:
    """The text for a terminal (Rich markup); with `--json` the facts go out as JSON instead."""
    facts = _facts(shop, configured)
    if choices.get().json:
        as_json(facts)
        return ""
    did = "is set up" if fresh else "is back"
    lines = [
        "",
        f"[bold green]Argosy {did}[/] in {seconds:.1f} s. Ctrl-C stops it; the data is kept.",
        "",
        f"  Shop              {facts['shop']}   in euros, in German  {facts['shop']}@eu/",
        f"  Back office       {facts['back_office']}",
        f"  API document      {facts['api_document']}",
        f"  Storefront API    {facts['storefront_api']}   admin API  {facts['admin_api']}",
        f"  Metrics, health   {configured.public_url}/metrics  /health/ready",
        f"  Sandbox payments  {facts['sandbox_psp']}",
        "",
        f"  Staff sign-in     {shop.staff_email}  {shop.staff_password}",
        f"  Secret key        {shop.secret_key}",
        *(
            f"  Storefront key    {key}  ({code})"
            for code, key in sorted(shop.publishable_keys.items())
        ),
        "",
        "[bold]Buy something[/] (paste into another terminal):",
        "",
        # Brackets in commands are text, not Rich markup.
        transcript(shop.publishable_keys["us"], configured.public_url).replace("[", r"\["),
    ]
    return "\n".join(lines)


def _facts(shop: DemoShop, configured: Settings) -> dict[str, Any]:
    return {
        "shop": f"{configured.public_url}/",
        "back_office": f"{configured.public_url}/admin",
        "api_document": f"{configured.public_url}/schema",
        "storefront_api": f"{configured.public_url}/v1",
        "admin_api": f"{configured.public_url}/admin/v1",
        "sandbox_psp": configured.sandbox_psp_url,
        "staff_email": shop.staff_email,
        "staff_password": shop.staff_password,
        "secret_key": shop.secret_key,
        "publishable_keys": shop.publishable_keys,
    }


def transcript(key: str, base: str) -> str:
    """Shell commands for a whole purchase: find a product, fill a cart, pay, look at the order.

    They need curl and python3, nothing else, and can be pasted as they are, again and again.
    """
    json_header = "-H 'Content-Type: application/json'"
    address = json.dumps(ADDRESS)
    return f"""\
API={base}/v1; KEY='X-Publishable-Key: {key}'
value() {{ python3 -c "{VALUE}$1)"; }}

# a product, its variants and prices
curl -s -H "$KEY" "$API/products/chaz-kangeroo-hoodie" | python3 -m json.tool | head -40
# a cart with two hoodies, an address and a way of shipping
VARIANT=$(curl -s -H "$KEY" "$API/products/chaz-kangeroo-hoodie" | value "['variants']['items'][0]['id']")
CART=$(curl -s -H "$KEY" {json_header} $API/carts -d '{{}}' | value "['id']")
curl -s -o /dev/null -H "$KEY" {json_header} $API/carts/$CART/lines -d "{{\\"variant_id\\": \\"$VARIANT\\", \\"quantity\\": 2}}"
curl -s -o /dev/null -H "$KEY" {json_header} -X PUT $API/carts/$CART/email -d '{{"email": "ada@example.com"}}'
curl -s -o /dev/null -H "$KEY" {json_header} -X PUT $API/carts/$CART/shipping-address -d '{address}'
curl -s -o /dev/null -H "$KEY" {json_header} -X PUT $API/carts/$CART/shipping-method -d '{{"shipping_method": "standard"}}'
TOTAL=$(curl -s -H "$KEY" $API/carts/$CART | value "['total']['minor']")
# pay and place; then the order, as its buyer sees it
curl -s -H "$KEY" {json_header} -H "Idempotency-Key: $CART" $API/carts/$CART/place \\
  -d "{{\\"expected_total\\": {{\\"minor\\": $TOTAL, \\"currency\\": \\"USD\\"}}, \\"payment\\": {{\\"gateway\\": \\"sandbox\\", \\"instrument\\": {{\\"token\\": \\"tok_approved\\"}}}}}}" | tee placed.json | python3 -m json.tool
curl -s -H "$KEY" -H "X-Order-Token: $(value "['order']['token']" < placed.json)" \\
  $API/orders/$(value "['order']['id']" < placed.json) | python3 -m json.tool
"""
