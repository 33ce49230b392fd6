"""Every page there is, found by its links: it can be read by everybody, and it fits a phone."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.pages.conftest import Demo, Watched
from tests.pages.furnishing import PASSWORD, furnish
from tests.pages.walking import all_pages, route_of, walk

AUSTIN = {
    "name": "Ada Shopper",
    "line1": "500 W 2nd St",
    "city": "Austin",
    "region": "TX",
    "postal_code": "78701",
    "country": "US",
}
WIDE, MEDIUM = {"width": 1280, "height": 850}, {"width": 1024, "height": 850}
PHONE = {"width": 390, "height": 800}
# Pages that are not looked at here, and why.
LEFT_OUT = {
    "/{path}": "nothing is there: a failure, which test_shopping looks at",
    "/checkout/return": "leads on at once",
    "/admin/orders/{order_id}/mails/{mail}/letter": "is shown in the frame of the page of the mail",
    "/admin/sign-in/code": "asks for a second factor, as test_signing_in does",
    "/admin/me/apps/{factor_id}/remove": "asks as every removal does",
    "/admin/me/passkeys/{factor_id}/remove": "asks as every removal does",
    "/admin/staff/{staff_id}/remove-factors": "asks as every removal does",
}
SERIOUS = """async ([rules, known]) => (await axe.run(
        {exclude: known ? ['#places', '.bar', '.top', '.menu', '.foot'].map((one) => [one]) : []},
        {resultTypes: ['violations'], rules})).violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`)"""
# What decides on the contrast of a text: its element, and what that stands in.
KINDS = """() => [...new Set([...document.querySelectorAll('body *')]
    .filter((one) => [...one.childNodes].some((e) => e.nodeType === 3 && e.data.trim()))
    .map((one) => `${one.parentElement.className} ${one.tagName}.${one.className}`))]"""
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? ''
    : [...document.querySelectorAll('main *')].filter(
        (one) => one.getBoundingClientRect().right > innerWidth + 1)
        .map((one) => one.outerHTML.slice(0, 100)).slice(-3).join(' ') || 'something'"""

# Lists fold their columns until they fit. Of the other tables only matrices are wider than a phone.
LIST_TOO_WIDE = """() => [...document.querySelectorAll('.listing .scroll')]
    .filter((one) => one.scrollWidth > one.clientWidth + 1)
    .map((one) => `${one.getAttribute('aria-label')} ${one.scrollWidth}`).join(' ')"""


_WITH_FRAME = 8
"""So many pages of shop and back office each are judged with what stands around them, by day and by
night: signed out and in, on a desk and on a phone.
"""


class Look:
    """Opens pages, by turns on a desk and on a phone, every fourth at night, and writes down what
    is wrong with them.

    Contrast, which takes longest, is judged where a page holds a kind of element that none before
    it has held by that light. What stands around pages is judged with the first that have it.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.seen = 0
        self.judged: dict[bool, set[str]] = {False: set(), True: set()}
        self.framed: dict[tuple[bool, bool], int] = {}

    async def __call__(self, name: str, path: str) -> str:
        self.seen += 1
        if self.seen % 4 < 2:
            await self.page.emulate_media(color_scheme="light" if self.seen % 4 else "dark")
        answer = await self.page.goto(path, wait_until="domcontentloaded")
        assert answer is not None
        if answer.status != 200:
            self.wrong.append(f"{path} answers {answer.status}")
        dark = self.seen % 4 == 0
        kinds, judged = await self.page.evaluate(KINDS), self.judged[dark]
        frame = path.startswith("/admin"), dark
        self.framed[frame] = self.framed.get(frame, 0) + 1
        rules = {"color-contrast": {"enabled": not judged.issuperset(kinds)}}
        judged.update(kinds)
        await self.page.evaluate(Axe().axe_script)
        how = [rules, self.framed[frame] > _WITH_FRAME]
        self.wrong += [f"{path}: {one}" for one in await self.page.evaluate(SERIOUS, how)]
        sizes = (PHONE, MEDIUM, WIDE) if 'class="listing"' in await answer.text() else ()
        for size in sizes:
            await self.page.set_viewport_size(size)  # type: ignore[arg-type]
            if wide := await self.page.evaluate(LIST_TOO_WIDE):
                self.wrong.append(f"{path}: the list does not fit {size['width']}: {wide}")
        # Every other page is judged on a phone, and all have to fit one.
        if self.seen % 2 or sizes:
            await self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        if wide := await self.page.evaluate(TOO_WIDE):
            self.wrong.append(f"{path} is wider than a phone: {wide}")
        if not self.seen % 2:
            await self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        return await answer.text()


async def test_every_page_is_accessible_and_fits_a_phone(browser: Browser, demo: Demo) -> None:
    channels = demo.ask("GET", "/admin/v1/channels")["items"]
    dollars = next(one["id"] for one in channels if one["code"] == "us")
    made = furnish(_asking(demo), secrets.token_hex(3), dollars, AUSTIN)
    context = await browser.new_context(
        base_url=demo.url,
        locale="en-US",
        reduced_motion="reduce",
        viewport=WIDE,  # type: ignore[arg-type]
    )
    async with Watched(context) as page:
        look = Look(page)
        outside = ["/admin/sign-in", "/account/sign-in", "/account/reset?code=x", "/offline"]
        seen = await walk(look, [*outside, "/account/confirm?code=x"], demo.url)
        person = {"email": demo.staff_email, "password": demo.staff_password}
        for path, form in (
            ("/admin/sign-in", person),
            ("/account/sign-in", {"email": made.shopper, "password": PASSWORD}),
            ("/cart/lines", {"variant_id": made.variant}),
        ):
            answer = await context.request.post(path, form=form, max_redirects=0)
            assert answer.status == 303, path
        inside = [
            "/search?q=hoodie",
            "/collections",
            "/brands",
            "/cart",
            "/checkout",
            "/account",
            "/",
            "/admin",
        ]
        seen |= await walk(look, [*made.begin, *inside], demo.url)
    missed = all_pages() - {route_of(name) for name in seen} - LEFT_OUT.keys()
    assert not missed, f"No link leads to {missed}: make one of them in furnishing.py"
    assert not look.wrong, "\n".join(look.wrong)


def _asking(demo: Demo) -> Any:
    def ask(method: str, path: str, body: Any = None, token: str = "") -> Any:
        headers = {
            "Authorization": f"Bearer {token or demo.secret_key}",
            "X-Publishable-Key": demo.publishable_key,
            "If-Match": "*",
            "Idempotency-Key": secrets.token_hex(8),
        }
        if path.startswith("/v1/") and not token:
            del headers["Authorization"]
        sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        if isinstance(body, bytes):
            headers["Content-Type"] = "application/octet-stream"
        answer = httpx.request(method, demo.url + path, headers=headers, timeout=30, **sent)
        assert answer.status_code < 400, (method, path, answer.text)
        return answer.json() if answer.content else {}

    return ask
