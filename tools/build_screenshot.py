"""Record a purchase at a running demo and save it as docs/images/purchase.svg.

    make demo                                       # in another terminal
    .venv/bin/python tools/build_screenshot.py      # [--base URL] [--home FOLDER]

Every line of the picture was sent to, or answered by, that shop; answers are shortened only.
"""

from __future__ import annotations

import argparse
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.text import Text

OUTPUT = Path(__file__).parents[1] / "docs" / "images" / "purchase.svg"
SLUG, SKU = "chaz-kangeroo-hoodie", "MH01-M-Black"
ADDRESS = {
    "name": "Ada Shopper",
    "line1": "500 W 2nd St",
    "city": "Austin",
    "region": "TX",
    "postal_code": "78701",
    "country": "US",
}


class Recorder:
    """Sends requests and writes them, and what is worth seeing of their answers."""

    def __init__(self, base: str, headers: dict[str, str], console: Console) -> None:
        self._http = httpx.Client(base_url=base, headers=headers, timeout=30)
        self._console = console

    def heading(self, text: str) -> None:
        """A comment of the transcript."""
        self._console.print(Text(f"\n# {text}", style="bright_black"))

    def send(
        self, method: str, path: str, body: Any = None, show: Any = None, **headers: str
    ) -> dict[str, Any]:
        """Send one request, print it with `show(answer)`, and return the answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self._http.request(method, path, json=body, headers=named)
        line = Text.assemble((f"{method} ", "bold cyan"), (_short(path), "white"))
        if body is not None:
            line.append(f"  {_short(json.dumps(body))}", "bright_black")
        self._console.print(line, no_wrap=True, overflow="ellipsis")
        told: dict[str, Any] = answer.json()
        good = answer.status_code < 400
        self._console.print(
            Text.assemble(
                (f"  {answer.status_code} ", "bold green" if good else "bold yellow"),
                (_short(show(told) if show else ""), "green" if good else "yellow"),
            ),
            no_wrap=True,
            overflow="ellipsis",
        )
        return told


def money(amount: dict[str, Any]) -> str:
    """`110.50 USD`, of a currency with two decimals."""
    return f"{amount['minor'] / 100:.2f} {amount['currency']}"


def _short(text: str) -> str:
    """Ids without their long middle."""
    return re.sub(r"\b([a-z]{3,4})_01[0-9a-z]{20}([0-9a-z]{4})", r"\1_…\2", text)


def record(recorder: Recorder) -> None:
    """A purchase: look, fill, be declined, pay; then what the buyer sees."""
    send, heading = recorder.send, recorder.heading
    heading("look: facets are true for one buyable variant")
    send(
        "GET",
        "/v1/products?category=men/tops&color=black&size=m&sort=price&limit=1",
        show=lambda a: (
            f"{a['total']} products, first: {a['items'][0]['title']}, "
            f"{money(a['items'][0]['price']['min'])}"
        ),
    )
    variants = send(
        "GET",
        f"/v1/products/{SLUG}/variants?limit=100",
        show=lambda a: f"{len(a['items'])} variants, {a['items'][0]['sku']} and others",
    )
    variant = next(v for v in variants["items"] if v["sku"] == SKU)
    heading("fill a cart")
    cart = send(
        "POST",
        "/v1/carts",
        {"lines": [{"variant_id": variant["id"], "quantity": 2}], "email": "ada@example.com"},
        show=lambda a: f"{_short(a['id'])}  missing: {', '.join(a['missing'])}",
    )
    path = f"/v1/carts/{cart['id']}"
    send(
        "PUT",
        f"{path}/shipping-address",
        ADDRESS,
        show=lambda a: f"tax {money(a['tax_total'])}: {a['taxes'][0]['name']}",
    )
    total = send(
        "PUT",
        f"{path}/shipping-method",
        {"shipping_method": "standard"},
        show=lambda a: f"total {money(a['total'])}  missing: {a['missing'] or 'nothing'}",
    )["total"]
    pay(recorder, path, total)


def pay(recorder: Recorder, path: str, total: dict[str, Any]) -> None:
    """Place it three times: with an old total, a bad card, a good one; then look at the order."""
    send, heading = recorder.send, recorder.heading

    def body(token: str, amount: dict[str, Any] = total) -> dict[str, Any]:
        payment = {"instrument": {"token": token}, "gateway": "sandbox"}
        return {"payment": payment, "expected_total": amount}

    heading("a total that is not today's is never charged")
    problem = lambda a: f"{a['code']}: {a['detail']}"  # noqa: E731
    old = {"minor": 9900, "currency": "USD"}
    send("POST", f"{path}/place", body("tok_approved", old), problem, Idempotency_Key=f"{path}-1")
    heading("a declined card leaves everything as it was")
    declined = body("tok_declined_insufficient_funds")
    send("POST", f"{path}/place", declined, problem, Idempotency_Key=f"{path}-2")
    heading("a good one makes exactly one order, however often it is sent")
    told = None
    for _ in range(2):
        told = send(
            "POST",
            f"{path}/place",
            body("tok_approved"),
            lambda a: (
                f"{a['result']}: {a['order']['number']}, payment "
                f"{a['order']['payment_status']}, {money(a['order']['total'])}"
            ),
            Idempotency_Key=f"{path}-3",
        )
    assert told is not None
    order = told["order"]
    send(
        "GET",
        f"/v1/orders/{order['id']}",
        None,
        lambda a: " → ".join(step["kind"] for step in a["timeline"]),
        X_Order_Token=order["token"],
    )


def main() -> None:
    """Record against the demo that runs at --base."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--home", default=".argosy", type=Path)
    asked = parser.parse_args()
    keys = json.loads((asked.home / "demo.json").read_text())["publishable_keys"]
    console = Console(record=True, width=112, file=StringIO(), force_terminal=True)
    record(Recorder(asked.base, {"X-Publishable-Key": keys["us"]}, console))
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    text = console.export_svg(title="A purchase", font_aspect_ratio=0.61)
    # Fonts are not fetched from anywhere: whoever reads may be offline.
    start = text.index("@font-face")
    end = text.rindex("@font-face")
    end = text.index("}", end) + 1
    text = text[:start] + text[end:]
    OUTPUT.write_text(text.replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono"))
    print(f"{OUTPUT} written")


if __name__ == "__main__":
    main()
