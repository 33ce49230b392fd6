"""What may go wrong between people, and what a browser measures: in a browser."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Any

import httpx
from playwright.async_api import Browser, Page, expect

from tests.pages.conftest import Demo, Watched
from tests.pages.test_shopping import HOODIE, fill_checkout, pay_by, put_into_cart

BAG, BAND = "/p/rival-field-messenger", "/p/quest-lumaflex-band"
PASSWORD = "four random words here"
PHONE = {"width": 320, "height": 720}

# How far things moved unasked (CLS), when the largest one was painted (LCP), and what held the
# page up: what the browser itself recorded.
MEASURED = """() => new Promise((done) => {
    let moved = 0, largest = 0;
    const told = (type, see) => new PerformanceObserver((list) => list.getEntries().forEach(see))
        .observe({type, buffered: true});
    told('layout-shift', (entry) => { if (!entry.hadRecentInput) moved += entry.value; });
    told('largest-contentful-paint', (entry) => { largest = entry.startTime; });
    setTimeout(() => {
        const files = performance.getEntriesByType('resource');
        const [page] = performance.getEntriesByType('navigation');
        done({
            moved, largest, answered: page.responseStart,
            blocking: files.filter((f) => f.renderBlockingStatus === 'blocking').map((f) => f.name),
            foreign: files.filter((f) => !f.name.startsWith(location.origin)).map((f) => f.name),
            sent: page.transferSize + files.filter((f) => f.initiatorType !== 'img')
                .reduce((sum, f) => sum + f.transferSize, 0),
        });
    }, 150);
})"""


def variant_of(demo: Demo, path: str) -> str:
    slug = path.removeprefix("/p/")
    found = demo.ask("GET", f"/v1/products/{slug}")["variants"]["items"][0]["id"]
    assert isinstance(found, str)
    return found


def leave(demo: Demo, variant: str, units: int) -> int:
    """Adjust the stock of the shop in dollars so that so many can be bought; how many could."""
    levels = demo.ask("GET", f"/admin/v1/variants/{variant}/stock-levels")["items"]
    places = demo.ask("GET", "/admin/v1/locations")["items"]
    here = next(one["id"] for one in places if one["code"] == "us-main")
    level = next(one for one in levels if one["location_id"] == here)
    item = {
        "variant_id": variant,
        "location_id": level["location_id"],
        "quantity": units - level["sellable"],
    }
    if item["quantity"]:
        demo.ask("POST", "/admin/v1/stock-adjustments", {"reason": "proof", "items": [item]})
    return int(level["sellable"])


async def test_what_is_sold_out_during_checkout_is_told_and_nothing_typed_is_lost(
    page: Page, demo: Demo
) -> None:
    bag = variant_of(demo, BAG)
    await put_into_cart(page, BAND)
    await put_into_cart(page, BAG)
    await fill_checkout(page)
    await page.get_by_role("button", name="Continue").click()
    await pay_by(page, "tok_approved")
    before = leave(demo, bag, 0)
    try:
        await page.get_by_role("button", name="Buy now").click()
        alert = page.get_by_role("alert")
        await expect(alert).to_contain_text("sold out")
        for field, text in {
            "email": "ada@example.com",
            "shipping.name": "Ada Shopper",
            "shipping.line1": "500 W 2nd St",
            "shipping.city": "Austin",
            "shipping.postal_code": "78701",
            "shipping.region": "TX",
            "pay.sandbox.token": "tok_approved",
        }.items():
            assert await page.locator(f'[name="{field}"]').input_value() == text, field
        await page.get_by_role("link", name="Back to the cart").click()
        line = page.locator("main .line", has_text="Rival Field Messenger")
        await line.get_by_role("button", name="Remove").click()
        await expect(line).to_have_count(0)
        await page.get_by_role("link", name="Checkout").click()
        assert await page.locator('[name="shipping.city"]').input_value() == "Austin"
        await pay_by(page, "tok_approved")
        await page.get_by_role("button", name="Buy now").click()
        await expect(page.get_by_role("status")).to_contain_text("Thank you")
        await expect(page.locator("main")).not_to_contain_text("Rival Field Messenger")
    finally:
        leave(demo, bag, before)


async def desk_of(browser: Browser, demo: Demo, **more: Any) -> Watched:
    return Watched(await browser.new_context(base_url=demo.url, locale="en-US", **more))


async def sign_in_as(page: Page, email: str, path: str) -> None:
    await page.goto(path)
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.locator("h1")).not_to_have_text("Sign in")


async def test_two_people_edit_one_product_and_both_keep_what_they_meant(
    browser: Browser, demo: Demo
) -> None:
    mark = secrets.token_hex(4)
    people = {"Ann": f"ann-{mark}@example.com", "Bob": f"bob-{mark}@example.com"}
    for name, email in people.items():
        someone = {"email": email, "name": name, "password": PASSWORD, "roles": ["owner"]}
        demo.ask("POST", "/admin/v1/staff", someone)
    made = demo.ask(
        "POST",
        "/admin/v1/products",
        {"slug": f"clash-{mark}", "title": "A lamp", "brand": "None", "status": "draft"},
    )
    path = f"/admin/products/{made['id']}"
    ann_at = await desk_of(browser, demo)
    bob_at = await desk_of(browser, demo, java_script_enabled=False)
    async with ann_at as ann, bob_at as bob:
        await sign_in_as(ann, people["Ann"], path)
        await sign_in_as(bob, people["Bob"], path)
        await ann.locator("#f-title").fill("A warm lamp")
        await ann.locator("#f-brand").fill("Lumen")
        await bob.locator("#f-title").fill("A bright lamp")
        await bob.locator("#f-description").fill("It shines.")
        await bob.get_by_role("button", name="Save").first.click()
        await expect(bob.get_by_role("status")).to_contain_text("Saved.")

        await ann.get_by_role("button", name="Save").first.click()
        clash = ann.locator(".clash")
        await expect(clash).to_contain_text("Changed by Bob since you opened it")
        await expect(clash).to_contain_text("Taken over, as you had not changed it: Description.")
        row = clash.locator("tbody tr")
        await expect(row).to_have_count(1)
        for text in ("A lamp", "A warm lamp", "A bright lamp"):
            await expect(row).to_contain_text(text)
        await ann.set_viewport_size({"width": 390, "height": 844})
        assert await ann.evaluate("document.documentElement.scrollWidth") <= 390
        assert await ann.locator("#f-brand").input_value() == "Lumen"
        await row.get_by_role("radio").nth(1).check()
        await ann.get_by_role("button", name="Save").first.click()
        await expect(ann.get_by_role("status")).to_contain_text("Saved.")
    now = demo.ask("GET", f"/admin/v1/products/{made['id']}")
    assert (now["title"], now["brand"]) == ("A bright lamp", "Lumen")
    assert "It shines." in now["description"]


async def test_a_shop_that_is_read_from_the_right_is_laid_out_so(
    browser: Browser, demo: Demo
) -> None:
    channels = demo.ask("GET", "/admin/v1/channels")["items"]
    eu = next(one for one in channels if one["code"] == "eu")
    demo.ask("PATCH", f"/admin/v1/channels/{eu['id']}", {"locale": "he-IL"})
    try:
        async with httpx.AsyncClient(base_url=demo.url) as http:
            while 'dir="rtl"' not in (await http.get("/@eu/")).text:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        for size in ({"width": 1280, "height": 860}, PHONE):
            context = await browser.new_context(
                base_url=demo.url,
                locale="he-IL",
                viewport=size,  # type: ignore[arg-type]
            )
            async with Watched(context) as page:
                for path in ("/@eu/", "/@eu/c/women", "/@eu" + HOODIE, "/@eu/cart"):
                    await page.goto(path)
                    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
                    assert await page.evaluate(
                        "document.documentElement.scrollWidth <= innerWidth"
                    ), (path, size)
                    brand = await page.locator(".brand").bounding_box()
                    actions = await page.locator(".top .actions").bounding_box()
                    assert brand
                    assert actions
                    assert brand["x"] > actions["x"], path
                await page.goto("/@eu" + HOODIE)
                if size is not PHONE:
                    gallery = await page.locator(".gallery").bounding_box()
                    buy = await page.locator(".buy").bounding_box()
                    assert gallery
                    assert buy
                    assert gallery["x"] > buy["x"]
                await page.locator("form.put button").click()
                drawer = page.locator("dialog.drawer")
                await expect(drawer.locator("a[href$='/checkout']")).to_be_visible()
                place = await drawer.bounding_box()
                assert place
                assert place["x"] == 0, "it opens where lines end"
                await page.keyboard.press("Escape")
                await expect(drawer).to_be_hidden()
                await expect(page.locator("form.put button")).to_be_focused()
                await page.goto("/@eu/checkout")
                await page.locator("#email").fill("noa@example.com")
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        demo.ask("PATCH", f"/admin/v1/channels/{eu['id']}", {"locale": "de-DE"})


async def test_pages_stand_still_and_wait_for_one_stylesheet(browser: Browser, demo: Demo) -> None:
    """What moves, what blocks, what is sent, and that the largest thing is painted within a second
    of the answer's first byte: that leaves out what a machine full of other tests does to the
    server. The best of three visitors who come for the first time counts, for the same reason. On
    a machine with nothing else to do it takes 100 to 300 ms.
    """
    for size in ({"width": 1280, "height": 860}, PHONE):
        for path in ("/", "/c/women", HOODIE):
            largest = []
            for _ in range(3):
                context = await browser.new_context(
                    base_url=demo.url,
                    viewport=size,  # type: ignore[arg-type]
                )
                async with Watched(context) as page:
                    await page.goto(path, wait_until="load")
                    told = await page.evaluate(MEASURED)
                largest.append(told["largest"] - told["answered"])
                assert told["moved"] < 0.05, (path, size)
                assert len(told["blocking"]) == 1, told["blocking"]
                assert re.search(r"/assets/shop\.\w+\.css$", told["blocking"][0])
                assert told["foreign"] == []
                assert 0 < told["sent"] <= 200_000
                assert told["largest"] > 0
            assert min(largest) < 1000, (path, size, largest)
