"""Promotions in the back office: built part by part, checked, tried, put live and stopped."""

from __future__ import annotations

import html
import re
from typing import Any
from uuid import UUID

import httpx
from tests.web.back_office.conftest import Desk, at_desk
from tests.web.identity.making import Shop

from argosy.kernel.ids import decode
from argosy.modules import promotions
from argosy.modules.promotions import Promotion
from argosy.runtime.db import begin_counting

PATH = "/admin/promotions"


def fields(page: str) -> dict[str, Any]:
    """What a browser would send of the rule builder on this page; of boxes, all that are ticked."""
    form = page[page.index('action="/admin/promotions') :]
    form = form[: form.index("</form>")]
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            text = html.unescape(value[1]) if value else ""
            several = 'type="checkbox"' in tag and name[1] in sent
            sent[name[1]] = [*flat(sent[name[1]]), text] if several else text
    for name, text in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>([^<]*)<', form):
        sent[name] = html.unescape(text)
    for name, options in re.findall(
        r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    return sent


def flat(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


async def saved(shop: Shop, path: str) -> Promotion:
    async with shop.app.db.reading() as tx:
        return await promotions.promotion_by_id(tx, id_of(path))


def id_of(path: str) -> UUID:
    return decode("promotion", path.split("/")[3])


async def drafted(desk: Desk, **more: str) -> str:
    """The path of a new draft: ten percent off."""
    form = fields((await desk.get(f"{PATH}/new")).text)
    form |= {"name": "Autumn", "$.action.percent": "10", "act": "save"} | more
    made = await desk.post(f"{PATH}/new", dict(form))
    assert made.status_code == 303, made.text
    return made.headers["location"]


async def test_a_rule_is_built_part_by_part_without_scripts_and_told_what_is_wrong(
    shop: Shop,
) -> None:
    desk = await at_desk(shop, "owner")
    assert "A promotion begins as a draft" in (await desk.get(PATH)).text
    page = await desk.get(f"{PATH}/new")

    async def press(page: httpx.Response, act: str, **more: str) -> httpx.Response:
        form = fields(page.text) | more | {"act": act}
        return await desk.post(f"{PATH}/new", dict(form))

    page = await press(page, "put $.when", **{"new@$.when": "cart_amount", "name": "Autumn <b>"})
    page = await press(page, "join $.when", **{"new@$.when": "country"})
    bad = {"$.when.of[0].gte": "many", "$.action.percent": "10"}
    page = await press(page, "save", **bad)
    assert (page.status_code, 'id="e-$.when.of[0].gte"' in page.text) == (422, True)
    assert 'value="many"' in page.text
    assert "Autumn &lt;b&gt;" in page.text
    page = await press(page, "check", **{"$.when.of[0].gte": "50 EUR"})
    assert "$.when.of[1].codes" in page.text or "$.when.of[1]" in page.text
    page = await press(page, "remove $.when.of[1]")
    page = await press(page, "text")
    assert "cart_amount" in fields(page.text)["document"]
    page = await press(page, "builder")
    page = await press(page, "save", budget="500 EUR", uses="3", needs_coupon="yes")
    assert page.status_code == 303, page.text
    path = page.headers["location"]
    made = await saved(shop, path)
    assert made.document == {
        "phase": "order",
        "when": {"type": "all", "of": [{"type": "cart_amount", "gte": {"EUR": 5000}}]},
        "action": {"type": "percent", "percent": "10"},
    }
    assert (made.limits.uses, made.limits.budget, made.needs_coupon) == (3, {"EUR": 50000}, True)
    shown = (await desk.get(path)).text
    assert "50.00 EUR" in shown
    for wrong, fault in (
        ({"name": ""}, "name"),
        ({"uses": "0"}, "uses"),
        ({"budget": "5"}, "budget"),
    ):
        form = fields((await desk.get(f"{PATH}/new")).text)
        form |= {"name": "x", "$.action.percent": "5", "act": "save"} | wrong
        refused = await desk.post(f"{PATH}/new", dict(form))
        assert (refused.status_code, f'id="e-{fault}"' in refused.text) == (422, True), fault
    broken = await desk.post(
        f"{PATH}/new", {"name": "x", "as": "text", "document": "{", "act": "save"}
    )
    assert "e-document" in broken.text


async def test_two_people_change_one_promotion_and_choose(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    path = await drafted(desk)
    opened = fields((await desk.get(f"{path}/edit")).text)
    theirs = opened | {"$.action.percent": "20", "uses": "5", "act": "save"}
    assert (await desk.post(f"{path}/edit", dict(theirs))).status_code == 303
    mine = opened | {"$.action.percent": "15", "name": "Winter", "act": "save"}
    late = await desk.post(f"{path}/edit", dict(mine))
    assert late.status_code == 409
    assert "Changed by Olga" in late.text
    assert "Limits" in late.text  # taken over
    again = fields(late.text)
    assert (again["name"], again["uses"], again["$.action.percent"]) == ("Winter", "5", "15")
    again |= {"act": "save", "choose.document": "theirs"}
    done = await desk.post(f"{path}/edit", dict(again))
    assert done.status_code == 303, done.text
    now = await saved(shop, path)
    assert (now.name, now.limits.uses) == ("Winter", 5)
    assert now.document["action"]["percent"] == "20"


async def test_it_is_put_live_tried_stopped_and_its_codes_are_made_and_ended(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    path = await drafted(desk, needs_coupon="yes")
    assert (await desk.post(f"{path}/move/live", {})).status_code == 303
    assert (await saved(shop, path)).state == "live"
    asked = await desk.get(f"{path}/pause")
    assert "0 carts that are being filled now have it." in asked.text
    for _ in range(2):
        assert (await desk.post(f"{path}/move/pause", {})).status_code == 303
    assert (await saved(shop, path)).version == 3
    begun = await desk.post(f"{path}/simulate", {"days": "7"})
    result = await desk.get(begun.headers["location"])
    assert "It is being replayed" in result.text
    channel = (await desk.get(path)).text
    found = re.search(r'<option value="(chn_[^"]+)"', channel)
    assert found is not None
    overlap = await desk.get(f"{path}/overlap?channel={found[1]}")
    assert "Nothing is sold there" in overlap.text
    nobody = await desk.get(f"{PATH}/explain?cart=cart_00000000000000000000000000")
    assert (nobody.status_code, "e-cart" in nobody.text) == (404, True)
    codes = f"{path}/coupons"
    made = await desk.post(codes, {"code": "Autumn10", "uses": "100"})
    assert made.status_code == 303
    twice = await desk.post(codes, {"code": " autumn10 ", "uses": ""})
    assert (twice.status_code, "Autumn10" in twice.text) == (409, True)
    none = await desk.post(codes, {"act": "generate", "name": "Mail", "codes": "0"})
    assert "e-codes" in none.text
    batch = await desk.post(codes, {"act": "generate", "name": "Mail", "codes": "5", "prefix": "M"})
    file = await desk.get(f"{codes}.csv?{batch.headers['location'].partition('?')[2]}")
    assert len(file.text.splitlines()) == 6
    asked = await desk.get(f"{codes}/end?code=Autumn10")
    assert "Autumn10 ends for good" in asked.text
    ended = await desk.post(f"{codes}/end", {"code": "Autumn10", "sure": "yes"})
    assert ended.status_code == 303
    assert "Disabled" in (await desk.get(codes)).text
    for page, most in ((PATH, 2), (path, 8), (codes, 5), (f"{path}/edit", 4)):
        counted = begin_counting()
        before = len(counted.names)
        assert (await desk.get(page)).status_code == 200
        assert 0 < len(counted.names) - before <= most, counted.names[before:]
    assert "Autumn" in (await desk.get(f"{PATH}.csv?state=paused")).text
    clerk = await at_desk(shop, "support", email="sam@example.com")
    assert (await clerk.post(f"{path}/move/live", {})).status_code == 403
    assert (await clerk.get(f"{path}/edit")).status_code == 403
