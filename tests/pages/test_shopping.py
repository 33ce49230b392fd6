"""A shopper's way through the shop, in a browser."""

from __future__ import annotations

import asyncio
import io
import re
import secrets

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.pages.conftest import Demo, Watched
from tests.pages.test_back_office import axe_finds_nothing

HOODIE = "/p/chaz-kangeroo-hoodie"
IN_THE_US = {
    "shipping.name": "Ada Shopper",
    "shipping.line1": "500 W 2nd St",
    "shipping.city": "Austin",
    "shipping.postal_code": "78701",
}


async def put_into_cart(page: Page, path: str = HOODIE) -> None:
    await page.goto(path)
    await page.locator("form.put button").click()
    # With scripts the drawer says so, without them the cart's page.
    await expect(page.locator("a[href$='/checkout']").first).to_be_visible()


async def fill_checkout(page: Page, email: str = "ada@example.com") -> None:
    await page.goto("/checkout")
    await page.locator("#email").fill(email)
    for name, text in IN_THE_US.items():
        await page.locator(f'[name="{name}"]').fill(text)
    await page.locator('[name="shipping.region"]').select_option("TX")


async def pay_by(page: Page, token: str) -> None:
    await page.locator("[name=gateway][value=sandbox]").check()
    await page.locator('[name="pay.sandbox.token"]').select_option(token)


async def test_a_whole_purchase_with_scripts(page: Page) -> None:
    await page.goto("/")
    await page.get_by_role("link", name="Men", exact=True).first.click()
    await page.get_by_role("link", name="Chaz Kangeroo Hoodie").first.click()
    await page.get_by_role("link", name="M", exact=True).click()
    await expect(page).to_have_url(re.compile("variant="))
    await page.get_by_role("button", name="Add to cart").click()
    drawer = page.get_by_role("dialog", name="Cart")
    await expect(drawer).to_contain_text("Chaz Kangeroo Hoodie")
    await expect(page.locator("#pieces").first).to_have_text("1")
    await drawer.get_by_role("link", name="Checkout").click()
    await fill_checkout(page)
    await page.locator("[name=gateway][value=sandbox]").check()
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Buy now").click()
    # The card is typed in a frame of the provider; its number goes nowhere else.
    ours: list[str] = []
    page.on("request", lambda sent: ours.append(f"{sent.url} {sent.post_data or ''}"))
    card = page.frame_locator("#card-dialog iframe")
    await card.get_by_label("Card number").fill("4242 4242 4242 4241")
    await card.get_by_label("Valid until").fill("12/39")
    await card.get_by_label("Security code").fill("123")
    await card.get_by_role("button", name="Use this card").click()
    await expect(card.get_by_role("alert")).to_have_text("This is no card number.")
    await card.get_by_label("Card number").fill("4242 4242 4242 4242")
    await card.get_by_role("button", name="Use this card").click()
    await expect(page.get_by_role("status")).to_contain_text("Thank you for your order")
    seen = [sent for sent in ours if re.search("4242.?4242", sent)]
    assert seen
    assert not [sent for sent in seen if sent.startswith(page.url.partition("/orders")[0])]
    await expect(page.locator("h1")).to_contain_text("US-")
    await page.goto("/cart")
    await expect(page.locator("main")).to_contain_text("Your cart is empty")


