"""An invoice or credit note as a page to read, print and keep: plain HTML, no script, no request.

Headings, tables with captions and row and column headers, a language, and enough contrast, so that
a screen reader reads it as paper is read.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from html import escape
from typing import Final

import msgspec
from litestar import Response

from argosy.kernel.address import Address
from argosy.kernel.money import Money
from argosy.modules.invoices import Document, DraftDocument, Item, Party
from argosy.web.pages.postal import address_lines

_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;color:#111;background:#fff;max-width:50rem;margin:2rem auto;
padding:0 1rem}h1{font-size:1.6rem;margin:0 0 1rem}h2{font-size:1rem;margin:0}
.parties{display:flex;flex-wrap:wrap;gap:2rem;margin:1.5rem 0}address{font-style:normal}
table{border-collapse:collapse;width:100%;margin:1.5rem 0}caption{text-align:left;font-weight:600}
th,td{padding:.35rem .5rem;border-bottom:1px solid #767676;text-align:left;vertical-align:top}
.n{text-align:right;white-space:nowrap}dt{font-weight:600}dl{display:grid;
grid-template-columns:max-content 1fr;gap:.2rem 1rem}dd{margin:0}
.wide{overflow-x:auto}
@media print{.wide{overflow:visible}body{margin:0;max-width:none}tr{break-inside:avoid}}
""".replace("\n", "")

POLICY: Final = (
    "default-src 'none'; frame-ancestors 'none'; style-src 'sha256-"
    + b64encode(sha256(_STYLE.encode()).digest()).decode()
    + "'"
)
"""Nothing is loaded, and no style but the page's own is used."""

# What is wider than a phone is moved in a box of its own, by keys too.
_WIDE: Final = '<div class="wide" role="region" aria-label="{}" tabindex="0">'
_TITLES: Final = {"invoice": "Invoice", "credit_note": "Credit note"}


def printed(document: Document) -> Response[str]:
    """The page of a document as an answer that nobody keeps, with a name to save it under."""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", document.number)
    headers = {
        "Content-Security-Policy": POLICY,
        "Content-Disposition": f'inline; filename="{name}.html"',
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
    }
    return Response(invoice_page(document), media_type="text/html", headers=headers)


def invoice_page(document: Document) -> str:
    """Return the page of an issued document."""
    content = document.content
    title = f"{_TITLES[content.kind]} {document.number}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1>{_facts(document)}{_parties(content)}{_items(content)}"
        f"{_taxes(content)}</main></body></html>"
    )


def _facts(document: Document) -> str:
    content = document.content
    facts = [
        ("Date", document.issued_on.isoformat()),
        ("Tax point", content.tax_date.isoformat()),
        ("Order", content.order_number),
    ]
    if content.note:
        facts.append(("Note", content.note))
    corrects = content.corrects
    if corrects is not None:
        facts.append(("Corrects invoice", f"{corrects.number} of {corrects.issued_on}"))
        if corrects.reason:
            facts.append(("Reason", corrects.reason))
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{escape(text)}</dd>' for name, text in facts)}</dl>"


def _parties(content: DraftDocument) -> str:
    found = _party("Seller", content.seller) + _party("Buyer", content.buyer)
    if content.ship_to is not None and content.ship_to != content.buyer.address:
        lines = _lines(content.ship_to, content.ship_to.name)
        found += f"<section><h2>Delivered to</h2><address>{lines}</address></section>"
    return f'<div class="parties">{found}</div>'


def _party(title: str, party: Party) -> str:
    lines = _lines(party.address, party.name)
    more = [party.tax_id and f"Tax id {party.tax_id}", party.registration, party.email]
    rest = "".join(f"<br>{escape(text)}" for text in more if text)
    return f"<section><h2>{title}</h2><address>{lines}{rest}</address></section>"


def _lines(address: Address | None, name: str) -> str:
    if address is None:
        return escape(name)
    lines = (name, *address_lines(msgspec.structs.replace(address, name="", company=""), "en"))
    return "<br>".join(escape(line) for line in lines if line)


def _items(content: DraftDocument) -> str:
    rows = "".join(_item(content.currency, item) for item in content.items)
    sums = (
        ("Total without tax", content.net_minor),
        ("Tax", content.tax_minor),
        ("Total", content.total_minor),
    )
    foot = "".join(
        f'<tr><th scope="row" colspan="5">{name}</th>{_amount(content.currency, minor)}</tr>'
        for name, minor in sums
    )
    heads = ("Item", "Quantity", "Tax rate", "Net", "Tax", "Total")
    return (
        f"{_WIDE.format('Items')}<table><caption>Items</caption>{_head(heads)}"
        f"<tbody>{rows}</tbody><tfoot>{foot}</tfoot></table></div>"
    )


def _item(currency: str, item: Item) -> str:
    name = escape(item.name) + (f"<br>{escape(item.sku)}" if item.sku else "")
    quantity = str(item.quantity) if item.kind == "line" and item.quantity else ""
    amounts = (item.net_minor, item.tax_minor, item.total_minor)
    return (
        f'<tr><th scope="row">{name}</th><td class="n">{quantity}</td>'
        f'<td class="n">{_rate(item.rate)}</td>'
        f"{''.join(_amount(currency, minor) for minor in amounts)}</tr>"
    )


def _taxes(content: DraftDocument) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_rate(group.rate)} ({escape(group.category)})</th>'
        f"{_amount(content.currency, group.net_minor)}{_amount(content.currency, group.tax_minor)}"
        f"<td>{escape(group.reason)}</td></tr>"
        for group in content.groups
    )
    heads = ("Rate and category", "Net", "Tax", "Note")
    return (
        f"{_WIDE.format('Taxes')}<table><caption>Taxes</caption>{_head(heads)}"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _head(names: Iterable[str]) -> str:
    numbers = {"Quantity", "Tax rate", "Net", "Tax", "Total"}
    cells = "".join(
        f'<th scope="col"{" class=n" if name in numbers else ""}>{name}</th>' for name in names
    )
    return f"<thead><tr>{cells}</tr></thead>"


def _amount(currency: str, minor: int) -> str:
    return f'<td class="n">{Money(minor, currency).to_decimal():f} {currency}</td>'


def _rate(rate: Decimal) -> str:
    percent = (rate * 100).normalize()
    return f"{percent:f} %"
