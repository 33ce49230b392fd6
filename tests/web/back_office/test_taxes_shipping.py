"""Taxes, shipping and fees in the back office: set up from nothing, and tried on a purchase."""

from __future__ import annotations

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import fill, form_of, led, noted, send
from tests.web.back_office.test_collections import shown
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import Shop

from argosy.kernel.ids import encode
from argosy.runtime.db import begin_counting


async def test_a_shop_is_given_taxes_shipping_and_a_deposit_and_a_purchase_is_tried(
    shop: Shop,
) -> None:
    desk = await at_desk(shop, "owner")
    channel = encode("channel", shop.channel.id)
    country = shop.channel.default_country
    product = await a_product(desk, "Juice", "JUICE-1")
    await shown(shop, product, 1000)
    # Taxes: a pack, a class, a zone of one's own with a rate, and the end of that rate.
    assert "No tax zones yet" in (await desk.get("/admin/taxes")).text
    led(await desk.post("/admin/taxes/packs", {"pack": "no-vat"}))
    assert "zones and" in (await desk.get("/admin/taxes")).text
    led(await desk.post("/admin/taxes/classes", {"code": "drinks", "name": "Drinks"}))
    wrong = await desk.post("/admin/taxes/classes", {"code": "Dr inks", "name": "Drinks"})
    assert wrong.status_code == 422
    assert 'value="Dr inks"' in wrong.text
    assert "Drinks" in (await desk.get("/admin/taxes/classes.csv")).text
    zone = led(
        await fill(desk, "/admin/taxes/new", code="HOME", name="Home", areas=country, priority="9")
    )
    rate = {"tax_class": "standard", "rate": "19", "name": "VAT 19", "code": "H.standard"}
    assert led(await fill(desk, f"{zone}/rates/new", **rate)) == zone
    page = (await desk.get(zone)).text
    assert "In force" in page
    assert ">19<" in page
    overlapping = await fill(desk, f"{zone}/rates/new", **rate)
    assert overlapping.status_code == 409
    rates = [part.partition('"')[0] for part in page.split(f'href="{zone}/rates/')[1:]]
    rate_path = f"{zone}/rates/{rates[-1]}"
    assert form_of(await desk.get(rate_path))["rate"] == ["19"]
    assert led(await fill(desk, rate_path, rate="25,5")) == zone
    assert ">25.5<" in (await desk.get(zone)).text
    assert "tax_rate.changed" in await noted(shop, zone.rpartition("/")[2])
    # Shipping: a zone, a class, a method with a table; what it costs somewhere.
    served = led(
        await fill(desk, "/admin/shipping/zones/new", code="home", name="Home", areas=country)
    )
    led(await desk.post("/admin/shipping/classes", {"code": "bottles", "name": "Bottles"}))
    path = "/admin/shipping/new"
    form = {"channel_id": channel, "code": "parcel", "name": "Parcel", "pricing": "price"}
    form |= {"zone_ids": [served.rpartition("/")[2]], "tiers[0].price_minor": "4.90"}
    form |= {"tiers[0].from_value": "0"}
    more = await fill(desk, path, "append tiers", **form)
    assert "tiers[1].from_value" in more.text
    tier = {"tiers[1].from_value": "50.00", "tiers[1].price_minor": "0.00"}
    promised = await send(desk, more, path, "put promise", **tier)
    promise = {"promise.cut_off": "14:00", "promise.time_zone": "Europe/Berlin"}
    promise |= {"promise.transit_min_days": "1", "promise.transit_max_days": "2"}
    method = led(await send(desk, promised, path, **promise))
    held = form_of(await desk.get(method))
    assert held["tiers[1].from_value"] == ["50.00"]
    tried = (await desk.get(f"{method}?country={country}&grams=500&units=2")).text
    assert "Shoppers pay" in tried
    assert "4.90" in tried
    assert "parcel" in (await desk.get(f"/admin/shipping?channel_id={channel}")).text
    used = await desk.get(f"{served}/delete")
    assert "Only a zone that no way of shipping serves" in used.text
    kept = await desk.post(f"{served}/delete", {"version": "1"})
    assert led(kept) == served
    # A deposit, and what all of it costs together.
    deposit = {"channel_id": channel, "code": "bottle", "kind": "deposit", "name": "Deposit"}
    deposit |= {"per": "unit", "amount_minor": "0.25"}
    fee = led(await fill(desk, "/admin/fees/new", **deposit))
    assert form_of(await desk.get(fee))["amount_minor"] == ["0.25"]
    assert "0.25 EUR" in (await desk.get("/admin/fees")).text
    assert "0.25 EUR" in (await desk.get("/admin/fees.csv")).text
    done = (await desk.get(f"{fee}?sku=JUICE-1&units=4&country={country}")).text
    assert "Without it" in done
    assert "Deposit" in done
    unknown = await desk.get(f"{fee}?sku=NOTHING")
    assert "No variant has this SKU." in unknown.text
    goods = f"goods=JUICE-1+4&country={country}&channel_id={channel}"
    for place in ("taxes", "shipping", "fees"):
        counted = begin_counting()
        before = len(counted.names)
        trial = await desk.get(f"/admin/{place}/trial?{goods}")
        assert len(counted.names) - before < 40, counted.names[before:]
        assert trial.status_code == 200, trial.text
        for said in ("JUICE-1", "VAT 19", "Parcel", "Deposit"):
            assert said in trial.text, said
    assert (await desk.get("/admin/taxes/trial?goods=NOTHING")).status_code == 404
    nowhere = await desk.get(f"/admin/taxes/trial?goods=JUICE-1&country=ZZ&channel_id={channel}")
    assert nowhere.status_code == 422
    assert 'id="e-country"' in nowhere.text
    clerk = await at_desk(shop, "support", email="sam@example.com")
    assert (await clerk.post("/admin/taxes/packs", {"pack": "no-vat"})).status_code == 403


async def test_who_issues_invoices_is_said_once(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    address = {"address__country": "DE", "address__city": "Berlin", "address__line1": "Weg 1"}
    seller = led(
        await fill(
            desk,
            "/admin/taxes/sellers/new",
            code="ltd",
            name="Example Ltd",
            channel_ids=[encode("channel", shop.channel.id)],
            address__postal_code="10115",
            **address,
        )
    )
    held = form_of(await desk.get(seller))
    assert (held["yearly"], held["invoice_prefix"]) == (["yes"], ["INV-"])
    led(await fill(desk, seller, yearly=None, invoice_prefix="R-"))
    held = form_of(await desk.get(seller))
    assert "yearly" not in held
    assert held["invoice_prefix"] == ["R-"]
    assert "Example Ltd" in (await desk.get("/admin/taxes/sellers")).text
