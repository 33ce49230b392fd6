"""A shopper cancels their order from its page."""

from __future__ import annotations

import re

import httpx
from tests.web.checkout.conftest import Counter
from tests.web.checkout.test_shopper_invoices import bought, get, secret

from argosy.kernel.ids import decode


async def send(shop: Counter, path: str, version: str, site: str = "same-origin") -> httpx.Response:
    return await shop.client.post(
        path,
        content=f"version={version}",
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "sec-fetch-site": site,
            "accept": "text/html",
        },
    )


def version_in(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None, page
    return found[1]


async def test_a_guest_cancels_once_with_the_token_and_knows_what_it_does(shop: Counter) -> None:
    order = await bought(shop)
    token = secret(shop, order)
    page, path = f"/orders/{order}?token={token}", f"/orders/{order}/cancel?token={token}"
    assert f'href="{path}"' in (await get(shop, page, 200)).text
    for wrong in (f"/orders/{order}/cancel", f"/orders/{order}/cancel?token=x"):
        await get(shop, wrong, 404)
        assert (await send(shop, wrong, "1")).status_code == 404
    asked = await get(shop, path, 200)
    assert "is released and not charged" in asked.text
    assert asked.headers["referrer-policy"] == "same-origin"
    version = version_in(asked.text)
    assert (await send(shop, path, version, "cross-site")).status_code == 403
    for stale in (str(int(version) + 1), "", "x"):
        refused = await send(shop, path, stale)
        assert (refused.status_code, "has changed since" in refused.text) == (409, True)
        assert version_in(refused.text) == version
    for _ in range(2):
        done = await send(shop, path, version)
        assert (done.status_code, done.headers["location"]) == (303, page)
    shown = (await get(shop, page, 200)).text
    assert "This order was cancelled." in shown
    assert path not in shown
    assert 'name="version"' not in (await get(shop, path, 200)).text
    seen = await get(shop, f"/v1/orders/{order}", 200, x_order_token=token)
    kinds = [step["kind"] for step in seen.json()["timeline"]]
    assert kinds.count("cancelled") == 1


async def test_what_is_held_is_released_and_what_was_shipped_stays_bought(shop: Counter) -> None:
    placed = []
    for key in ("one", "two"):
        cart = await shop.cart(shirt=1)
        paid = {"gateway": "sandbox", "instrument": {"token": "tok_approved"}}
        answer = await shop.place(cart, key, paid)
        assert answer.status_code == 201, answer.text
        placed.append(answer.json()["order"])
    first, second = placed
    path = f"/orders/{first['id']}/cancel?token={first['token']}"
    asked = (await get(shop, path, 200)).text
    assert "is released and not charged" in asked
    assert (await send(shop, path, version_in(asked))).status_code == 303
    seen = await get(shop, f"/v1/orders/{first['id']}", 200, x_order_token=first["token"])
    assert (seen.json()["stage"], seen.json()["payment_status"]) == ("cancelled", "voided")

    path = f"/orders/{second['id']}/cancel?token={second['token']}"
    before = version_in((await get(shop, path, 200)).text)
    await shop.till.db.pool.execute(
        "update orders.order set units_fulfilled = 1 where id = $1", decode("order", second["id"])
    )
    late = await send(shop, path, before)
    assert (late.status_code, "cannot be cancelled here any more" in late.text) == (409, True)
    shown = await get(shop, f"/orders/{second['id']}?token={second['token']}", 200)
    assert "/cancel?" not in shown.text
