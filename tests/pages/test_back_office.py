"""A day at the back office, in a browser."""

from __future__ import annotations

import re
import secrets
from typing import Any

import httpx
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.pages.conftest import Demo, Watched

AUSTIN = {
    "name": "Ada Shopper",
    "line1": "500 W 2nd St",
    "city": "Austin",
    "region": "TX",
    "postal_code": "78701",
    "country": "US",
}


def bought(demo: Demo, quantity: int = 2) -> dict[str, Any]:
    """A new order, paid by card."""
    with httpx.Client(
        base_url=demo.url, headers={"X-Publishable-Key": demo.publishable_key}, timeout=30
    ) as client:
        hoodie = client.get("/v1/products/chaz-kangeroo-hoodie").json()
        purchase = {
            "lines": [{"variant_id": hoodie["variants"]["items"][0]["id"], "quantity": quantity}],
            "email": "ada@example.com",
            "shipping_address": AUSTIN,
            "shipping_method": "standard",
            "payment": {"gateway": "sandbox", "instrument": {"token": "tok_approved"}},
        }
        answer = client.post(
            "/v1/purchases", json=purchase, headers={"Idempotency-Key": secrets.token_hex(8)}
        )
    assert answer.status_code == 201, answer.text
    order: dict[str, Any] = answer.json()["order"]
    return order


async def sign_in(page: Page, demo: Demo, path: str = "/admin") -> None:
    await page.goto(path)
    await page.get_by_label("E-mail address").fill(demo.staff_email)
    await page.get_by_label("Password").fill(demo.staff_password)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.locator("h1")).not_to_have_text("Sign in")


async def axe_finds_nothing(page: Page) -> None:
    found = await Axe().run(page)
    serious = [
        (one["id"], one["nodes"][0]["html"][:200])
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == [], (page.url, serious)


async def test_an_order_is_found_by_its_number_captured_in_part_and_refunded_by_lines(
    page: Page, demo: Demo
) -> None:
    order = bought(demo)
    await sign_in(page, demo)
    sales = page.get_by_role("heading", name="Sales of the last 14 days USD")
    await expect(sales).to_be_visible()  # other currencies too, when the shop has sold in them
    await expect(page.locator(".plot canvas").first).to_be_visible()
    await page.keyboard.press("Control+k")
    await page.keyboard.type(order["number"])
    palette = page.get_by_role("dialog", name="Search or go to…")
    await expect(palette.get_by_role("option", name=re.compile(order["number"]))).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_contain_text(order["number"])
    await page.get_by_role("link", name="Capture…").click()
    await page.get_by_label(re.compile("Amount in USD")).fill("60.00")
    await page.get_by_role("button", name="Capture money").click()
    await expect(page.get_by_role("status")).to_contain_text("The money is captured.")
    await expect(page.locator("h1")).to_contain_text("Partly paid")
    await page.get_by_role("link", name="Refund…").click()
    await page.locator("input.count").first.fill("1")
    await page.get_by_role("button", name="Reckon the amount").click()
    amount = await page.get_by_label(re.compile("Amount in USD")).input_value()
    assert 50 < float(amount) < 60  # a hoodie at 52.00 with its tax
    await page.get_by_label("Reason").fill("too small")
    await page.get_by_role("button", name="Refund money").click()
    await expect(page.get_by_role("status")).to_contain_text("The money is refunded.")
    await page.get_by_label("A note for colleagues").fill("Sent a return label.")
    await page.get_by_role("button", name="Write it down").click()
    await expect(page.locator(".timeline")).to_contain_text("Sent a return label.")
    # Back at the list by keys, and on to what else waits.
    await page.keyboard.press("g")
    await page.keyboard.press("o")
    await expect(page.locator("h1")).to_have_text("Orders")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


async def test_several_orders_are_chosen_and_captured(page: Page, demo: Demo) -> None:
    numbers = [bought(demo, 1)["number"] for _ in range(3)]
    await sign_in(page, demo, "/admin/orders?payment=authorised")
    bar = page.locator("[data-bulk]")
    await expect(bar).to_be_hidden()
    for number in numbers[:2]:
        await page.get_by_role("checkbox", name=f"Choose {number}").check()
    await expect(bar).to_contain_text("2 chosen")
    await bar.get_by_role("button", name="Capture").click()
    await expect(page.locator("main")).to_contain_text("2 orders are chosen.")
    await page.get_by_role("button", name="Capture them").click()
    await expect(page.get_by_role("status")).to_contain_text("Done for 2 of 2.")
    await page.get_by_label("Order number").fill(numbers[0])
    await page.get_by_role("button", name="Filter").click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody")).to_contain_text("Paid")


async def test_what_opens_over_a_page_and_what_is_not_there_are_accessible(
    browser: Browser, demo: Demo
) -> None:
    """The pages themselves are looked at in test_every_page."""
    context = await browser.new_context(
        base_url=demo.url,
        color_scheme="dark",
        viewport={"width": 390, "height": 800},
        locale="en-US",
    )
    async with Watched(context) as page:
        await sign_in(page, demo)
        await page.goto("/admin/nothing")
        await axe_finds_nothing(page)
        await page.goto("/admin/orders?stage=cancelled&email=nobody@example.com")
        await axe_finds_nothing(page)
        await page.goto("/admin")
        await page.get_by_role("button", name="Menu").click()
        await axe_finds_nothing(page)
        await page.locator("#places").get_by_role("link", name="Orders").click()
        await expect(page.locator("h1")).to_have_text("Orders")
        await page.keyboard.press("Control+k")
        await expect(page.locator("#palette-found a").first).to_be_visible()
        await axe_finds_nothing(page)


async def test_without_scripts_everything_still_works(browser: Browser, demo: Demo) -> None:
    order = bought(demo)
    context = await browser.new_context(base_url=demo.url, java_script_enabled=False)
    async with Watched(context) as page:
        await sign_in(page, demo)
        await page.get_by_role("button", name=re.compile("Search or go to")).click()
        await page.get_by_label(re.compile("Order number, SKU")).fill(order["number"])
        await page.get_by_role("button", name="Search", exact=True).click()
        await page.locator("main").get_by_role("link", name=re.compile(order["number"])).click()
        await page.get_by_role("link", name="Cancel…").click()
        await page.get_by_role("button", name="Cancel the order").click()
        await expect(page.get_by_role("status")).to_contain_text("The order is cancelled.")
        await page.locator("details.person summary").click()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator("h1")).to_have_text("Sign in")


