"""An invoice or credit note as a page to read, print and keep: plain HTML, no script, no request.

Headings, tables with captions and row and column headers, a language, and enough contrast, so that
a screen reader reads it as paper is read. It speaks the language in which the shopper bought; what
the shop itself wrote (names, reasons of taxes) stands as it is where we know no translation.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from hashlib import sha256
from html import escape
from typing import Final, NamedTuple

import msgspec
from babel.dates import format_date
from babel.numbers import format_decimal
from litestar import Response

from argosy.kernel.address import Address
from argosy.kernel.money import Money, exponent
from argosy.modules.invoices import Document, DraftDocument, Item, Party
from argosy.web.pages.postal import address_lines
from argosy.web.pages.wording import locale_of, words

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
_NUMBERS: Final = frozenset({"Quantity", "Tax rate", "Net", "Tax", "Total"})
_ISO_DATES: Final = ("", "en")


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


class _Pen(NamedTuple):
    """Writes in one language. `N_` marks what it knows."""

    locale: str
    say: Callable[[str], str]

    def number(self, value: Decimal, places: int) -> str:
        """A number with so many places."""
        pattern = "#,##0" + ("." + "0" * places if places else "")
        return str(format_decimal(value, format=pattern, locale=locale_of(self.locale)))

    def day(self, value: date) -> str:
        """A day; in English as ISO 8601, which nobody takes for another."""
        if self.locale.partition("-")[0].lower() in _ISO_DATES:
            return value.isoformat()
        return str(format_date(value, format="medium", locale=locale_of(self.locale)))


def N_(text: str) -> str:  # noqa: N802 - gettext's name
    """Mark a text that is said in the document's language."""
    return text


_TITLES: Final = {"invoice": N_("Invoice"), "credit_note": N_("Credit note")}


def invoice_page(document: Document) -> str:
    """Return the page of an issued document."""
    content = document.content
    locale = content.locale or "en"
    pen = _Pen(locale, words(locale.partition("-")[0].lower()).gettext)
    title = f"{pen.say(_TITLES[content.kind])} {document.number}"
    turned = ' dir="rtl"' if locale_of(locale).text_direction == "rtl" else ""
    return (
        f'<!doctype html><html lang="{escape(locale)}"{turned}><head>'
        '<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1>{_facts(pen, document)}{_parties(pen, content)}"
        f"{_items(pen, content)}{_taxes(pen, content)}</main></body></html>"
    )


def _facts(pen: _Pen, document: Document) -> str:
    content = document.content
    facts = [
        (N_("Date"), pen.day(document.issued_on)),
        (N_("Tax point"), pen.day(content.tax_date)),
        (N_("Order"), content.order_number),
    ]
    if content.note:
        facts.append((N_("Note"), pen.say(content.note)))
    corrects = content.corrects
    if corrects is not None:
        earlier = pen.say(N_("%(number)s of %(day)s")) % {
            "number": corrects.number,
            "day": pen.day(corrects.issued_on),
        }
        facts.append((N_("Corrects invoice"), earlier))
        if corrects.reason:
            facts.append((N_("Reason"), pen.say(corrects.reason)))
    told = "".join(f"<dt>{_e(pen, name)}</dt><dd>{escape(text)}</dd>" for name, text in facts)
    return f"<dl>{told}</dl>"


def _parties(pen: _Pen, content: DraftDocument) -> str:
    found = _party(pen, N_("Seller"), content.seller) + _party(pen, N_("Buyer"), content.buyer)
    if content.ship_to is not None and content.ship_to != content.buyer.address:
        lines = _lines(pen, content.ship_to, content.ship_to.name)
        heading = _e(pen, N_("Delivered to"))
        found += f"<section><h2>{heading}</h2><address>{lines}</address></section>"
    return f'<div class="parties">{found}</div>'


def _party(pen: _Pen, title: str, party: Party) -> str:
    lines = _lines(pen, party.address, party.name)
    tax_id = party.tax_id and f"{pen.say(N_('Tax id or VAT id'))} {party.tax_id}"
    rest = "".join(
        f"<br>{escape(text)}" for text in (tax_id, party.registration, party.email) if text
    )
    return f"<section><h2>{_e(pen, title)}</h2><address>{lines}{rest}</address></section>"


def _lines(pen: _Pen, address: Address | None, name: str) -> str:
    if address is None:
        return escape(name)
    bare = msgspec.structs.replace(address, name="", company="")
    lines = (name, *address_lines(bare, pen.locale))
    return "<br>".join(escape(line) for line in lines if line)


def _items(pen: _Pen, content: DraftDocument) -> str:
    rows = "".join(_item(pen, content.currency, item) for item in content.items)
    sums = (
        (N_("Total without tax"), content.net_minor),
        (N_("Tax"), content.tax_minor),
        (N_("Total"), content.total_minor),
    )
    foot = "".join(
        f'<tr><th scope="row" colspan="5">{_e(pen, name)}</th>'
        f"{_amount(pen, content.currency, minor)}</tr>"
        for name, minor in sums
    )
    heads = (N_("Item"), N_("Quantity"), N_("Tax rate"), N_("Net"), N_("Tax"), N_("Total"))
    name = _e(pen, N_("Items"))
    return (
        f"{_WIDE.format(name)}<table><caption>{name}</caption>{_head(pen, heads)}"
        f"<tbody>{rows}</tbody><tfoot>{foot}</tfoot></table></div>"
    )


def _item(pen: _Pen, currency: str, item: Item) -> str:
    name = escape(item.name) + (f"<br>{escape(item.sku)}" if item.sku else "")
    quantity = str(item.quantity) if item.kind == "line" and item.quantity else ""
    amounts = (item.net_minor, item.tax_minor, item.total_minor)
    return (
        f'<tr><th scope="row">{name}</th><td class="n">{quantity}</td>'
        f'<td class="n">{_rate(pen, item.rate)}</td>'
        f"{''.join(_amount(pen, currency, minor) for minor in amounts)}</tr>"
    )


def _taxes(pen: _Pen, content: DraftDocument) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_rate(pen, group.rate)} ({escape(group.category)})</th>'
        f"{_amount(pen, content.currency, group.net_minor)}"
        f"{_amount(pen, content.currency, group.tax_minor)}"
        f"<td>{_e(pen, group.reason) if group.reason else ''}</td></tr>"
        for group in content.groups
    )
    heads = (N_("Rate and category"), N_("Net"), N_("Tax"), N_("Note"))
    name = _e(pen, N_("Taxes"))
    return (
        f"{_WIDE.format(name)}<table><caption>{name}</caption>{_head(pen, heads)}"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _head(pen: _Pen, names: Iterable[str]) -> str:
    cells = "".join(
        f'<th scope="col"{" class=n" if name in _NUMBERS else ""}>{_e(pen, name)}</th>'
        for name in names
    )
    return f"<thead><tr>{cells}</tr></thead>"


def _amount(pen: _Pen, currency: str, minor: int) -> str:
    amount = pen.number(Money(minor, currency).to_decimal(), exponent(currency))
    return f'<td class="n">{amount} {currency}</td>'


def _rate(pen: _Pen, rate: Decimal) -> str:
    percent = (rate * 100).normalize()
    places = max(0, -int(percent.as_tuple().exponent))
    return f"{pen.number(percent, places)} %"


def _e(pen: _Pen, text: str) -> str:
    return escape(pen.say(text))
