"""Take pictures of the main pages of a running demo: docs/images/pages/.

    make demo ARGS=--orders    # in another terminal
    make screenshots    # or tools/build_screenshots.py [--base URL] [--home FOLDER]

On a desktop and on a phone, in light and in dark colours.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

OUTPUT = Path(__file__).parents[1] / "docs" / "images" / "pages"
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
EVERY = tuple((size, shade) for size in SIZES for shade in ("light", "dark"))
SHOP = {
    "home": "/",
    "listing": "/c/women",
    "product": "/p/chaz-kangeroo-hoodie",
    "cart": "/cart",
    "checkout": "/checkout",
}
ADMIN = {
    "admin-overview": "/admin",
    "admin-orders": "/admin/orders",
    "admin-products": "/admin/products",
    "admin-customers": "/admin/customers",
    "admin-stock": "/admin/stock",
    "admin-payments": "/admin/payments",
    "admin-books": "/admin/books",
    "admin-promotion-new": "/admin/promotions/new",
}
# A page that a list leads to: the list, and the link in it.
FIRST = {
    "admin-order": ("/admin/orders?payment=paid", "tbody a[href^='/admin/orders/ord_']"),
    "admin-product": ("/admin/products", "tbody a[href^='/admin/products/prd_']"),
    "admin-customer": ("/admin/customers", "tbody a[href^='/admin/customers/cus_']"),
}
QUALITY = 72
PRODUCT = SHOP["product"]


def take(page: Page, name: str, path: str, size: str, shade: str) -> None:
    """One picture, when everything on the page has come."""
    answer = page.goto(path)
    if answer is None or answer.status != 200:
        raise SystemExit(f"{path} cannot be shown. Is the demo running?")
    page.wait_for_load_state("networkidle")
    file = OUTPUT / f"{name}-{size}-{shade}.jpg"
    page.screenshot(path=file, type="jpeg", quality=QUALITY)
    print(f"{file.name} {file.stat().st_size // 1024} kB")


def visit(browser: Browser, base: str, facts: dict[str, str], size: str, shade: str) -> None:
    """All pages as one visitor sees them: a shopper with something in the cart, who is staff."""
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=base,
        viewport={"width": width, "height": height},
        color_scheme="dark" if shade == "dark" else "light",
        locale="en-US",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(PRODUCT)
    page.locator("form.put button").click()
    page.locator("a[href$='/checkout']").first.wait_for()
    for name, path in SHOP.items():
        take(page, name, path, size, shade)
    page.goto("/admin")
    page.get_by_label("E-mail address").fill(facts["staff_email"])
    page.get_by_label("Password").fill(facts["staff_password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.locator("h1", has_not_text="Sign in").wait_for()
    for name, path in ADMIN.items():
        take(page, name, path, size, shade)
    for name, (path, link) in FIRST.items():
        page.goto(path)
        found = (
            page.locator(link).first.get_attribute("href") if page.locator(link).count() else None
        )
        if found is not None:
            take(page, name, found, size, shade)
    context.close()


def main() -> None:
    """Take the pictures at --base."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--home", default=".argosy", type=Path)
    asked = parser.parse_args()
    facts = json.loads((asked.home / "demo.json").read_text())
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for size, shade in EVERY:
            visit(browser, asked.base, facts, size, shade)
        browser.close()


if __name__ == "__main__":
    main()
