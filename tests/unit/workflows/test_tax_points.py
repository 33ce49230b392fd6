"""Whose rates apply when: the tax point (DOMAIN.md B6), and gifts with their worth (B15)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from tests.unit.quote.promoting import NOON, asked, at_least, item, rule
from tests.unit.workflows.test_quote_lines import CHANNEL, SHELF, SHIRT

from argosy.kernel.address import Address
from argosy.modules import tax
from argosy.modules.quote import Facts, GiftOffer, Quote, compile_promotions, compute, paid_for
from argosy.workflows.quoting import WantedLine, compile_rules, quote_request

CHANGE = date(2026, 7, 1)


def rate(percent: str, number: int, **days: date) -> tax.Rate:
    return tax.Rate(
        id=UUID(int=number),
        tax_class="standard",
        code="DE.standard",
        name="VAT",
        jurisdiction="DE",
        rate=Decimal(percent),
        valid_from=days.get("since"),
        valid_until=days.get("until"),
    )


ZONE = tax.Zone(
    id=UUID(int=1),
    code="DE",
    name="DE",
    channel_id=None,
    priority=0,
    areas=(tax.Area(country="DE"),),
    rates=(rate("0.19", 2, until=CHANGE), rate("0.16", 3, since=CHANGE)),
)
RULES = compile_rules(CHANNEL, [ZONE], [], [])


def bought(at: datetime, tax_date: date | None = None) -> Quote:
    lines = [WantedLine(key="a", variant_id=SHIRT, quantity=2)]
    request = quote_request(
        RULES, CHANNEL, SHELF, lines, Address(country="DE"), None, at=at, tax_date=tax_date
    )
    return compute(request)


def test_B6_the_tax_point_is_an_input_and_is_kept() -> None:
    before = datetime(2026, 6, 30, 12, tzinfo=UTC)
    assert [bought(before).taxes[0].rate, bought(before).tax_date] == [
        Decimal("0.19"),
        date(2026, 6, 30),
    ]
    later = bought(before, tax_date=CHANGE)
    assert (later.taxes[0].rate, later.tax_date) == (Decimal("0.16"), CHANGE)


def test_B6_the_day_is_one_of_the_channels_time_zone() -> None:
    # Half past ten in the evening in London is tomorrow in Berlin.
    eve = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    local = eve.astimezone(RULES.time_zone).date()
    assert bought(eve).tax_date == local


def test_B6_a_return_after_the_change_gives_back_the_original_rate() -> None:
    old = bought(datetime(2026, 6, 30, 12, tzinfo=UTC))
    new = bought(datetime(2026, 6, 30, 12, tzinfo=UTC) + timedelta(days=30))
    assert old.tax_total != new.tax_total
    back = paid_for(old.lines[0], 0, 2)
    assert back.tax_minor == old.tax_total.minor


def test_B15_a_gift_costs_nothing_and_keeps_its_worth() -> None:
    gift = rule("g", {"type": "gift", "variant": "mug"}, phase="order", when=at_least(5000))
    mug = item("mug", 1, 800)
    facts = Facts(at=NOON, gifts={"mug": GiftOffer(line=mug, available=9)})
    request = asked(item("x", 1, 5000), facts=facts)
    found = compute(request, compile_promotions([gift], currency="EUR"))
    given = found.lines[1]
    assert (given.total.minor, given.tax.minor, given.subtotal.minor) == (0, 0, 800)
    assert given.gift_of == "g"
