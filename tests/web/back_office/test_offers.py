"""Who is offered which prices, who sees what, who owes no tax, and keys that are sold."""

from __future__ import annotations

import re

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import fill, form_of, led, noted, send
from tests.web.back_office.test_collections import shown
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import Shop

from argosy.kernel.ids import decode, encode
from argosy.modules import audiences, catalog, customers, licences, pricing, staff, tax


async def test_prices_are_offered_chosen_explained_and_offered_no_longer(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    await shown(shop, await a_product(desk, "Tee", "TEE"), 2000)
    await shop.shopper_session("acme@example.com")
    here = encode("channel", shop.channel.id)
    assert "Every channel sells by its own" in (await desk.get("/admin/price-assignments")).text
    async with shop.app.db.transaction() as tx:
        trade = pricing.CreatePriceList(code="trade", name="Trade", currency=shop.channel.currency)
        made = await pricing.create_price_list(tx, trade)
        tee = await catalog.find_variant_by_sku(tx, "TEE")
        assert tee is not None
        cheap = pricing.SetPrice(variant_id=tee.id, amount_minor=1500)
        await pricing.set_prices(tx, made.id, [cheap])
        pounds = pricing.CreatePriceList(code="gb", name="Pounds", currency="GBP")
        other = await pricing.create_price_list(tx, pounds)
        await pricing.set_prices(tx, other.id, [cheap])
    new = "/admin/price-assignments/new"
    offer = {"price_list_id": encode("price_list", made.id), "level": "customer"}
    wrong = await fill(desk, new, **offer, subject="nobody@example.com")
    assert wrong.status_code == 422
    assert 'value="nobody@example.com"' in wrong.text
    assert 'id="e-subject"' in wrong.text
    led(await send(desk, wrong, new, subject="ACME@example.com", valid_from="2020-01-01T10:00"))
    listed = await desk.get(f"/admin/price-assignments?channel_id={here}")
    assert "Trade" not in listed.text.partition("<table")[2]  # offered in all channels
    listed = await desk.get("/admin/price-assignments")
    ending = re.search(r'href="(/admin/price-assignments/[^"/]+/delete)"', listed.text)
    assert ending is not None
    why = "/admin/prices/why?sku=TEE&quantity=2"
    guests = (await desk.get(why)).text
    assert "€20.00" in guests
    assert "£15.00" in guests, "of another currency"
    theirs = (await desk.get(f"{why}&customer=acme@example.com")).text
    assert "€15.00" in theirs
    assert "A stronger level has a price" in theirs
    assert 'id="e-sku"' in (await desk.get("/admin/prices/why?sku=NOPE")).text
    led(await desk.post(ending[1], {"version": "", "sure": "yes"}))
    theirs = (await desk.get(f"{why}&customer=acme@example.com")).text
    assert "Its list is not offered to them" in theirs
    # The policy: levels by their names, in the order in which they stand.
    one = f"/admin/price-policies/{here}"
    first, second = await desk.get(one), await desk.get(one)
    strong = str(form_of(first)["levels"]).split("\n")
    assert strong[0] == "contract"
    turned = "\n".join([*strong[1:], strong[0]])
    led(await send(desk, first, one, levels=turned, choice="lowest"))
    late = await send(desk, second, one, was_price="omnibus")
    assert late.status_code in {409, 412}
    led(await send(desk, late, one))
    async with shop.app.db.reading() as tx:
        policy = await pricing.policy_of(tx, shop.channel.id)
    assert (policy.choice, policy.was_price) == ("lowest", "omnibus")
    assert (policy.levels[0], policy.levels[-1]) == ("customer", "contract")
    assert (await noted(shop, here)).count("price_policy.set") == 2


async def test_an_audience_is_made_goods_are_kept_for_it_and_shown_again(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product = await a_product(desk, "Tee", "TEE")
    here = encode("channel", shop.channel.id)
    path = f"/admin/audiences/{here}"
    async with shop.app.db.transaction() as tx:
        await customers.create_group(tx, code="dealers", name="Dealers")
    wrong = await desk.post(path, {"code": "a/b", "name": "Trade"})
    assert wrong.status_code == 422
    assert 'id="e-code"' in wrong.text
    trade = {"code": "trade", "name": "Trade", "groups": ["dealers"], "priority": "-5"}
    led(await desk.post(path, trade))
    edited = (await desk.get(f"/admin/audiences?channel={here}&edit=trade")).text
    assert 'value="-5"' in edited
    assert re.search(r'value="dealers" checked', edited)
    refused = await desk.post(f"{path}/restrictions", {"goods": "NOPE", "hides": "price"})
    assert 'id="e-goods"' in refused.text
    assert "NOPE</textarea>" in refused.text
    named = product.rpartition("/")[2]
    some = {"goods": f"TEE\n{named}\ntee", "hides": "price", "audiences": "trade"}
    led(await desk.post(f"{path}/restrictions", some))
    async with shop.app.db.reading() as tx:
        held = await audiences.list_restrictions(tx, shop.channel.id, limit=10)
    assert {(one.subject_kind, one.hides) for one in held} == {
        ("product", "price"),
        ("variant", "price"),
    }
    assert ">TEE</a>" in (await desk.get(f"/admin/audiences?channel={here}")).text
    assert "Tee,price,trade" in (await desk.get(f"{path}/restrictions.csv")).text
    lifted = {"chosen": [encode(one.subject_kind, one.subject_id) for one in held]}
    led(await desk.post(f"{path}/restrictions/lift", lifted))
    assert "Its customers see what" in (await desk.get(f"{path}/trade/end")).text
    assert (await desk.get(f"{path}/none/end")).status_code == 404
    led(await desk.post(f"{path}/trade/end", {"sure": "yes"}))
    async with shop.app.db.reading() as tx:
        assert not await audiences.list_restrictions(tx, shop.channel.id, limit=10)
        assert not await audiences.list_audiences(tx, shop.channel.id)
    reader = await at_desk(shop, "support", email="sue@example.com")
    seen = await reader.get(f"/admin/audiences?channel={here}")
    assert seen.status_code == 403 or "Restrict it" not in seen.text


async def test_a_certificate_is_kept_and_revoked_and_a_channel_says_who_sells(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    await shop.shopper_session("acme@example.com")
    async with shop.app.db.reading() as tx:
        acme = await customers.customer_by_email(tx, "acme@example.com")
    assert acme is not None
    path = f"/admin/customers/{encode('customer', acme.id)}/certificates"
    assert path in (await desk.get(f"/admin/customers/{encode('customer', acme.id)}")).text
    assert "No certificates" in (await desk.get(path)).text
    place = {"jurisdictions[0].country": "US", "jurisdictions[0].region": "CA"}
    wrong = await fill(desk, f"{path}/new", number="SR-1", reason="resale", **place)
    assert wrong.status_code == 422  # since when?
    since = {"jurisdictions[0].valid_from": "2026-01-01"}
    one = led(await send(desk, wrong, f"{path}/new", **since))
    led(await fill(desk, one, document="Cabinet 3"))
    assert "US-CA" in (await desk.get(f"{path}.csv")).text
    assert "It counts for no purchase" in (await desk.get(f"{one}/revoke")).text
    led(await desk.post(f"{one}/revoke", {"sure": "yes"}))
    async with shop.app.db.reading() as tx:
        (held,) = await tax.certificates_of(tx, acme.id)
    assert (held.document, held.revoked_at is None) == ("Cabinet 3", False)
    assert "Revoked" in (await desk.get(one)).text
    here = encode("channel", shop.channel.id)
    led(await fill(desk, f"/admin/tax-policies/{here}", seller_country="DE", recent_days="60"))
    async with shop.app.db.reading() as tx:
        policy = (await tax.taxes_of_channel(tx, shop.channel.id)).policy
    assert (policy.seller_country, policy.recent_days) == ("DE", 60)
    assert "No tax engine is told" in (await desk.get("/admin/taxes/filings")).text
    nothing = (await desk.get("/admin/taxes/id-checks?tax_id=DE136695976")).text
    assert "No register was asked" in nothing
    assert "10,000 EUR" in (await desk.get("/admin/taxes/eu-sales?year=2025")).text


async def test_keys_are_put_into_a_pool_counted_and_never_shown(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    await a_product(desk, "Game", "GAME")
    async with shop.app.db.reading() as tx:
        game = await catalog.find_variant_by_sku(tx, "GAME")
    assert game is not None
    one = f"/admin/licences/{encode('variant', game.id)}"
    assert one in (await desk.get(f"/admin/variants/{encode('variant', game.id)}")).text
    assert "Nothing is delivered as keys" in (await desk.get("/admin/licences")).text
    first = await desk.get(one)
    assert "is not delivered as keys" in first.text
    assert "Add keys" not in first.text
    early = await desk.post(f"{one}/keys", {"keys": "AAAA-1"})
    assert early.status_code == 404
    led(await send(desk, first, one, deliver_when="authorised"))
    none = await desk.post(f"{one}/keys", {"keys": " \n"})
    assert none.status_code == 422
    assert 'id="e-keys"' in none.text
    sent = {"file": ("keys.txt", "AAAA-1\r\n\r\nBBBB-2\r\n", "text/plain")}
    answer = await desk.client.post(f"{one}/keys", files=sent, data={"keys": "CCCC-3"})
    assert led(answer) == one
    led(await desk.post(f"{one}/keys", {"keys": "AAAA-1\nDDDD-4"}))
    async with shop.app.db.reading() as tx:
        assert tuple(await licences.count_keys(tx, game.id)) == (4, 0, 0)
    looked = (await desk.get(one)).text
    assert "Few keys are left" in looked
    listed = (await desk.get("/admin/licences?short=true")).text
    assert "GAME" in listed
    assert not re.search("AAAA|BBBB|CCCC|DDDD", looked + listed)
    trail = await noted(shop, encode("variant", game.id))
    assert trail[:3] == ["licence_keys.added", "licence_keys.added", "licence_pool.set"]
    async with shop.app.db.reading() as tx:
        noticed = await staff.list_audit(tx, staff.AuditFilter(), limit=5)
    assert "AAAA" not in str(noticed)


async def test_a_brand_speaks_for_its_products_and_categories_need_labels(shop: Shop) -> None:
    desk = await at_desk(shop, "catalogue")
    async with shop.app.db.transaction() as tx:
        lamps = await catalog.create_category(tx, parent_id=None, name="Lamps")
    made = led(await fill(desk, "/admin/brands/new", name="Luma"))
    sheet = f"/admin/brand-compliance/{made.rpartition('/')[2]}"
    assert sheet in (await desk.get(made)).text
    assert led(await fill(desk, sheet, warnings="en: Hot.")) == made
    assert form_of(await desk.get(sheet))["warnings"] == "en: Hot."
    energy = "/admin/compliance/energy/categories"
    assert energy in (await desk.get("/admin/compliance")).text
    wrong = await fill(desk, energy, category_ids="nowhere")
    assert wrong.status_code in {404, 422}
    led(await send(desk, wrong, energy, category_ids="lamps"))
    assert form_of(await desk.get(energy))["category_ids"] == lamps.path
    assert (await desk.get("/admin/compliance/energy/other")).status_code == 404
    assert decode("category", encode("category", lamps.id)) == lamps.id
