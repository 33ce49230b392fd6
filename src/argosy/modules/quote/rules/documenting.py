"""Does the tax of a quote stand up as an invoice? Rules of EN 16931-1 on totals (DOMAIN.md B4, B5).

The rules are those of the standard's chapter 6.4 that concern amounts, rates and categories; their
codes are its own. What a shop does not write (prepayments, document allowances) has no rule here.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from argosy.kernel.money import exponent
from argosy.kernel.rounding import ROUNDERS
from argosy.modules.quote.types import (
    DocumentLine,
    Quote,
    QuoteCharge,
    QuoteLine,
    QuoteShipping,
    TaxDocument,
    TaxPart,
    TaxTotal,
    Treatment,
    VatBreakdown,
    VatCategory,
    Violation,
)

CATEGORIES: Final[dict[Treatment, VatCategory]] = {
    "standard": "S",
    "zero_rated": "Z",
    "exempt": "E",
    "reverse_charge": "AE",
    "intra_community": "K",
    "export": "G",
    "out_of_scope": "O",
    "margin_scheme": "E",
}
"""The category of each treatment. A margin scheme is shown as exempt: its tax is in the price."""

_NAMES: Final[dict[VatCategory, str]] = {
    "S": "S",
    "Z": "Z",
    "E": "E",
    "AE": "AE",
    "K": "IC",
    "G": "G",
    "O": "O",
}
"""How the rules about a category are called."""

_NEEDS_REASON: Final = frozenset({"E", "AE", "K", "G", "O"})
_NEEDS_BUYER: Final = frozenset({"AE", "K"})

_Group = tuple[VatCategory, Decimal]


def tax_document(quote: Quote) -> TaxDocument:
    """Return the quote as an invoice has it: lines, charges, VAT breakdown, totals."""
    lines = tuple(_line(line.key, line) for line in quote.lines)
    charges = [_line(f"charge:{each.key}", each) for each in quote.charges]
    pieces: list[QuoteLine | QuoteCharge] = [*quote.lines, *quote.charges]
    several = any(len(piece.taxes) > 1 for piece in pieces)
    if quote.shipping is not None:
        parts = _shipping_lines(quote, quote.shipping, pieces)
        several = several or sum(part.net_minor for part in parts) != quote.shipping.net.minor
        charges += [_line("shipping", quote.shipping)] if several else parts
    goods = sum(line.net_minor for line in lines)
    charged = sum(charge.net_minor for charge in charges)
    return TaxDocument(
        currency=quote.currency,
        lines=lines,
        charges=tuple(charges),
        breakdown=_breakdown(quote, several=several),
        line_total_minor=goods,
        charge_total_minor=charged,
        tax_exclusive_minor=quote.net_total.minor,
        tax_total_minor=quote.tax_total.minor,
        tax_inclusive_minor=quote.total.minor,
        payable_minor=quote.total.minor,
        buyer_tax_id=quote.buyer.tax_id if quote.buyer is not None else "",
        destination_country=quote.destination.country if quote.destination is not None else "",
        is_vat=not several,
    )


def check_tax_document(document: TaxDocument) -> tuple[Violation, ...]:
    """Return what breaks the rules on totals, rates and categories; empty if all is well."""
    found = [*_totals(document)]
    if document.is_vat:
        for check in (_by_category, _group_taxes, _categories):
            found += check(document)
    return tuple(found)


def _line(key: str, piece: QuoteLine | QuoteCharge | QuoteShipping) -> DocumentLine:
    category, rate = _group_of(piece.taxes)
    return DocumentLine(
        key=key,
        net_minor=piece.net.minor,
        category=category,
        rate=rate,
        tax_minor=piece.tax.minor,
    )


def _group_of(parts: Sequence[TaxPart | TaxTotal]) -> _Group:
    if not parts:
        return "O", Decimal(0)
    rate = sum((part.rate for part in parts), Decimal(0))
    treatments = {part.treatment for part in parts}
    treatment = treatments.pop() if len(treatments) == 1 else "standard"
    if treatment == "standard" and rate == 0:
        treatment = "zero_rated"
    if treatment == "margin_scheme":
        return "E", Decimal(0)
    return CATEGORIES[treatment], rate.normalize() + 0


def _shipping_lines(
    quote: Quote, shipping: QuoteShipping, pieces: Sequence[QuoteLine | QuoteCharge]
) -> list[DocumentLine]:
    """The shipping by rate: what the taxes were charged on beside goods and fees (B9).

    What no tax was charged on, as it goes with goods outside every tax, is a line of its own. They
    add up to the shipping unless several taxes apply to the same shipping at once.
    """
    taxed = _taxed_shipping(quote, shipping, pieces)
    rest = shipping.net.minor - sum(net for _, net in taxed)
    if not taxed or (len(taxed) == 1 and not rest):
        return [_line("shipping", shipping)]
    found = []
    for part, net in taxed:
        category, rate = _group_of([part])
        key = f"shipping:{part.code}"
        found.append(
            DocumentLine(
                key=key,
                net_minor=net,
                category=category,
                rate=rate,
                tax_minor=part.tax.minor,
            )
        )
    if rest > 0:
        found.append(DocumentLine(key="shipping:", net_minor=rest, category="O", rate=Decimal(0)))
    return found


def _taxed_shipping(
    quote: Quote, shipping: QuoteShipping, pieces: Sequence[QuoteLine | QuoteCharge]
) -> list[tuple[TaxPart, int]]:
    """The taxes of shipping, each with the net amount of shipping that it was charged on."""
    others: dict[tuple[str, Decimal], int] = {}
    for piece in pieces:
        for part in piece.taxes:
            key = (part.code, part.rate)
            others[key] = others.get(key, 0) + piece.net.minor
    totals = {(total.code, total.rate): total.net.minor for total in quote.taxes}
    return [
        (part, totals[part.code, part.rate] - others.get((part.code, part.rate), 0))
        for part in shipping.taxes
    ]


def _breakdown(quote: Quote, *, several: bool) -> tuple[VatBreakdown, ...]:
    sums: dict[_Group, tuple[int, int, str]] = {}
    for total in quote.taxes:
        category, rate = _group_of([total])
        taxable, tax, reason = sums.get((category, rate), (0, 0, ""))
        why = reason or total.note or (total.name if total.treatment != "standard" else "")
        sums[category, rate] = (taxable + total.net.minor, tax + total.tax.minor, why)
    untaxed = [piece for piece in quote.lines if not piece.taxes]
    bare = sum(piece.net.minor for piece in untaxed)
    if quote.shipping is not None:
        taxed = _taxed_shipping(quote, quote.shipping, [*quote.lines, *quote.charges])
        bare += max(0, quote.shipping.net.minor - sum(net for _, net in taxed))
    bare += sum(each.net.minor for each in quote.charges if not each.taxes)
    if bare or (untaxed and not several):
        taxable, tax, reason = sums.get(("O", Decimal(0)), (0, 0, ""))
        why = reason or "Outside the scope of tax"
        sums["O", Decimal(0)] = (taxable + bare, tax, why)
    return tuple(
        VatBreakdown(category=category, rate=rate, taxable_minor=net, tax_minor=tax, reason=reason)
        for (category, rate), (net, tax, reason) in sorted(sums.items())
    )


def _totals(document: TaxDocument) -> Iterator[Violation]:
    goods = sum(line.net_minor for line in document.lines)
    charges = sum(charge.net_minor for charge in document.charges)
    tax = sum(group.tax_minor for group in document.breakdown)
    yield from _equal("BR-CO-10", "sum of the lines", goods, document.line_total_minor)
    yield from _equal("BR-CO-12", "sum of the charges", charges, document.charge_total_minor)
    exclusive = document.line_total_minor + document.charge_total_minor
    yield from _equal("BR-CO-13", "total without tax", exclusive, document.tax_exclusive_minor)
    yield from _equal("BR-CO-14", "sum of the taxes", tax, document.tax_total_minor)
    inclusive = document.tax_exclusive_minor + document.tax_total_minor
    yield from _equal("BR-CO-15", "total with tax", inclusive, document.tax_inclusive_minor)
    yield from _equal(
        "BR-CO-16", "amount due", document.tax_inclusive_minor, document.payable_minor
    )
    if not document.breakdown and document.lines:
        yield Violation(
            rule="BR-CO-18", subject="breakdown", detail="There is no tax breakdown at all."
        )


def _by_category(document: TaxDocument) -> Iterator[Violation]:
    """BR-S-08 and its siblings: the taxable amount is what the lines and charges say."""
    wanted: dict[_Group, int] = {}
    for piece in (*document.lines, *document.charges):
        group = (piece.category, piece.rate)
        wanted[group] = wanted.get(group, 0) + piece.net_minor
    for entry in document.breakdown:
        expected = wanted.pop((entry.category, entry.rate), 0)
        yield from _equal(
            f"BR-{_NAMES[entry.category]}-08", _subject(entry), expected, entry.taxable_minor
        )
    for (category, rate), net in wanted.items():
        if net:
            yield Violation(
                rule=f"BR-{_NAMES[category]}-01",
                subject=f"{category} {rate}",
                detail="Lines of this category and rate are missing in the breakdown.",
                expected_minor=net,
            )


def _group_taxes(document: TaxDocument) -> Iterator[Violation]:
    """BR-CO-17 (BR-S-09): the tax is the taxable amount times the rate; zero where none is due."""
    unit = 10 ** exponent(document.currency)
    for entry in document.breakdown:
        exact = Fraction(entry.rate) * entry.taxable_minor
        expected = ROUNDERS["half_up"](exact.numerator, exact.denominator)
        rule = "BR-CO-17" if entry.category == "S" else f"BR-{_NAMES[entry.category]}-09"
        for found in _equal(rule, _subject(entry), expected, entry.tax_minor):
            near = entry.category == "S" and abs(expected - entry.tax_minor) < unit
            yield Violation(
                rule=found.rule,
                subject=found.subject,
                detail=found.detail,
                expected_minor=expected,
                found_minor=entry.tax_minor,
                tolerated=near,
            )


def _categories(document: TaxDocument) -> Iterator[Violation]:
    """The reasons, the buyer's number and the mixtures that each category wants."""
    for line in (*document.lines, *document.charges):
        if (line.category == "S") != (line.rate > 0):
            yield Violation(
                rule=f"BR-{_NAMES[line.category]}-05",
                subject=line.key,
                detail=f"Category {line.category} does not go with the rate {line.rate}.",
            )
    used = {entry.category for entry in document.breakdown}
    for category in sorted(used & _NEEDS_BUYER):
        if not document.buyer_tax_id:
            yield _missing(f"BR-{_NAMES[category]}-02", category, "The buyer's VAT id is missing.")
    if "K" in used and not document.destination_country:
        yield _missing("BR-IC-12", "K", "The country of delivery is missing.")
    for entry in document.breakdown:
        if entry.category in _NEEDS_REASON and not entry.reason:
            name = _NAMES[entry.category]
            yield _missing(f"BR-{name}-10", _subject(entry), "The reason is missing.")
    if "O" in used and len(used) > 1:
        detail = "Out of scope is mixed with VAT: two documents, or a zero or exempt rate for it."
        yield _missing("BR-O-11", "O", detail)


def _missing(rule: str, subject: str, detail: str) -> Violation:
    return Violation(rule=rule, subject=subject, detail=detail)


def _equal(rule: str, subject: str, expected: int, found: int) -> Iterator[Violation]:
    if expected != found:
        yield Violation(
            rule=rule,
            subject=subject,
            detail=f"It is {found}, not {expected}.",
            expected_minor=expected,
            found_minor=found,
        )


def _subject(entry: VatBreakdown) -> str:
    return f"{entry.category} {entry.rate}"