async def test_a_product_is_chosen_by_its_name_with_the_keyboard_alone(
    page: Page, demo: Demo
) -> None:
    await sign_in(page, demo, "/admin/redirects/new")
    field = page.get_by_role("combobox", name="Leads to")
    await field.press_sequentially("chaz kan", delay=20)
    offered = page.get_by_role("listbox", name="Search by name").get_by_role("option")
    await expect(offered.first).to_contain_text("Chaz Kangeroo Hoodie")
    await axe_finds_nothing(page)
    await field.press("ArrowDown")
    await expect(field).to_have_attribute("aria-activedescendant", re.compile("pick-"))
    await field.press("Enter")
    await expect(field).to_have_value("/p/chaz-kangeroo-hoodie")
    await expect(field).to_have_attribute("aria-expanded", "false")
    assert page.url.endswith("/new"), "Enter chose, and sent nothing"
    # Where several go in, a field above the lines finds them, and Escape leaves it as it is.
    await page.goto("/admin/taxes/trial")
    goods = page.locator("textarea[name=goods]")
    await goods.fill("TEE 2")
    finder = page.get_by_role("combobox", name=re.compile("^Goods: Search by name"))
    await finder.press_sequentially("chaz kan", delay=20)
    await offered.first.click()
    await expect(goods).to_have_value(re.compile(r"^TEE 2\n\S+"))
    await expect(finder).to_have_value("")
    await finder.press_sequentially("chaz", delay=20)
    await expect(page.get_by_role("listbox", name="Search by name")).to_be_visible()
    await finder.press("Escape")
    await expect(page.get_by_role("listbox", name="Search by name")).to_be_hidden()