async def test_a_whole_purchase_without_scripts_on_a_phone(browser: Browser, demo: Demo) -> None:
    context = await browser.new_context(
        base_url=demo.url,
        java_script_enabled=False,
        viewport={"width": 390, "height": 800},
    )
    page = await context.new_page()
    await put_into_cart(page)
    await expect(page).to_have_url(demo.url + "/cart")
    await page.locator("main").get_by_role("spinbutton").fill("2")
    await page.get_by_role("button", name="Change").click()
    await expect(page.locator("#pieces").first).to_have_text("2")
    await page.get_by_role("link", name="Checkout").click()
    await fill_checkout(page)
    await page.locator("[name=gateway][value=sandbox]").check()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator("[name=gateway][value=sandbox]")).to_be_checked()
    await page.get_by_role("button", name="Buy now").click()
    # The page of the provider asks for the card, and leads back; a declined one loses nothing.
    for number, button in (("4000000000009995", "Pay"), ("4242 4242 4242 4242", "Pay")):
        await expect(page.locator("h1")).to_have_text("Pay by card")
        await page.get_by_label("Card number").fill(number)
        await page.get_by_label("Valid until").fill("12/39")
        await page.get_by_label("Security code").fill("123")
        await page.get_by_role("button", name=button).click()
        if number.startswith("4000"):
            await expect(page.get_by_role("alert")).to_contain_text("nothing was charged")
            assert await page.locator("#email").input_value() == "ada@example.com"
            await page.get_by_role("button", name="Buy now").click()
    await expect(page.get_by_role("status")).to_contain_text("Thank you for your order")
    await context.close()


async def test_a_german_shopper_sees_german_and_prices_with_tax(
    browser: Browser, demo: Demo
) -> None:
    context = await browser.new_context(base_url=demo.url, locale="de-DE")
    async with Watched(context) as page:
        await put_into_cart(page, "/@eu" + HOODIE)
        await expect(page.locator("html")).to_have_attribute("lang", "de-DE")
        await expect(page.locator("main")).to_contain_text("inkl. MwSt., zzgl. Versand")
        await page.goto("/@eu/checkout")
        await page.locator("#email").fill("ada@example.de")
        for name, text in {
            "shipping.name": "Ada Käufer",
            "shipping.line1": "Unter den Linden 1",
            "shipping.city": "Berlin",
            "shipping.postal_code": "10117",
        }.items():
            await page.locator(f'[name="{name}"]').fill(text)
        await page.get_by_role("button", name="Weiter").click()
        await expect(page.locator("aside .sum").last).to_contain_text("€")
        await expect(page.locator("aside")).to_contain_text("inkl. MwSt. 19 %")
        await page.get_by_role("button", name="Zahlungspflichtig bestellen").click()
        await expect(page.get_by_role("status")).to_contain_text("Vielen Dank")


async def test_a_declined_card_says_so_and_loses_nothing(page: Page) -> None:
    await put_into_cart(page)
    await fill_checkout(page)
    await page.get_by_role("button", name="Continue").click()
    await pay_by(page, "tok_declined_insufficient_funds")
    await page.get_by_role("button", name="Buy now").click()
    await expect(page.get_by_role("alert")).to_contain_text("nothing was charged")
    assert await page.locator("#email").input_value() == "ada@example.com"
    assert await page.locator('[name="shipping.city"]').input_value() == "Austin"
    await pay_by(page, "tok_approved")
    await page.get_by_role("button", name="Buy now").click()
    await expect(page.get_by_role("status")).to_contain_text("Thank you")


@pytest.mark.parametrize("answer", ["Approve", "Fail"])
async def test_3_d_secure_leads_to_the_bank_and_back(page: Page, answer: str) -> None:
    await put_into_cart(page)
    await fill_checkout(page)
    await page.get_by_role("button", name="Continue").click()
    await pay_by(page, "tok_3ds_challenge")
    await page.get_by_role("button", name="Buy now").click()
    await page.get_by_role("button", name=answer).click()
    if answer == "Approve":
        await expect(page.get_by_role("status")).to_contain_text("Thank you")
    else:
        await expect(page.get_by_role("alert")).to_contain_text("nothing was charged")
        await expect(page).to_have_url(re.compile("/checkout"))


async def test_buying_twice_at_once_is_one_order(page: Page) -> None:
    await put_into_cart(page)
    await fill_checkout(page)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Buy now").wait_for()
    paths = await page.evaluate(
        """async () => {
            const form = new URLSearchParams(new FormData(document.querySelector('form.desk')));
            form.set('action', 'place');
            const send = () => fetch('/checkout', {method: 'POST', body: form});
            return (await Promise.all([send(), send()])).map((answer) => answer.url);
        }"""
    )
    assert len(set(paths)) == 1
    assert "/orders/ord_" in paths[0]


