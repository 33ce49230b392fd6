"""Passkeys in a real browser, with a virtual authenticator."""

from __future__ import annotations

import secrets

from playwright.async_api import Browser, CDPSession, Page, expect

from tests.pages.conftest import Demo, Watched
from tests.pages.test_back_office import axe_finds_nothing

PASSWORD = "four random words here"


async def with_authenticator(page: Page) -> tuple[CDPSession, str]:
    """Give the browser a device that holds passkeys and checks its person."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


async def staff_signs_in(page: Page, email: str) -> None:
    await page.goto("/admin/sign-in")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def test_staff_and_shoppers_sign_in_with_passkeys(browser: Browser, demo: Demo) -> None:
    # Browsers offer passkeys to names, not to bare addresses.
    here = demo.url.replace("127.0.0.1", "localhost")
    email = f"key{secrets.token_hex(4)}@example.com"
    member = {"email": email, "name": "Kay", "password": PASSWORD, "roles": ["owner"]}
    demo.ask("POST", "/admin/v1/staff", member)
    async with Watched(await browser.new_context(base_url=here, locale="en-US")) as page:
        session, device = await with_authenticator(page)
        await staff_signs_in(page, email)
        await page.goto("/admin/me")
        await page.get_by_role("button", name="Set up a passkey").click()
        await expect(page.locator("h1")).to_have_text("Your recovery codes")
        await page.goto("/admin/me")
        await expect(page.locator("main")).to_contain_text("This device")
        await axe_finds_nothing(page)
        await page.context.clear_cookies()
        await page.goto("/admin/sign-in?back=/admin/orders")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await expect(page).to_have_url(f"{here}/admin/orders")
        # After the password: refused while the device does not check its person.
        await page.context.clear_cookies()
        await staff_signs_in(page, email)
        await expect(page.locator("h1")).to_have_text("Second step of signing in")
        unchecked = {"authenticatorId": device, "isUserVerified": False}
        await session.send("WebAuthn.setUserVerified", unchecked)
        await page.get_by_role("button", name="Use a passkey").click()
        await expect(page.get_by_role("alert")).to_contain_text("Please try again")
        await session.send("WebAuthn.setUserVerified", unchecked | {"isUserVerified": True})
        await page.get_by_role("button", name="Use a passkey").click()
        await expect(page).to_have_url(f"{here}/admin")
    shopper = f"shop{secrets.token_hex(4)}@example.com"
    async with Watched(await browser.new_context(base_url=here, locale="en-US")) as page:
        await with_authenticator(page)
        await page.goto("/account/sign-in")
        await page.locator("#new-email").fill(shopper)
        await page.locator("#new-password").fill(PASSWORD)
        await page.get_by_role("button", name="Open an account").click()
        await page.locator("#email").fill(shopper)
        await page.locator("#password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.get_by_role("link", name="Passkeys").click()
        await page.locator("#new-name").fill("Ada's phone")
        await page.get_by_role("button", name="Set up a passkey").click()
        await expect(page.locator("[name=rename]")).to_be_visible()
        await axe_finds_nothing(page)
        await page.context.clear_cookies()
        await page.goto("/account/sign-in")
        await page.get_by_role("button", name="Use a passkey").click()
        await expect(page).to_have_url(f"{here}/account")
        await page.get_by_role("link", name="Passkeys").click()
        await page.get_by_role("button", name="Remove: Ada's phone").click()
        await expect(page.locator("main")).to_contain_text("You have none yet")
        await page.context.clear_cookies()
        await page.goto("/account/sign-in")
        await axe_finds_nothing(page)
        await page.get_by_role("button", name="Use a passkey").click()
        await expect(page.get_by_role("alert")).to_contain_text("was not accepted")
