"""A person who opens a form, changes some of its fields, and sends it."""

from __future__ import annotations

import re

import httpx
from tests.web.back_office.conftest import Desk
from tests.web.back_office.test_products import form_in
from tests.web.identity.making import Shop

from argosy.modules import staff
from argosy.modules.staff import AuditFilter


def form_of(page: httpx.Response) -> dict[str, object]:
    """What the first form of a thing holds, without its buttons."""
    assert page.status_code in {200, 409, 422}, page.text[:2000]
    start = page.text.index("data-guard")
    text = page.text[start : page.text.index("</form>", start)]
    form = form_in(httpx.Response(200, text=text))
    # A browser sends the first choice of what nobody chose.
    selects = re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', text, re.DOTALL)
    for name, options in selects:
        if form.get(name) == "" and " selected" not in options:
            first = re.search(r'<option value="([^"]*)"', options)
            form[name] = first[1] if first else ""
    return form


async def fill(desk: Desk, path: str, act: str = "save", /, **changed: object) -> httpx.Response:
    """Open the form at `path` and send it with these fields changed (`__` stands for a dot)."""
    page = await desk.get(path)
    return await send(desk, page, path, act, **changed)


async def send(
    desk: Desk, page: httpx.Response, path: str, act: str = "save", /, **changed: object
) -> httpx.Response:
    """Send the form of a page with these fields changed."""
    form = form_of(page) | {name.replace("__", "."): value for name, value in changed.items()}
    form = {name: value for name, value in form.items() if value is not None}
    return await desk.post(path.partition("?")[0], form | {"act@": act})


def led(answer: httpx.Response) -> str:
    """Where the form led."""
    assert answer.status_code == 303, answer.text[-6000:]
    return answer.headers["location"]


async def noted(shop: Shop, subject: str) -> list[str]:
    """What the audit trail says was done to something, the newest first."""
    async with shop.app.db.reading() as tx:
        trail = await staff.list_audit(tx, AuditFilter(subject=subject), limit=50)
    return [one.action for one in trail]
