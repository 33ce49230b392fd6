"""Views of lists that people keep for themselves, by page and by API."""

from __future__ import annotations

import re

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import led, noted
from tests.web.identity.making import Shop

from argosy.modules.views import MAX_VIEWS


async def test_a_view_is_kept_shown_to_its_owner_alone_changed_and_forgotten(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    path = "/admin/orders"
    shown = f"{path}?stage=cancelled&email=ann%40example.com"
    page = (await desk.get(shown)).text
    fields = dict(re.findall(r'name="(f\.\w+)" value="([^"]*)"', page))
    assert fields == {"f.stage": "cancelled", "f.email": "ann@example.com"}
    assert 'class="keep"' not in (await desk.get(f"{path}?stage=cancelled")).text, "a usual view"
    form = {"place": path, "name": "Ann's"} | fields
    for _ in range(2):
        location = led(await desk.post("/admin/views", form))
    assert location in {f"{path}?email=ann%40example.com&stage=cancelled", shown}
    kept = (await desk.get(location)).text
    assert "Ann&#39;s</a>" in kept
    assert "Keep this view" not in kept
    found = re.search(r'action="/admin/views/(viw_\w+)/forget"', kept)
    assert found is not None
    other = await at_desk(shop, "owner", email="sam@example.com")
    assert "Ann&#39;s" not in (await other.get(path)).text
    strange = await other.post(f"/admin/views/{found[1]}/forget", {"place": path})
    assert "You have no such view." in (await other.get(led(strange))).text
    for wrong in ({"name": ""}, {"place": "/admin/v1/x/../y"}, {"place": "//evil.example/"}):
        refused = await desk.post("/admin/views", form | wrong)
        assert refused.headers.get("location", "/admin").startswith("/admin")
    led(await desk.post(f"/admin/views/{found[1]}/forget", {"place": path}))
    assert "Ann&#39;s" not in (await desk.get(path)).text
    assert await noted(shop, found[1]) == ["view.forgotten", "view.kept", "view.kept"]


async def test_columns_are_chosen_by_the_address_and_kept_with_a_view(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    path = "/admin/channels"
    heads = r'<th scope="col" class="([^"]*)">([^<]+)</th>'
    usual = re.findall(heads, (await desk.get(path)).text)
    assert [label for _, label in usual][:3] == ["Name", "Code", "Currency"]
    # Of what does not stay on a phone the first two stay on a small screen.
    assert [css.split() for css, _ in usual if "wide" in css] == [
        ["wide"], ["wide"], ["wide", "wider"],
    ]  # fmt: skip
    chosen = await desk.get(f"{path}?columns=currency&columns=prices")
    assert [label for _, label in re.findall(heads, chosen.text)] == ["Name", "Currency", "Prices"]
    assert 'value="currency" checked' in chosen.text
    assert 'value="countries" checked' not in chosen.text
    same = await desk.get(f"{path}?columns=name,currency,prices,nonsense")
    assert re.findall(heads, same.text) == re.findall(heads, chosen.text)
    assert re.findall(heads, (await desk.get(f"{path}?columns=nonsense")).text) == usual
    # Customers can be filtered and the columns kept; filtering anew leaves the columns.
    await shop.shopper_session("ann@example.com")
    place = "/admin/customers"
    page = (await desk.get(f"{place}?columns=email,since")).text
    assert 'name="columns" value="email,since"' in page
    fields = dict(re.findall(r'name="(f\.\w+)" value="([^"]*)"', page))
    assert fields == {"f.columns": "email,since"}
    kept = led(await desk.post("/admin/views", {"place": place, "name": "Short"} | fields))
    shown = (await desk.get(kept)).text
    assert re.search(r'aria-current="page">Short</a>', shown)
    assert "Telephone</th>" not in shown


async def test_views_are_a_persons_by_the_api_too_and_bounded(shop: Shop) -> None:
    token = await shop.staff_session("ada@example.com", "support")
    body = {"place": "/admin/customers", "name": "Dealers", "filters": {"group": "dealers"}}
    made = await shop.send("POST", "/admin/v1/me/views", body, token=token, idempotency_key="a")
    again = await shop.send("POST", "/admin/v1/me/views", body, token=token, idempotency_key="a")
    assert made.status_code == 201, made.text
    assert again.json() == made.json()
    changed = body | {"filters": {"group": "friends"}}
    same = await shop.send("POST", "/admin/v1/me/views", changed, token=token)
    assert same.json()["id"] == made.json()["id"]
    listed = await shop.send("GET", "/admin/v1/me/views?place=/admin/customers", token=token)
    assert [one["filters"] for one in listed.json()["items"]] == [{"group": "friends"}]
    for number in range(1, MAX_VIEWS):
        more = body | {"name": f"View {number}"}
        answer = await shop.send("POST", "/admin/v1/me/views", more, token=token)
        assert answer.status_code == 201
    full = await shop.send("POST", "/admin/v1/me/views", body | {"name": "One more"}, token=token)
    assert (full.status_code, full.json()["code"]) == (422, "views.too_many")
    elsewhere = body | {"place": "/admin/orders", "name": "One more"}
    assert (
        await shop.send("POST", "/admin/v1/me/views", elsewhere, token=token)
    ).status_code == 201
    for wrong in ({"filters": {}}, {"place": "/p/x"}, {"filters": {"A": "b"}}, {"name": " "}):
        refused = await shop.send("POST", "/admin/v1/me/views", body | wrong, token=token)
        assert refused.status_code == 422, wrong
    one = f"/admin/v1/me/views/{made.json()['id']}"
    assert (await shop.send("DELETE", one, token=token)).status_code == 204
    assert (await shop.send("DELETE", one, token=token)).json()["code"] == "views.not_found"
    key = await shop.secret_key("orders:read")
    assert (await shop.send("GET", "/admin/v1/me/views", token=key)).json()["items"] == []
    refused = await shop.send("POST", "/admin/v1/me/views", body, token=key)
    assert (refused.status_code, refused.json()["code"]) == (403, "views.only_people")