async def test_back_after_buying_shows_no_cart_to_buy_again(page: Page) -> None:
    await put_into_cart(page)
    await fill_checkout(page)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Buy now").click()
    await expect(page.get_by_role("status")).to_contain_text("Thank you")
    await page.go_back()
    await page.reload()
    await expect(page.locator("main")).to_contain_text("Your cart is empty")


async def test_a_price_that_changes_during_checkout_is_told_before_anything_is_charged(
    page: Page, demo: Demo
) -> None:
    await put_into_cart(page, "/p/overnight-duffle")
    variant = await page.locator('[name="variant_id"]').input_value()
    await fill_checkout(page)
    await page.get_by_role("button", name="Continue").click()
    before = await page.locator("aside .sum").last.inner_text()
    lists = demo.ask("GET", "/admin/v1/price-lists")["items"]
    dollars = next(one["id"] for one in lists if one["code"] == "usd")
    prices = {"prices": [{"variant_id": variant, "amount_minor": 4321}]}
    demo.ask("POST", f"/admin/v1/price-lists/{dollars}/prices", prices)
    await page.get_by_role("button", name="Buy now").click()
    await expect(page.get_by_role("alert")).to_contain_text("The total has changed")
    after = await page.locator("aside .sum").last.inner_text()
    assert before != after
    await page.get_by_role("button", name="Buy now").click()
    await expect(page.get_by_role("status")).to_contain_text("Thank you")


async def test_what_is_missing_is_marked_and_nothing_is_lost(page: Page) -> None:
    await put_into_cart(page)
    await fill_checkout(page, email="not an address")
    await page.locator('[name="shipping.postal_code"]').fill("1")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator("#email")).to_have_attribute("aria-invalid", "true")
    assert await page.locator('[name="shipping.line1"]').input_value() == "500 W 2nd St"
    await page.locator("#email").fill("ada@example.com")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator('[name="shipping.postal_code"]')).to_have_attribute(
        "aria-invalid", "true"
    )


async def test_a_list_is_narrowed_to_what_one_variant_has(page: Page) -> None:
    await page.goto("/c/women")
    await page.locator('.filters input[name="color"][value="blue"]').check()
    await expect(page).to_have_url(re.compile("color=blue"))
    await page.locator('.filters input[name="size"][value="xs"]').check()
    await expect(page).to_have_url(re.compile("size=xs"))
    count = await page.locator(".card").count()
    assert count > 0
    await page.get_by_role("link", name="Clear all filters").click()
    await expect(page).to_have_url(re.compile(r"/c/women$"))


async def test_search_suggests_and_corrects(page: Page) -> None:
    await page.goto("/")
    await page.locator("#q").press_sequentially("hoo", delay=30)
    await expect(page.locator("#suggestions a").first).to_be_visible()
    await page.goto("/search?q=hodie")
    await expect(page.locator("main")).to_contain_text("Hoodie")


async def test_what_does_not_exist_says_so_in_the_frame_of_the_shop(page: Page) -> None:
    await page.goto("/")
    answer = await page.goto("/p/never-was")
    assert answer is not None
    assert answer.status == 404
    await expect(page.locator("h1")).to_have_text("There is nothing here.")
    await expect(page.get_by_role("link", name="To the shop")).to_be_visible()


async def test_what_opens_over_a_page_and_what_is_not_there_have_no_barrier(page: Page) -> None:
    """The pages themselves are looked at in test_every_page."""
    await page.goto(HOODIE)
    await page.locator("form.put button").click()
    await expect(page.locator("dialog.drawer a[href$='/checkout']")).to_be_visible()
    await axe_finds_nothing(page)
    await page.goto("/p/nothing")
    await axe_finds_nothing(page)


