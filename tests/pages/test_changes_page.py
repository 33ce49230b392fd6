"""Change sets in a browser: saved to from a product, decided, published, rolled back."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page, expect

from tests.pages.conftest import Demo
from tests.pages.test_back_office import axe_finds_nothing, sign_in


async def looks_right(page: Page) -> None:
    """Accessible on a desk, and on a phone at night, where nothing is wider than the window."""
    await axe_finds_nothing(page)
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    await page.set_viewport_size({"width": 390, "height": 800})
    await axe_finds_nothing(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size({"width": 1280, "height": 850})


async def test_a_product_is_changed_by_a_set_and_put_back(page: Page, demo: Demo) -> None:
    made: dict[str, Any] = demo.ask(
        "POST", "/admin/v1/products",
        {"title": "Launch lamp", "slug": "launch-lamp", "variants": [{"sku": "LAUNCH-LAMP"}]},
    )  # fmt: skip
    product = f"/admin/products/{made['id']}"
    await sign_in(page, demo, product)
    await page.get_by_label("Title", exact=True).fill("Bright lamp")
    await page.get_by_label("Brand").fill("Argosy")
    await page.get_by_role("button", name="Save to a change set…").click()
    await expect(page.locator("main")).to_contain_text("Bright lamp")
    await looks_right(page)
    await page.get_by_label("Into").select_option(label="A new change set")
    await page.get_by_label("Name of a new one").fill("Lights on")
    await page.get_by_role("button", name="Save to it").click()
    await expect(page.locator("h1")).to_contain_text("Lights on")
    await expect(page.locator("#edits + div ins")).to_contain_text(["Argosy", "Bright lamp"])
    demo.ask("PATCH", f"/admin/v1/products/{made['id']}", {"title": "Old lamp"})
    await page.reload()
    await expect(page.locator("#conflicts")).to_be_visible()
    await looks_right(page)
    await page.get_by_role("button", name="Take what is chosen").click()
    await expect(page.locator("#conflicts")).to_have_count(0)

    path = page.url
    for act in ("schedule", "publish"):
        await page.goto(f"{path}/{act}")
        await looks_right(page)
    await page.get_by_role("button", name="Publish it").click()
    await expect(page.get_by_role("status")).to_contain_text("It is published.")
    await page.get_by_role("link", name="Preview").click()
    await looks_right(page)
    demo.ask("PATCH", f"/admin/v1/products/{made['id']}", {"title": "Best lamp"})
    await page.goto(f"{path}/rollback")
    await looks_right(page)
    await page.get_by_label("Put back what it was before").check()
    await page.get_by_role("button", name="Roll it back").click()
    await expect(page.get_by_role("status")).to_contain_text("It is rolled back.")
    await page.goto(product)
    await expect(page.get_by_label("Title", exact=True)).to_have_value("Old lamp")
    await expect(page.get_by_label("Brand")).to_have_value("")
    for last in ("/admin/changes", "/admin/changes/new"):
        await page.goto(last)
        await looks_right(page)
