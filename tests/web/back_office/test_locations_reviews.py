"""Stock locations and the moderation of reviews, in the back office."""

from __future__ import annotations

import re

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import fill, led, noted, send
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import Shop

from argosy.kernel.ids import decode, encode, new_id
from argosy.modules import channels, inventory, reviews
from argosy.modules.reviews import GivenReview


async def test_a_location_is_opened_serves_channels_in_an_order_and_is_closed(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    made = {"code": "shed", "name": "Shed", "country": "DE"}
    wrong = await fill(desk, "/admin/locations/new", **made | {"country": "Germany"})
    assert wrong.status_code == 422
    assert 'id="e-country"' in wrong.text
    first = led(await fill(desk, "/admin/locations/new", **made))
    other = led(await fill(desk, "/admin/locations/new", **made | {"code": "hall", "name": "Hall"}))
    assert "Shed" in (await desk.get("/admin/locations")).text
    assert "shed" in (await desk.get("/admin/locations.csv")).text
    channel = encode("channel", shop.channel.id)

    async def places() -> list[str]:
        async with shop.app.db.reading() as tx:
            now = await channels.channel_by_id(tx, shop.channel.id)
        return [encode("location", one) for one in now.locations]

    async def press(path: str, act: str) -> None:
        page = await desk.get(path)
        version = re.search(rf'name="version\.{channel}" value="(\d+)"', page.text)
        assert version is not None
        form = {"act": f"{act} {channel}", f"version.{channel}": version[1]}
        assert led(await desk.post(f"{path}/channels", form)) == path

    begun = await places()
    await press(first, "add")
    await press(other, "add")
    shed, hall = (one.rpartition("/")[2] for one in (first, other))
    assert await places() == [*begun, shed, hall]
    await press(other, "up")
    assert await places() == [*begun, hall, shed]
    stale = {"act": f"remove {channel}", f"version.{channel}": "1"}
    await desk.post(f"{first}/channels", stale)
    assert await places() == [*begun, hall, shed]
    await press(first, "remove")
    assert await places() == [*begun, hall]
    # Two people: the name by one, the country by the other.
    mine, theirs = await desk.get(first), await desk.get(first)
    assert led(await send(desk, mine, first, name="Garden shed")) == first
    late = await send(desk, theirs, first, country="AT")
    assert late.status_code in {409, 412}
    assert "Taken over" in late.text
    assert led(await send(desk, late, first)) == first
    asked = await desk.get(f"{first}/close")
    assert "Nothing is sold from it any more" in asked.text
    version = re.search(r'name="version" value="(\d+)"', asked.text)
    assert version is not None
    led(await desk.post(f"{first}/close", {"version": version[1], "sure": "yes"}))
    async with shop.app.db.reading() as tx:
        now = await inventory.location_by_id(tx, decode("location", shed))
    assert (now.active, now.name, now.country) == (False, "Garden shed", "AT")
    closed = await desk.get(first)
    undo = re.search(
        rf'action="{first}/open">\s*<input[^>]*name="version" value="(\d+)"', closed.text
    )
    assert undo is not None
    led(await desk.post(f"{first}/open", {"version": undo[1]}))
    assert "location.changed" in await noted(shop, shed)


async def test_reviews_that_wait_are_decided_and_decisions_taken_back(shop: Shop) -> None:
    desk = await at_desk(shop, "manager")
    assert "No review waits" in (await desk.get("/admin/reviews")).text
    product = decode("product", (await a_product(desk)).rpartition("/")[2])
    async with shop.app.db.transaction() as tx:
        taken = await reviews.take_reviews(
            tx,
            [
                GivenReview(
                    id=new_id(), product_id=product, external_id=f"r{n}", author="Ann",
                    title=f"Title {n}",
                    body=f"Body {n}", rating=n, state="pending", written_at=tx.now,
                )
                for n in (1, 2, 3)
            ],
        )  # fmt: skip
        assert len(taken) == 3
        rows = await reviews.list_reviews(tx, "pending", limit=5)
    ids = {one.title: encode("review", one.id) for one in rows}

    async def states() -> list[str]:
        async with shop.app.db.reading() as tx:
            found = [await reviews.review_by_id(tx, one.id) for one in rows]
        return [one.state for one in sorted(found, key=lambda one: one.title)]

    listed = await desk.get("/admin/reviews?product=RIDGE")
    assert "Title 1" in listed.text
    assert "Ridge Hoodie" in listed.text
    none = await desk.get("/admin/reviews?product=nope")
    assert none.status_code == 404
    assert 'value="nope"' in none.text
    one = f"/admin/reviews/{ids['Title 1']}"
    assert "Body 1" in (await desk.get(one)).text
    long = await desk.post(one, {"act": "reject", "reason": "x" * 501})
    assert long.status_code == 422
    assert 'id="e-reason"' in long.text
    led(await desk.post(one, {"act": "reject", "reason": "Is about the parcel."}))
    assert await states() == ["rejected", "pending", "pending"]
    rejected = await desk.get("/admin/reviews.csv?state=rejected")
    assert "Is about the parcel." in rejected.text
    led(await desk.post("/admin/reviews/bulk/approve", {"chosen": list(ids.values())}))
    assert await states() == ["approved", "approved", "approved"]
    after = await desk.get("/admin/reviews")
    were = re.search(r'name="were" value="([^"]+)"', after.text)
    assert were is not None
    led(await desk.post("/admin/reviews/bulk/undo", {"were": were[1]}))
    assert await states() == ["rejected", "pending", "pending"]
    asked = await desk.post("/admin/reviews/bulk/reject", {"chosen": list(ids.values())})
    assert "3 reviews are chosen" in asked.text
    assert await states() == ["rejected", "pending", "pending"]
    sure = {"chosen": [*ids.values(), "rev_nonsense"], "sure": "yes", "reason": "Spam."}
    led(await desk.post("/admin/reviews/bulk/reject", sure))
    assert await states() == ["rejected", "rejected", "rejected"]
    assert (await noted(shop, ids["Title 2"]))[:2] == ["review.rejected", "review.reopened"]
    async with shop.app.db.reading() as tx:
        assert (await reviews.rating_of(tx, product)).count == 0
