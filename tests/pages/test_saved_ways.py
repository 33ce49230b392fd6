"""A card that is kept: agreed to at one purchase, chosen at the next, removed in the account."""

from __future__ import annotations

import secrets

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.pages.conftest import Demo, Watched
from tests.pages.test_shopping import fill_checkout, open_account, put_into_cart

SAVED = "/account/payment-methods"


async def barriers(page: Page) -> list[str]:
    found = await Axe().run(page)
    return [
        f"{one['id']}: {one['nodes'][0]['html']}"
        for one in found.response["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


async def buy(page: Page) -> None:
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Buy now").click()


async def test_a_kept_card_pays_again_with_and_without_scripts_until_it_is_removed(
    browser: Browser, demo: Demo
) -> None:
    context = await browser.new_context(base_url=demo.url, locale="en-US", bypass_csp=True)
    plain = await browser.new_context(base_url=demo.url, java_script_enabled=False)
    async with Watched(context) as page:
        await put_into_cart(page)
        await page.goto("/checkout")
        await expect(page.locator("[name=save_way]")).to_have_count(0)
        await open_account(page, f"kim-{secrets.token_hex(4)}@example.com")
        await page.goto(SAVED)
        await expect(page.locator("main")).to_contain_text("No card is kept yet")
        await fill_checkout(page)
        keep = page.get_by_label("Keep this card for my next purchases")
        await page.locator("[name=gateway][value=invoice]").check()
        await expect(keep).to_be_hidden()
        await page.locator("[name=gateway][value=sandbox]").check()
        await expect(keep).not_to_be_checked()
        await keep.check()
        assert await barriers(page) == []
        await buy(page)
        card = page.frame_locator("#card-dialog iframe")
        await card.get_by_label("Card number").fill("4242 4242 4242 4242")
        await card.get_by_label("Valid until").fill("12/39")
        await card.get_by_label("Security code").fill("123")
        await card.get_by_role("button", name="Use this card").click()
        await page.get_by_role("button", name="Approve").click()
        await expect(page.get_by_role("status")).to_contain_text("Thank you")
        # The worker keeps it a moment later.
        await page.goto(SAVED)
        for _ in range(60):
            if "4242" in await page.locator("main").inner_text():
                break
            await page.wait_for_timeout(250)
            await page.reload()
        await expect(page.locator("main")).to_contain_text("Visa ···· 4242")
        assert await barriers(page) == []

        await put_into_cart(page)
        await fill_checkout(page)
        await expect(page.get_by_label("Visa ···· 4242")).to_be_checked()
        assert await barriers(page) == []
        await buy(page)
        await expect(page.get_by_role("status")).to_contain_text("Thank you")

        await plain.add_cookies(await context.cookies())  # type: ignore[arg-type]
    page = await plain.new_page()
    await put_into_cart(page)
    await fill_checkout(page)
    await page.locator("[name=gateway][value=sandbox]").check()
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("Visa ···· 4242").check()
    await page.get_by_role("button", name="Buy now").click()
    await expect(page.get_by_role("status")).to_contain_text("Thank you")
    await put_into_cart(page)
    await fill_checkout(page)
    await page.get_by_role("button", name="Continue").click()
    other = await plain.new_page()
    await other.goto(SAVED)
    await other.get_by_role("button", name="Remove: Visa ···· 4242").click()
    await expect(other.locator("main")).to_contain_text("No card is kept yet")
    # Chosen before it was removed: nothing is charged and nothing is lost.
    await page.get_by_role("button", name="Buy now").click()
    await expect(page.get_by_role("alert")).to_contain_text("This card is not kept any more")
    await expect(page.get_by_label("Visa ···· 4242")).to_have_count(0)
    assert await page.locator('[name="shipping.city"]').input_value() == "Austin"
    await plain.close()