async def test_a_photo_is_sent_from_the_page_of_a_product(page: Page, demo: Demo) -> None:
    product = demo.ask("GET", "/v1/products")["items"][-1]
    asked = {"code": "photo", "label": "Your photo", "kind": "file", "accepts": ["png"]}
    path = f"/admin/v1/products/{product['id']}/inputs"
    demo.ask("PUT", path, {"inputs": [asked]})
    try:
        field = page.get_by_label("Your photo")
        async with asyncio.timeout(60):  # until the shop windows have heard of it
            while not await field.count():
                await page.goto(f"/p/{product['slug']}")
        made = io.BytesIO()
        Image.effect_noise((600, 300), 40).save(made, "PNG")
        cat = {"name": "cat.png", "mimeType": "image/png", "buffer": made.getvalue()}
        await field.set_input_files(cat)
        await axe_finds_nothing(page)
        await page.locator("form.put button").click()
        drawer = page.get_by_role("dialog", name="Cart")
        await expect(drawer.get_by_role("link", name="cat.png")).to_be_visible()
        assert await page.locator("progress.sending").evaluate("bar => bar.value") == 100
        picture = drawer.locator(".said img")
        await expect(picture).to_have_js_property("naturalWidth", 320)
        await field.set_input_files(cat | {"buffer": b"<script>alert(1)</script>"})
        await drawer.locator("[data-close]").first.click()
        await page.locator("form.put button").click()
        await expect(drawer).to_contain_text("This file cannot be taken")
        await page.goto("/checkout")
        await expect(page.get_by_role("link", name="cat.png")).to_be_visible()
    finally:
        demo.ask("PUT", path, {"inputs": []})


async def open_account(page: Page, email: str) -> None:
    await page.goto("/account")
    await page.locator("#new-name").fill("Ada Shopper")
    await page.locator("#new-email").fill(email)
    await page.locator("#new-password").fill("correct horse battery")
    await page.get_by_role("button", name="Open an account").click()
    await expect(page.get_by_role("status")).to_contain_text("You can sign in now")
    await page.locator("#email").fill(email)
    await page.locator("#password").fill("correct horse battery")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.locator("h1")).to_have_text("Hello Ada Shopper")


async def test_an_account_keeps_cart_addresses_and_orders(page: Page) -> None:
    email = f"ada-{secrets.token_hex(4)}@example.com"
    await put_into_cart(page)
    await open_account(page, email)
    await page.get_by_role("link", name="Addresses").click()
    for name, text in IN_THE_US.items():
        await page.locator(f'[name="{name.replace("shipping", "address")}"]').fill(text)
    await page.locator('[name="address.region"]').select_option("TX")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("address")).to_contain_text("500 W 2nd St")
    await page.goto("/checkout")
    assert await page.locator("#email").input_value() == email
    assert await page.locator('[name="shipping.city"]').input_value() == "Austin"
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Buy now").click()
    await expect(page.get_by_role("status")).to_contain_text("Thank you")
    await page.goto("/account")
    await page.locator("main").get_by_role("link", name="US-").click()
    await expect(page.locator("main")).to_contain_text("Chaz Kangeroo Hoodie")
    address = page.url
    await page.goto("/account")
    await page.get_by_role("button", name="Sign out").click()
    answer = await page.goto(address)
    assert answer is not None
    assert answer.status == 404
    await open_account(page, f"mallory-{secrets.token_hex(4)}@example.com")
    answer = await page.goto(address)
    assert answer is not None
    assert answer.status == 404


async def test_a_wrong_password_opens_nothing_and_tells_nothing(page: Page) -> None:
    email = f"eve-{secrets.token_hex(4)}@example.com"
    await open_account(page, email)
    await page.get_by_role("button", name="Sign out").click()
    said = []
    for address in (email, f"nobody-{secrets.token_hex(4)}@example.com"):
        await page.goto("/account/sign-in")
        await page.locator("#email").fill(address)
        await page.locator("#password").fill("not the password")
        await page.get_by_role("button", name="Sign in", exact=True).click()
        said.append(await page.get_by_role("alert").inner_text())
    assert said[0] == said[1]
    cookies = await page.context.cookies()
    assert not [one for one in cookies if one.get("name") == "argosy_session"]


