"""Pages for people: the list of test tokens, and the 3DS challenge."""

import sqlite3
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from litestar import MediaType, Response, get, post

from argosy.sandbox_psp import views
from argosy.sandbox_psp.api import Asked, desk_of
from argosy.sandbox_psp.tokens import TOKENS

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}}
button{{font:inherit;padding:.6rem 1.2rem;margin-right:1rem}}td{{padding:.2rem .8rem .2rem 0;
vertical-align:top}}code{{background:#eee;padding:0 .2rem}}</style></head>
<body><main><h1>{title}</h1>{body}</main></body></html>"""


def page(title: str, body: str, status: int = 200) -> Response[Any]:
    """A page for people."""
    return Response(
        _PAGE.format(title=escape(title), body=body), status_code=status, media_type=MediaType.HTML
    )


@get("/")
async def tokens_page() -> Response[Any]:
    """What each test token does."""
    rows = "".join(
        f"<tr><td><code>{escape(entry.token)}</code></td><td>{escape(entry.says)}</td></tr>"
        for entry in TOKENS.values()
    )
    return page(
        "Argosy sandbox payment provider",
        f"<p>No money moves here. Test tokens:</p><table><tbody>{rows}</tbody></table>",
    )


@get("/challenge/{payment_id:str}")
async def challenge_page(request: Asked, payment_id: str) -> Response[Any]:
    """The bank's question to the shopper."""
    row = desk_of(request).payment(payment_id)
    if row["attempt"] != "requires_action":
        return page("Nothing to confirm", "<p>This payment is decided already.</p>")
    amount = f"{row['amount']} {row['currency']} (minor units)"
    return page(
        "Sandbox bank: confirm your payment",
        f"<p>A shop asks for <strong>{escape(amount)}</strong>.</p>"
        f'<form method="post" action="/challenge/{escape(payment_id)}/approve">'
        '<button type="submit" id="approve">Approve</button></form><p></p>'
        f'<form method="post" action="/challenge/{escape(payment_id)}/fail">'
        '<button type="submit" id="fail">Fail</button></form>',
    )


@post("/challenge/{payment_id:str}/{answer:str}", status_code=200)
async def answer_challenge(request: Asked, payment_id: str, answer: str) -> Response[Any]:
    """Decide the payment and send the shopper back to the shop."""
    desk = desk_of(request)
    with desk.storage.transaction():
        desk.finish_challenge(payment_id, approve=answer == "approve")
    request.app.state.deliveries.wake()
    return back_to_shop(desk.payment(payment_id))


def back_to_shop(row: sqlite3.Row) -> Response[Any]:
    """Send the shopper back to where the shop wants them; a page where it did not say."""
    if row["return_url"] is None:
        return page("Thank you", "<p>You can close this page.</p>")
    parts = urlsplit(row["return_url"])
    more = urlencode({"reference": row["reference"], "status": views.status_of(row)})
    query = f"{parts.query}&{more}" if parts.query else more
    target = urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))
    return Response(None, status_code=303, headers={"location": target})


ROUTES = [tokens_page, challenge_page, answer_challenge]
