"""Where shoppers type their card: fields inside a shop's page, and a page of the provider's own.

The fields are a page of this origin in a frame of the shop's. They tell the shop a token for one
payment, by `postMessage` to the one origin that was named when the frame was opened (which alone
may frame it); the number never leaves this origin. Without scripts the shop leads to the page.
"""

import re
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import parse_qs

import msgspec
from litestar import MediaType, Response, get, post

from argosy.sandbox_psp import wire
from argosy.sandbox_psp.api import Asked, body_of, desk_of
from argosy.sandbox_psp.pages import back_to_shop, page
from argosy.sandbox_psp.tokens import HOSTED_PAGE
from argosy.sandbox_psp.wallet import TEST_CARDS, Card, read_card

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")


class TypedCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in the fields."""

    number: str = ""
    expiry: str = ""
    code: str = ""


_SCRIPT = """
const shop = document.body.dataset.shop, trouble = document.getElementById("trouble");
const form = document.querySelector("form"), button = form.querySelector("button");
const tell = (message) => parent.postMessage(message, shop);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  const typed = Object.fromEntries(new FormData(form));
  try {
    const answer = await fetch("/fields/tokens", {method: "POST", body: JSON.stringify(typed)});
    const said = await answer.json();
    trouble.textContent = answer.ok ? "" : said.error.message;
    if (answer.ok) { form.reset(); tell({type: "card", token: said.token}); }
    else form.elements[said.error.field || "number"].focus();
  } catch { trouble.textContent = "No connection. Please try again."; }
  button.disabled = false;
});
tell({type: "height", height: document.documentElement.scrollHeight});
"""
_FIELDS = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Card</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>body{{font:1rem/1.5 system-ui,sans-serif;margin:0;padding:2px}}
form{{display:grid;grid-template-columns:1fr 1fr;gap:.6rem}}.wide{{grid-column:1/-1}}
label{{display:grid;gap:.2rem}}input,button{{font:inherit;padding:.55rem .7rem;width:100%;
box-sizing:border-box}}#trouble{{margin:0;min-height:1.5em}}</style></head>
<body data-shop="{shop}"><main><form>{inputs}
<p class="wide" id="trouble" role="alert"></p>
<button class="wide" type="submit">Use this card</button></form></main>
<script src="/fields/script.js"></script></body></html>"""
_INPUTS = (
    '<label class="wide">Card number<input name="number" inputmode="numeric"'
    ' autocomplete="cc-number" maxlength="23" required></label>'
    '<label>Valid until<input name="expiry" inputmode="numeric" autocomplete="cc-exp"'
    ' placeholder="MM/YY" maxlength="7" required></label>'
    '<label>Security code<input name="code" inputmode="numeric" autocomplete="cc-csc"'
    ' maxlength="4" required></label>'
)


@get("/fields")
async def show_fields(origin: str = "") -> Response[Any]:
    """The fields, for a shop at `origin` and nobody else."""
    if _ORIGIN.fullmatch(origin) is None:
        raise wire.Stop(422, "origin_invalid", "name the origin of the page that frames this")
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self';"
        f" base-uri 'none'; form-action 'none'; frame-ancestors {origin}"
    )
    html = _FIELDS.format(shop=escape(origin), inputs=_INPUTS)
    headers = {"content-security-policy": policy, "cache-control": "no-store"}
    return Response(html, media_type=MediaType.HTML, headers=headers)


@get("/fields/script.js")
async def fields_script() -> Response[Any]:
    """What the fields do."""
    return Response(_SCRIPT, media_type="text/javascript")


@post("/fields/tokens", status_code=200)
async def tokenise(request: Asked) -> Response[Any]:
    """A token for one payment with the card that was typed."""
    desk = desk_of(request)
    card = _read(desk.now(), await body_of(request, TypedCard))
    with desk.storage.transaction():
        token = desk.wallet.tokenise(card, desk.now())
    return Response(
        {
            "token": token,
            "brand": card.brand,
            "last4": card.last4,
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
        }
    )


@get("/pay/{payment_id:str}")
async def payment_page(request: Asked, payment_id: str) -> Response[Any]:
    """The provider's own page for a card: what a shop without scripts leads to."""
    row = desk_of(request).payment(payment_id)
    if row["attempt"] != "requires_action" or row["token"] != HOSTED_PAGE:
        return page("Nothing to pay", "<p>This payment is decided already.</p>")
    return _payment_form(payment_id, f"{row['amount']} {row['currency']}", "")


@post("/pay/{payment_id:str}", status_code=200)
async def pay(request: Asked, payment_id: str) -> Response[Any]:
    """Try the card; then back to the shop, or to the bank's question first."""
    desk = desk_of(request)
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    typed = {name: fields.get(name, [""])[0] for name in ("number", "expiry", "code", "cancel")}
    row = desk.payment(payment_id)
    if row["attempt"] == "requires_action" and row["token"] == HOSTED_PAGE:
        card = None
        if not typed.pop("cancel"):
            try:
                card = _read(desk.now(), TypedCard(**typed))
            except wire.Stop as stop:
                why = str(stop.body["error"]["message"])
                return _payment_form(payment_id, f"{row['amount']} {row['currency']}", why)
        with desk.storage.transaction():
            asked = desk.pay_by_card(payment_id, card)
        request.app.state.deliveries.wake()
        if asked:
            return Response(None, status_code=303, headers={"location": f"/challenge/{payment_id}"})
    return back_to_shop(desk.payment(payment_id))


def _payment_form(payment_id: str, amount: str, trouble: str) -> Response[Any]:
    numbers = ", ".join(f"<code>{number}</code>" for number in TEST_CARDS)
    said = f'<p role="alert"><strong>{escape(trouble)}</strong></p>' if trouble else ""
    return page(
        "Pay by card",
        f"<p>A shop asks for <strong>{escape(amount)}</strong> (minor units).</p>{said}"
        f'<form method="post" action="/pay/{escape(payment_id)}">{_INPUTS}'
        '<p><button type="submit" id="pay">Pay</button> <button type="submit" name="cancel"'
        ' value="1" formnovalidate>Back to the shop</button></p></form>'
        f"<p>No money moves here. Cards to try: {numbers}; any end in the future, any code.</p>",
        status=422 if trouble else 200,
    )


def _read(now: float, typed: TypedCard) -> Card:
    today = datetime.fromtimestamp(now, UTC)
    return read_card(
        typed.number[:40], typed.expiry[:10], typed.code[:10], year=today.year, month=today.month
    )


ROUTES = [show_fields, fields_script, tokenise, payment_page, pay]
