"""Quoting goods by compiled rules: DOMAIN.md B9, B13, C9, G4, G5, G7. Pure."""

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from argosy.kernel.address import Address
from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules import pricing, shipping, tax
from argosy.modules.channels import Channel
from argosy.modules.quote import Discount, Quote
from argosy.reads.sellable import PriceTier, Sellable
from argosy.workflows.quoting import (
    NotPurchasable,
    ShopRules,
    WantedLine,
    compile_rules,
    needs_shipping,
    quote_lines,
    rate_set_at,
    shipping_options,
    unpurchasable,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BERLIN, VIENNA = Address(country="DE", postal_code="10115"), Address(country="AT")
SHIRT, BOOK, EBOOK, CARD = (UUID(int=n) for n in range(1, 5))

CHANNEL = Channel(
    id=UUID(int=100),
    code="eu",
    name="EU",
    currency="EUR",
    countries=("AT", "DE"),
    default_country="DE",
    locale="de-DE",
    time_zone="Europe/Berlin",
    tax_inclusive=True,
    tax_rounding="line",
    rounding_mode="half_up",
    shipping_tax="proportional",
    price_list_id=UUID(int=101),
    capture="manual",
    reservation_ttl_s=900,
    order_prefix="",
    gateways=(),
    active=True,
    version=1,
    locations=(),
)


def zone(number: int, country: str, **rates: str) -> tax.Zone:
    return tax.Zone(
        id=UUID(int=number),
        code=country,
        name=country,
        channel_id=None,
        priority=0,
        areas=(tax.Area(country=country),),
        rates=tuple(
            tax.Rate(
                id=UUID(int=number * 10 + index),
                tax_class=name,
                code=f"{country}.{name}",
                name="VAT",
                jurisdiction=country,
                rate=Decimal(value),
                valid_from=date(2021, 1, 1),
            )
            for index, (name, value) in enumerate(rates.items())
        ),
    )


DE_ZONE = shipping.Zone(id=UUID(int=31), code="de", name="DE", areas=(shipping.Area(country="DE"),))


def method(code: str, position: int, **more: object) -> shipping.Method:
    settings: dict[str, object] = {
        "pricing": "flat",
        "tiers": (shipping.Tier(from_value=0, price_minor=490),),
    }
    return shipping.Method(
        id=UUID(int=40 + position),
        channel_id=CHANNEL.id,
        code=code,
        name=code.title(),
        zone_ids=(DE_ZONE.id,),
        position=position,
        **(settings | more),  # type: ignore[arg-type]
    )


POST, PARCEL, OFF = (
    method("post", 1),
    method(
        "parcel",
        2,
        pricing="price",
        tiers=(
            shipping.Tier(from_value=0, price_minor=990),
            shipping.Tier(from_value=5000, price_minor=0),
        ),
    ),
    method("off", 3, active=False),
)


def rules(channel: Channel = CHANNEL) -> ShopRules:
    zones = [
        zone(21, "DE", standard="0.19", reduced="0.07"),
        zone(22, "AT", standard="0.2", reduced="0.1"),
    ]
    return compile_rules(channel, zones, [DE_ZONE], [OFF, PARCEL, POST])


def goods(variant_id: UUID, minor: int | None, **more: object) -> Sellable:
    price = () if minor is None else (tier(variant_id, minor),)
    settings: dict[str, object] = {
        "tax_class": "standard",
        "requires_shipping": True,
        "published": True,
        "weight_g": 500,
        "prices": price,
    }
    return Sellable(
        variant_id=variant_id,
        product_id=variant_id,
        sku=f"S{variant_id.int}",
        title="Title",
        variant_title="",
        options={},
        product_slug="slug",
        image_key=None,
        shipping_class="standard",
        tracks_inventory=True,
        **(settings | more),  # type: ignore[arg-type]
    )


def tier(variant_id: UUID, minor: int, min_quantity: int = 1) -> PriceTier:
    return PriceTier(
        price_id=UUID(int=variant_id.int * 1000 + min_quantity),
        price_list_id=CHANNEL.price_list_id,
        min_quantity=min_quantity,
        priority=0,
        amount_minor=minor,
        compare_at_minor=None,
        valid_from=None,
        valid_until=None,
    )


SHELF = {
    SHIRT: goods(SHIRT, 1190),
    BOOK: goods(BOOK, 1070, tax_class="reduced"),
    EBOOK: goods(EBOOK, 1190, requires_shipping=False),
    CARD: goods(CARD, 5000, tax_class="gift_card", requires_shipping=False),
}


def wanted(variant_id: UUID, quantity: int = 1) -> WantedLine:
    return WantedLine(key=f"k{variant_id.int}", variant_id=variant_id, quantity=quantity)


def quoted(
    *lines: WantedLine,
    to: Address | None = BERLIN,
    by: UUID | str | None = None,
    at: datetime = NOW,
    shelf: dict[UUID, Sellable] = SHELF,
) -> Quote:
    return quote_lines(rules(), CHANNEL, shelf, lines, to, by, at=at)


def test_each_class_of_goods_has_its_rate() -> None:
    found = quoted(wanted(SHIRT, 2), wanted(BOOK))
    assert [line.tax.minor for line in found.lines] == [380, 70]
    assert found.total == Money(3450, "EUR")
    assert [line.rate_set for line in found.lines] == ["DE:standard", "DE:reduced"]


def test_G5_another_country_is_another_tax_and_the_gross_price_stays() -> None:
    found = quoted(wanted(SHIRT), to=VIENNA)
    assert (found.total.minor, found.tax_total.minor) == (1190, 198)
    assert quoted(wanted(SHIRT), to=Address(country="CH")).tax_total.minor == 0


def test_without_an_address_the_default_country_estimates() -> None:
    found = quoted(wanted(SHIRT), to=None)
    assert found.tax_total.minor == 190
    assert found.destination is None


def test_the_rates_of_the_day_count_in_the_channels_time_zone() -> None:
    # 23:30 UTC on December 31 is 2021 in Berlin already.
    eve = datetime(2020, 12, 31, 23, 30, tzinfo=UTC)
    assert quoted(wanted(SHIRT), at=eve).tax_total.minor == 190
    assert quoted(wanted(SHIRT), at=datetime(2020, 12, 31, 22, 30, tzinfo=UTC)).taxes == ()


def test_B13_a_gift_card_is_out_of_scope_and_carries_no_shipping_tax() -> None:
    found = quoted(wanted(BOOK), wanted(CARD), by="post")
    assert found.shipping is not None
    assert [part.code for part in found.shipping.taxes] == ["DE.reduced"]
    assert found.lines[1].taxes[0].treatment == "out_of_scope"


@pytest.mark.parametrize("by", ["post", POST.id, encode("shipping_method", POST.id)])
def test_a_method_is_chosen_by_code_or_id(by: UUID | str) -> None:
    found = quoted(wanted(SHIRT), by=by)
    assert found.shipping is not None
    assert (found.shipping.code, found.shipping.total.minor) == ("post", 490)
    assert found.total.minor == 1680


@pytest.mark.parametrize(
    ("by", "to"), [("off", BERLIN), ("none", BERLIN), (UUID(int=1), BERLIN), ("post", VIENNA)]
)
def test_a_method_that_is_not_offered_is_refused(by: UUID | str, to: Address) -> None:
    with pytest.raises(shipping.ShippingNotOffered):
        quoted(wanted(SHIRT), by=by, to=to)


def test_G7_digital_goods_need_no_shipping_even_if_one_is_chosen() -> None:
    found = quoted(wanted(EBOOK), wanted(CARD), by="post")
    assert found.shipping is None
    assert not needs_shipping(SHELF, [wanted(EBOOK), wanted(CARD)])
    assert needs_shipping(SHELF, [wanted(EBOOK), wanted(SHIRT)])


def options(*lines: WantedLine, to: Address = BERLIN) -> list[tuple[str, int]]:
    shown = quoted(*(line for line in lines if line.variant_id in SHELF), to=to)
    found = shipping_options(rules(), CHANNEL, SHELF, lines, to, quoted=shown, at=NOW)
    return [(option.code, option.price.minor) for option in found]


def test_options_are_the_active_methods_that_serve_the_place() -> None:
    assert options(wanted(SHIRT)) == [("post", 490), ("parcel", 990)]
    assert options(wanted(SHIRT, 5)) == [("post", 490), ("parcel", 0)]
    assert options(wanted(SHIRT), to=VIENNA) == []
    assert options(wanted(EBOOK)) == []
    assert options() == []


def test_digital_goods_do_not_count_for_the_shipping_price() -> None:
    assert options(wanted(SHIRT), wanted(EBOOK, 10)) == [("post", 490), ("parcel", 990)]


def test_a_line_that_cannot_be_bought_is_left_out_of_the_options() -> None:
    assert options(wanted(SHIRT), wanted(UUID(int=99))) == [("post", 490), ("parcel", 990)]


def free_from(counts: str = "after_discounts", minor: int = 5000) -> ShopRules:
    threshold = shipping.FreeFrom(amount_minor=minor, counts=counts)  # type: ignore[arg-type]
    terms = method("post", 1, free_from=threshold)
    return compile_rules(CHANNEL, [], [DE_ZONE], [terms])


def test_rule17_an_option_says_what_free_shipping_still_needs() -> None:
    # The gift card of 50.00 counts for nothing (D6).
    for units, missing, price in ((4, 240, 490), (5, 0, 0)):
        lines = [wanted(SHIRT, units), wanted(CARD)]
        shown = quoted(*lines)
        (option,) = shipping_options(
            free_from(), CHANNEL, SHELF, lines, BERLIN, quoted=shown, at=NOW
        )
        assert option.free_from == Money(5000, "EUR")
        assert (option.free_missing, option.price.minor) == (Money(missing, "EUR"), price)


@pytest.mark.parametrize(
    ("counts", "shipping_minor"), [("before_discounts", 0), ("after_discounts", 490)]
)
def test_D6_a_threshold_counts_the_declared_amount_once(counts: str, shipping_minor: int) -> None:
    found = quote_lines(
        free_from(counts),
        CHANNEL,
        SHELF,
        [wanted(SHIRT, 5)],
        BERLIN,
        "post",
        at=NOW,
        discounts=[Discount(rule="r", reason="kind", target="order", amount_minor=1000)],
    )
    assert found.shipping is not None
    assert found.shipping.price == Money(490, "EUR")
    assert found.shipping_total.minor == shipping_minor
    assert found.total.minor == 5950 - 1000 + shipping_minor
    (step,) = [step for step in found.explanation if step.code == "shipping.free_from"]
    assert step.numbers["value_minor"] == (5950 if shipping_minor == 0 else 4950)


@pytest.mark.parametrize(("minor", "shipping_minor"), [(5950, 0), (5951, 490)])
def test_D6_a_threshold_includes_its_own_amount(minor: int, shipping_minor: int) -> None:
    rules_from = free_from(minor=minor)
    found = quote_lines(rules_from, CHANNEL, SHELF, [wanted(SHIRT, 5)], BERLIN, "post", at=NOW)
    assert found.shipping_total.minor == shipping_minor


def test_free_shipping_is_told_as_what_was_taken_off() -> None:
    found = quote_lines(free_from(), CHANNEL, SHELF, [wanted(SHIRT, 5)], BERLIN, "post", at=NOW)
    assert found.shipping is not None
    (adjustment,) = found.shipping.discounts
    assert (adjustment.rule, adjustment.level) == ("free_from:post", "shipping")
    assert adjustment.amount == found.shipping.discount == Money(490, "EUR")


def test_parcels_are_packed_by_weight_and_sides_of_the_goods() -> None:
    shelf = {SHIRT: goods(SHIRT, 1190, weight_g=100, dimensions_mm=(400, 300, 200))}
    packed = method(
        "post",
        1,
        pricing="weight",
        packing=shipping.Packing(max_volume_cm3=30_000, cm3_per_kg=5000),
        tiers=(
            shipping.Tier(from_value=0, price_minor=490),
            shipping.Tier(from_value=4000, price_minor=890),
        ),
    )
    compiled = compile_rules(CHANNEL, [], [DE_ZONE], [packed])
    lines = [wanted(SHIRT, 2)]
    found = quote_lines(compiled, CHANNEL, shelf, lines, BERLIN, "post", at=NOW)
    assert found.shipping_total.minor == 890 * 2


def test_a_zone_of_postal_codes_serves_only_them() -> None:
    berlin = shipping.Area(country="DE", postal_codes=("10000..14199",))
    zone_of_berlin = msgspec.structs.replace(DE_ZONE, areas=(berlin,))
    compiled = compile_rules(CHANNEL, [], [zone_of_berlin], [POST])
    lines = [wanted(SHIRT)]
    assert quote_lines(compiled, CHANNEL, SHELF, lines, BERLIN, "post", at=NOW).shipping
    munich = Address(country="DE", postal_code="80331")
    with pytest.raises(shipping.ShippingNotOffered):
        quote_lines(compiled, CHANNEL, SHELF, lines, munich, "post", at=NOW)


def test_an_option_promises_when_it_arrives() -> None:
    promise = shipping.Promise(
        cut_off="14:00", time_zone="Europe/Berlin", transit_min_days=1, transit_max_days=2
    )
    compiled = compile_rules(CHANNEL, [], [DE_ZONE], [method("post", 1, promise=promise)])
    shown = quoted(wanted(SHIRT))
    (option,) = shipping_options(
        compiled, CHANNEL, SHELF, [wanted(SHIRT)], BERLIN, quoted=shown, at=NOW
    )
    assert option.promise is not None
    # 1 March 2026 is a Sunday.
    assert option.promise.ships_on == date(2026, 3, 2)
    assert (option.promise.earliest, option.promise.latest) == (date(2026, 3, 3), date(2026, 3, 4))


def test_C9_what_has_no_price_or_is_not_published_cannot_be_bought() -> None:
    shelf = {
        SHIRT: goods(SHIRT, None),
        BOOK: goods(BOOK, 100, published=False),
        EBOOK: goods(EBOOK, None, prices=(tier(EBOOK, 100, min_quantity=5),)),
        CARD: goods(CARD, 0),
    }
    lines = [wanted(SHIRT), wanted(BOOK), wanted(EBOOK, 4), wanted(CARD), wanted(UUID(int=99))]
    assert [reason for _, reason in unpurchasable(rules(), shelf, lines, None, at=NOW)] == [
        "no_price",
        "not_published",
        "no_price",
        "unknown_variant",
    ]
    with pytest.raises(NotPurchasable) as caught:
        quoted(*lines, shelf=shelf)
    assert [line["key"] for line in caught.value.details["lines"]] == ["k1", "k2", "k3", "k99"]  # type: ignore[attr-defined]


def test_C3_the_tier_of_the_lines_quantity_applies_and_losers_are_told() -> None:
    shelf = {SHIRT: goods(SHIRT, None, prices=(tier(SHIRT, 1000), tier(SHIRT, 900, 10)))}
    found = quoted(wanted(SHIRT, 10), shelf=shelf)
    assert found.subtotal.minor == 9000
    assert found.explanation[0].numbers == {"minor": 1000, "why": "larger_tier_applies"}


def test_G4_the_hash_binds_the_whole_address() -> None:
    one = quoted(wanted(SHIRT), to=msgspec.structs.replace(BERLIN, line1="Weg 1"))
    other = quoted(wanted(SHIRT), to=msgspec.structs.replace(BERLIN, line1="Weg 2"))
    assert one.hash != other.hash
    assert msgspec.structs.replace(one, hash="") == msgspec.structs.replace(other, hash="")
    assert "Weg" not in str(msgspec.json.encode(one))


def test_compiled_rates_are_shared_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("argosy.workflows.shop_rules._KEPT_RATE_SETS", 3)
    kept = rules()
    first = rate_set_at(kept, BERLIN, "standard", NOW)
    assert rate_set_at(kept, BERLIN, "standard", NOW) is first
    for number in range(20):
        place = Address(country="DE", postal_code=str(number))
        assert rate_set_at(kept, place, "standard", NOW).key == "DE:standard"
    assert len(kept.places) <= 3


@pytest.mark.parametrize(
    ("gross_policy", "country", "gross", "net"),
    [
        ("gross_fixed", "DE", 11900, 10000),
        ("gross_fixed", "AT", 11900, 9917),
        ("gross_fixed", "US", 11900, 11900),
        ("net_fixed", "DE", 11900, 10000),
        ("net_fixed", "AT", 12000, 10000),
        ("net_fixed", "US", 10000, 10000),
    ],
)
def test_B8_the_gross_price_stays_or_the_net_price_does(
    gross_policy: pricing.GrossPolicy, country: str, gross: int, net: int
) -> None:
    shop = with_policy(rules(), gross_policy)
    shelf = {SHIRT: goods(SHIRT, 11900)}
    quote = quote_lines(
        shop, CHANNEL, shelf, [wanted(SHIRT)], Address(country=country), None, at=NOW
    )
    (line,) = quote.lines
    assert (line.total.minor, line.net.minor) == (gross, net)


def with_policy(shop: ShopRules, gross_policy: pricing.GrossPolicy) -> ShopRules:
    """The rules with another gross policy."""
    return dataclasses.replace(shop, prices=pricing.Policy(gross_policy=gross_policy))
