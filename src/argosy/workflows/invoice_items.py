"""From a frozen quote to the items of invoices and credit notes. Pure (DOMAIN.md B20, B21, A17).

Units are looked up in the frozen quote, never computed again. Shipping and fees come in shares by
what of the lines has been invoiced; the last invoice has what is left, so that all invoices of an
order add up to it by VAT category and rate, to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

import msgspec

from argosy.kernel.ids import encode
from argosy.modules import invoices, quote
from argosy.modules.invoices import Item, UnitsNotLeft
from argosy.modules.orders import OrderLine
from argosy.modules.quote import DocumentLine, Quote, QuoteLine, TaxDocument

Pairs = list[tuple[OrderLine, QuoteLine]]


def paired(quoted: Quote, lines: Sequence[OrderLine]) -> Pairs:
    """Each line of the order with the line of its quote. Gifts have ids of their own in the order,
    and are there in the quote's order.
    """
    of_key = {line.key: line for line in quoted.lines}
    gifts = iter([line for line in quoted.lines if line.gift_of is not None])
    return [
        (line, of_key.get(encode("cart_line", line.id)) or next(gifts))
        for line in sorted(lines, key=lambda line: line.position)
    ]


def items_to_invoice(
    quoted: Quote,
    lines: Sequence[OrderLine],
    before: Iterable[Item],
    wanted: Mapping[UUID, int] | None,
) -> tuple[Item, ...]:
    """The items of the next invoice: so many units by the order's line, or (None) all that is left.

    `before` are the items of all invoices of the order so far. Empty when nothing is left. Raises
    UnitsNotLeft.
    """
    earlier = list(before)
    pairs, document = paired(quoted, lines), quote.tax_document(quoted)
    shown = {line.key: line for line in document.lines}
    starts = {line.key: _units(earlier, line.key) for line in quoted.lines}
    stops = dict(starts)
    found: list[Item] = []
    for line, piece in pairs:
        left = line.quantity - starts[piece.key]
        units = left if wanted is None else wanted.get(line.id, 0)
        if units > left:
            raise UnitsNotLeft(
                "So many units are not left to invoice.", field="lines", left=left, wanted=units
            )
        if units:
            stops[piece.key] += units
            found.append(_line(line, piece, shown[piece.key], starts[piece.key], units))
    unknown = set(wanted or ()) - {line.id for line in lines}
    if unknown:
        raise UnitsNotLeft("The order has no such line.", field="lines", left=0)
    if found or wanted is None:
        found += _beside(quoted, document, stops, earlier)
    return tuple(found)


def reasons_of(quoted: Quote) -> dict[tuple[str, Decimal], str]:
    """Why no tax is due, by VAT category and rate."""
    return {
        (part.category, part.rate): part.reason for part in quote.tax_document(quoted).breakdown
    }


def units_to_credit(
    quoted: Quote, lines: Sequence[OrderLine], left: Sequence[Item], wanted: Mapping[UUID, int]
) -> tuple[Item, ...]:
    """What so many units of an invoice give back, at what was paid for each; with them their share
    of the charges that are returned with units. Never more than is `left`. Raises UnitsNotLeft.
    """
    by_key = {item.key: item for item in left}
    keys = {line.id: piece for line, piece in paired(quoted, lines)}
    found: list[Item] = []
    for line_id, units in wanted.items():
        piece = keys.get(line_id)
        item = None if piece is None else by_key.get(piece.key)
        if piece is None or item is None or units > item.quantity:
            raise UnitsNotLeft(
                "So many units are not left on this invoice.",
                field="lines",
                left=0 if item is None else item.quantity,
            )
        stop = item.first_unit + units
        paid = quote.paid_for(piece, item.first_unit, stop)
        found.append(_less(item, paid.net_minor, paid.tax_minor, units))
        for charge in quoted.charges:
            owed = by_key.get(f"charge:{charge.key}")
            if charge.returned and charge.line == piece.key and owed is not None:
                net, tax = quote.charge_for(charge, piece, item.first_unit, stop)
                found.append(_less(owed, net, tax, 0))
    return tuple(item for item in found if item.total_minor or item.quantity)


def _less(item: Item, net: int, tax: int, units: int) -> Item:
    return msgspec.structs.replace(
        item,
        net_minor=min(net, item.net_minor),
        tax_minor=min(tax, item.tax_minor),
        quantity=units,
    )


def _units(items: Iterable[Item], key: str) -> int:
    return sum(item.quantity for item in items if item.kind == "line" and item.key == key)


def _line(line: OrderLine, piece: QuoteLine, shown: DocumentLine, start: int, units: int) -> Item:
    paid = quote.paid_for(piece, start, start + units)
    words = line.shown
    name = f"{words.title}, {words.variant_title}" if words.variant_title else words.title
    return Item(
        key=piece.key,
        kind="line",
        name=name,
        sku=line.sku,
        category=shown.category,
        rate=shown.rate,
        net_minor=paid.net_minor,
        tax_minor=paid.tax_minor,
        quantity=units,
        first_unit=start,
    )


def _beside(
    quoted: Quote, document: TaxDocument, stops: Mapping[str, int], earlier: Sequence[Item]
) -> list[Item]:
    """The shares of shipping and fees: those that come with a line by its units, the others by the
    value of the lines (their units, where they cost nothing).
    """
    done = sum(quote.paid_for(line, 0, stops[line.key]).total_minor for line in quoted.lines)
    whole = sum(line.total.minor for line in quoted.lines)
    if not whole:
        done, whole = sum(stops.values()), sum(line.quantity for line in quoted.lines)
    charges = {f"charge:{charge.key}": charge for charge in quoted.charges}
    quantities = {line.key: line.quantity for line in quoted.lines}
    found = []
    for piece in document.charges:
        charge = charges.get(piece.key)
        part, of = done, whole
        if charge is not None and charge.line is not None:
            part, of = stops[charge.line], quantities[charge.line]
        taken = [item for item in earlier if item.key == piece.key]
        net = invoices.share_of(piece.net_minor, part, of, sum(item.net_minor for item in taken))
        tax = invoices.share_of(piece.tax_minor, part, of, sum(item.tax_minor for item in taken))
        if net or tax:
            assert charge is not None or quoted.shipping is not None
            name = charge.name if charge is not None else _shipping_name(quoted)
            found.append(
                Item(
                    key=piece.key,
                    kind="shipping" if charge is None else "charge",
                    name=name,
                    category=piece.category,
                    rate=piece.rate,
                    net_minor=net,
                    tax_minor=tax,
                )
            )
    return found


def _shipping_name(quoted: Quote) -> str:
    return "" if quoted.shipping is None else quoted.shipping.name
