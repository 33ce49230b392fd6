"""Reviews over HTTP: who may write, what is shown, who decides, and what the product page says."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.hearing import all_heard
from tests.web.checkout.conftest import BERLIN, Counter

from argosy.runtime import subscriptions
from argosy.workflows import projecting, reactions

WARM = {
    "rating": 5,
    "author": "Ann",
    "title": "Warm",
    "body": "Fits.\n\nAnd warms.",
    "locale": "en",
}
URL = "/v1/products/shirt/reviews"


async def settle(shop: Counter) -> None:
    """What the worker does, until the shop window is as the facts are."""
    heard = subscriptions_of(shop)
    await subscriptions.register(shop.till.db, heard)
    # Events of a transaction are read once all older ones of the server have ended, and other tests
    # run on the same server.
    async with asyncio.timeout(60):
        while True:
            moved = [await subscriptions.deliver(shop.till.db, one) for one in heard]
            projected = await projecting.project_changed(shop.till.app)
            unread = await shop.till.db.pool.fetchval(
                """select count(*) from runtime.outbox o join runtime.subscription s
                   on (o.xid, o.id) > (s.xid, s.id) where s.name = 'note_changes'
                   and o.type = any ($1::text[])""",
                list(projecting.PROJECTION_EVENTS),
            )
            if not (any(moved) or projected or unread):
                break
            await asyncio.sleep(0.01)
    await all_heard(shop.till.db)


def subscriptions_of(shop: Counter) -> list[subscriptions.Subscription]:
    wanted = {"note_changes", "anonymise_reviews", "forget_reviews"}
    return [one for one in reactions.subscriptions(shop.till.app) if one.name in wanted]


async def listed(shop: Counter, query: str = "") -> dict[str, Any]:
    answer = await shop.send("GET", URL + query)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def rated(shop: Counter) -> Any:
    page = await shop.send("GET", "/v1/products/shirt")
    listing = await shop.send("GET", "/v1/products")
    card = next(c for c in listing.json()["items"] if c["slug"] == "shirt")
    assert card["rating"] == page.json()["rating"]
    return card["rating"]


async def test_a_review_is_written_decided_shown_and_counted(shop: Counter) -> None:
    await settle(shop)
    ann, bob = await shop.shopper_session(), await shop.shopper_session("bob@example.com")
    key = await shop.secret_key("reviews:write", "audit:read")
    assert (await shop.send("POST", URL, WARM)).status_code == 401
    made = await shop.send("POST", URL, WARM, token=ann, idempotency_key="one")
    assert (made.status_code, made.json()["state"]) == (201, "pending"), made.text
    again = await shop.send("POST", URL, WARM, token=ann, idempotency_key="one")
    assert (again.json(), again.headers["idempotency-replayed"]) == (made.json(), "true")
    twice = await shop.send("POST", URL, WARM, token=ann)
    assert (twice.status_code, twice.json()["code"]) == (409, "reviews.already_reviewed")
    await shop.send("POST", URL, WARM | {"rating": 2, "author": "Bob"}, token=bob)
    assert (await listed(shop))["items"] == []
    assert await rated(shop) is None

    waiting = (await shop.send("GET", "/admin/v1/reviews", token=key)).json()["items"]
    assert [r["author"] for r in waiting] == ["Bob", "Ann"]
    for review in waiting:
        path = f"/admin/v1/reviews/{review['id']}/approve"
        assert (await shop.send("POST", path, token=key)).json()["state"] == "approved"
        assert (await shop.send("POST", path, token=key)).json()["version"] == 2, "a no-op"
    await settle(shop)
    shown = await listed(shop, "?sort=lowest")
    assert [r["rating"] for r in shown["items"]] == [2, 5]
    assert "customer_id" not in shown["items"][0]
    assert shown["items"][1]["body"] == WARM["body"]
    assert shown["rating"]["average"] == "3.5"
    assert [h["count"] for h in shown["rating"]["histogram"]] == [1, 0, 0, 1, 0]
    assert await rated(shop) == {"average": "3.5", "count": 2}

    path = f"/admin/v1/reviews/{waiting[0]['id']}"
    rejected = await shop.send("POST", f"{path}/reject", {"reason": "Rude."}, token=key)
    assert (rejected.json()["state"], rejected.json()["reason"]) == ("rejected", "Rude.")
    await settle(shop)
    assert await rated(shop) == {"average": "5.0", "count": 1}
    trail = (await shop.send("GET", "/admin/v1/audit", token=key)).json()["items"]
    assert [e["action"] for e in trail][:3] == ["review.rejected"] + ["review.approved"] * 2


async def test_who_bought_is_verified_and_who_is_erased_is_nameless(shop: Counter) -> None:
    await settle(shop)
    ann = await shop.shopper_session()
    lines = [{"variant_id": shop.variant("shirt"), "quantity": 1}]
    bought = await shop.send(
        "POST",
        "/v1/purchases",
        {
            "lines": lines,
            "email": "ann@example.com",
            "shipping_address": BERLIN,
            "shipping_method": "standard",
            "payment": {"gateway": "invoice"},
        },
        token=ann,
        idempotency_key="buy",
    )
    assert bought.status_code == 201, bought.text
    verified = await shop.send("POST", URL, WARM, token=ann)
    assert verified.json()["verified"] is True
    other = await shop.send("POST", "/v1/products/mug/reviews", WARM, token=ann)
    assert other.json()["verified"] is False
    mine = (await shop.send("GET", "/v1/customers/me/reviews", token=ann)).json()["items"]
    assert len(mine) == 2
    gone = await shop.send("DELETE", f"/v1/customers/me/reviews/{other.json()['id']}", token=ann)
    assert gone.status_code == 204

    key = await shop.secret_key("reviews:write", "customers:write")
    path = f"/admin/v1/reviews/{verified.json()['id']}"
    customer = (await shop.send("GET", path, token=key)).json()["customer_id"]
    await shop.send("POST", f"{path}/approve", token=key)
    await shop.send("POST", f"/admin/v1/customers/{customer}/erasure", token=key)
    await settle(shop)
    left = (await shop.send("GET", path, token=key)).json()
    assert (left["customer_id"], left["author"], left["verified"]) == (None, "", True)
    assert (await listed(shop))["items"][0]["author"] == ""


async def test_bad_reviews_and_bad_questions_are_refused(shop: Counter) -> None:
    await settle(shop)
    ann, key = await shop.shopper_session(), await shop.secret_key("reviews:read")
    for changes, code in (
        ({"rating": 6}, "request.invalid"),
        ({"body": "<b>bold</b>"}, "reviews.invalid"),
        ({"stars": 5}, "request.invalid"),
        ({"body": "my card 4242 4242 4242 4242"}, "request.card_number"),
    ):
        answer = await shop.send("POST", URL, WARM | changes, token=ann)
        assert answer.status_code == 422 or answer.json()["code"] == code, answer.text
    missing = await shop.send("POST", "/v1/products/none/reviews", WARM, token=ann)
    assert missing.status_code == 404
    cursor = (await shop.send("GET", URL + "?cursor=xx")).json()
    assert cursor["code"] == "paging.cursor_invalid"
    own = await shop.send("POST", URL, WARM, token=ann)
    path = f"/admin/v1/reviews/{own.json()['id']}/approve"
    assert (await shop.send("POST", path, token=key)).status_code == 403
    tag = (await shop.send("GET", URL)).headers["etag"]
    assert (await shop.send("GET", URL, if_none_match=tag)).status_code == 304