async def test_details_can_be_changed_downloaded_and_erased(page: Page) -> None:
    await open_account(page, f"bob-{secrets.token_hex(4)}@example.com")
    await page.get_by_role("link", name="Details and privacy").click()
    await page.locator("#name").fill("Bob Buyer")
    await page.locator("#phone").fill("+1 512 555 0100")
    await page.locator("button[value=profile]").click()
    await expect(page.get_by_role("status")).to_have_text("Saved.")
    await page.locator("#current").fill("correct horse battery")
    await page.locator("#new").fill("a quite different one")
    await page.get_by_role("button", name="Change").click()
    await expect(page.get_by_role("status")).to_have_text("Saved.")
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Download it").click()
    assert (await downloading.value).suggested_filename == "account.json"
    await page.get_by_text("Erase the account").first.click()
    await page.locator("#erase").fill("a quite different one")
    await page.get_by_role("button", name="Erase the account").click()
    await page.goto("/account")
    await expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


async def test_an_order_that_was_not_paid_says_so_and_leads_back_to_the_cart(page: Page) -> None:
    await open_account(page, f"dan-{secrets.token_hex(4)}@example.com")
    await put_into_cart(page)
    await fill_checkout(page)
    await page.get_by_role("button", name="Continue").click()
    await pay_by(page, "tok_declined_insufficient_funds")
    await page.get_by_role("button", name="Buy now").click()
    await expect(page.get_by_role("alert")).to_contain_text("nothing was charged")
    await page.goto("/account")
    row = page.locator("tbody tr").first
    await expect(row).to_contain_text("not paid")
    await row.get_by_role("link").click()
    await expect(page.get_by_role("status")).to_contain_text("nothing was charged")
    await page.get_by_role("link", name="To the cart").click()
    await expect(page.locator("main")).to_contain_text("Chaz Kangeroo Hoodie")


async def test_an_order_that_waits_for_the_bank_leads_there(page: Page) -> None:
    await open_account(page, f"fay-{secrets.token_hex(4)}@example.com")
    await put_into_cart(page)
    await fill_checkout(page)
    await page.get_by_role("button", name="Continue").click()
    await pay_by(page, "tok_3ds_challenge")
    await page.get_by_role("button", name="Buy now").click()
    await page.get_by_role("button", name="Approve").wait_for()
    await page.goto("/account")
    await page.locator("tbody tr").first.get_by_role("link").click()
    await page.get_by_role("link", name="Confirm the payment").click()
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("status")).to_contain_text("Thank you")


async def test_the_shop_says_when_there_is_no_connection_and_keeps_nothing_of_the_shopper(
    browser: Browser, demo: Demo
) -> None:
    context = await browser.new_context(base_url=demo.url, locale="en-US")
    async with Watched(context) as page:
        await page.goto("/")
        await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        await put_into_cart(page)
        for path in ("/cart", "/checkout", "/account", HOODIE):
            await page.goto(path)
        await page.wait_for_function("navigator.serviceWorker.controller !== null")
        kept = await page.evaluate(
            """async () => (await Promise.all((await caches.keys()).map(async (name) =>
                 (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname)
               ))).flat()"""
        )
        assert "/offline" in kept
        assert all(path == "/offline" or path.startswith("/assets/") for path in kept), kept
        await context.set_offline(True)
        await page.goto("/checkout")
        await expect(page.locator("h1")).to_have_text("No connection")
        await expect(page.locator(".brand")).to_have_css("font-weight", "750")
        await context.set_offline(False)
        await page.get_by_role("link", name="Try again").click()
        await expect(page.locator("#email")).to_be_visible()
