"""The page of a product says when it would arrive, as the checkout would, and only then."""

from __future__ import annotations

import re

from tests.hearing import all_heard
from tests.web.catalog.test_brands_api import window
from tests.web.identity.making import Shop
from tests.workflows.window_shop import Shop as Window

from argosy.drill.clock import MovableClock
from argosy.modules import shipping
from argosy.modules.shipping import Area, Promise, SetMethod, SetZone, Tier
from argosy.web.pages.wording import day_text, moment_text

__all__ = ["window"]

BERLIN = "Europe/Berlin"
DAILY = (1, 2, 3, 4, 5, 6, 7)
PROMISE = Promise(
    cut_off="14:00",
    time_zone=BERLIN,
    transit_min_days=1,
    transit_max_days=3,
    ship_days=DAILY,
    delivery_days=(1, 2, 3, 4, 5),
)


def method(zone: shipping.Zone, code: str, **more: object) -> SetMethod:
    tiers = (Tier(from_value=0, price_minor=490),)
    given = {"code": code, "name": code.title(), "pricing": "flat", "zone_ids": (zone.id,)}
    return SetMethod(**given, tiers=tiers, **more)  # type: ignore[arg-type]


async def test_F_the_product_page_promises_what_the_checkout_would(
    shop: Shop, window: Window, clock: MovableClock
) -> None:
    async def told(path: str) -> str:
        answer = await shop.client.get(f"/@window{path}", headers={"accept": "text/html"})
        assert answer.status_code == 200, answer.text
        found = re.search(r'class="small muted arrival">([^<]*)</p>', answer.text)
        return found[1] if found else ""

    def expected() -> str:
        promise = shipping.promise_at(PROMISE, clock.now(), "DE")
        assert promise is not None
        first, last = (day_text(day, "en") for day in (promise.earliest, promise.latest))
        before = promise.order_before
        until = moment_text(before, "en", window.channel.time_zone, before.year)
        days = f"from {first} to {last}" if first != last else f"on {last}"
        return f"Delivery to Germany {days} (Fast), if you order before {until}"

    await window.add("tee", sizes=("S",))
    await window.add("cap", sizes=("S",), stock=0)
    await window.settle()
    assert await told("/p/tee") == "", "nothing is known"
    async with shop.app.db.transaction() as tx:
        germany = await shipping.create_zone(
            tx, SetZone(code="de", name="Germany", areas=(Area(country="DE"),))
        )
        france = await shipping.create_zone(
            tx, SetZone(code="fr", name="France", areas=(Area(country="FR"),))
        )
        channel = window.channel.id
        silent, far = method(germany, "silent"), method(france, "far", promise=PROMISE)
        await shipping.create_method(tx, channel, silent)
        await shipping.create_method(tx, channel, far)
    await all_heard(shop.app.db)
    assert await told("/p/tee") == "", "what is offered promises nothing"
    async with shop.app.db.transaction() as tx:
        made = await shipping.create_method(
            tx, channel, method(germany, "fast", promise=PROMISE, position=5)
        )
    await all_heard(shop.app.db)
    first = await told("/p/tee")
    assert first == expected()
    assert await told("/p/cap") == "", "sold out"
    # The kept page ends with its cut-off; the next one promises later days.
    clock.advance(days=1)
    second = await told("/p/tee")
    assert second == expected()
    assert second != first
    async with shop.app.db.transaction() as tx:
        await shipping.delete_method(tx, made.id)
    await all_heard(shop.app.db)
    assert await told("/p/tee") == ""
