"""Every form of every page against people who type what nobody should: never a failure.

Whatever is refused comes back as the form itself, with everything that was typed.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
import requests
from tests.pages.form_reading import Field, Sheet, sheets_in
from tests.pages.furnishing import PASSWORD, furnish
from tests.pages.walking import page_of, walk
from tests.web.edge.whole_shop import ADDRESS, BASE, WholeShop, whole_shop

TEXTS = ("", "-1", "😀" * 30, "x" * 10_000, "<b>'\"&", "9" * 30, "1.234567 XXQ", "1999-01-01", "0")
AT_ONCE = 5
NUMBERS = ("", "0", "-1", "9" * 30, "0.001", "1e999")
DAYS = ("", "0001-01-01", "9999-12-31", "1999-02-01")
# What only a program sends where people choose: a refusal is enough.
FORGED = ("\u202e\ufeff", "2026-13-45T99:99")

# Forms that are not sent, and why.
LEFT_OUT = {
    "/admin/sign-out": "ends the session that the others need",
    "/account/sign-out": "ends the session that the others need",
    "/account/erase": "ends the account that the others need",
    "/admin/me/password": "tries of passwords are limited",
    "/admin/me/proof": "tries of passwords are limited",
    "/admin/sign-in": "tries of passwords are limited",
    "/account/sign-in": "tries of passwords are limited",
}


class Found(NamedTuple):
    """A form, and the page that it stands on."""

    page: str
    path: str
    sheet: Sheet


class Person:
    """A browser: owner of the shop and shopper in one."""

    def __init__(self, shop: WholeShop) -> None:
        self.shop = shop
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, form: list[tuple[str, str]] | None = None) -> Any:
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Cookie": jar}
        body = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form, encoding="utf-8", errors="surrogatepass")
        request = requests.Request(method, BASE + path, data=body, headers=headers).prepare()
        return self.shop.session.send(request, allow_redirects=False)

    def sign_in(self, path: str, email: str) -> None:
        answer = self.send("POST", path, [("email", email), ("password", PASSWORD)])
        assert answer.status_code == 303, answer.text
        for one in answer.raw.headers.getlist("set-cookie"):
            name, _, value = one.partition(";")[0].partition("=")
            self.cookies[name] = value


@pytest.fixture(scope="module")
def shop(
    postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WholeShop]:
    home: Path = tmp_path_factory.mktemp("hostile_forms")
    with whole_shop(postgres_url, template_database, home) as opened:
        yield opened


def asking(shop: WholeShop) -> Any:
    """Operations of the API, as owner or as whose token is given."""

    def ask(method: str, path: str, body: Any = None, token: str = "") -> Any:
        owner = None if path.startswith("/v1/") else shop.keys["owner"]
        headers = shop.credentials(path, method, token or owner) | {"If-Match": "*"}
        headers["Idempotency-Key"] = secrets.token_hex(8)
        sent: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        if isinstance(body, bytes):
            headers["Content-Type"] = "application/octet-stream"
        answer = shop.session.request(method, BASE + path, headers=headers, **sent)
        assert answer.ok, (method, path, answer.text)
        return answer.json() if answer.content else {}

    return ask


def forms_of(person: Person, begin: list[str]) -> list[Found]:
    """One of each form that the pages hold."""
    found: dict[object, Found] = {}

    async def look(name: str, path: str) -> str:
        answer = person.send("GET", path)
        assert answer.status_code < 500, (path, answer.text[:300])
        text: str = answer.text
        for sheet in sheets_in(text):
            action = urlsplit(urljoin(path, sheet.action or path)).path
            known = page_of(action, "POST")
            if sheet.method == "post" and known is not None and known not in LEFT_OUT:
                names = frozenset(field.name for field in sheet.fields)
                found.setdefault((known, names), Found(known, path, sheet._replace(action=action)))
        return text

    asyncio.run(walk(look, begin, BASE))
    return list(found.values())


def of_kind(field: Field, turn: int) -> str:
    """A hostile value that the field can hold."""
    if field.kind == "number":
        return NUMBERS[turn % len(NUMBERS)]
    if field.kind == "date":
        return DAYS[turn % len(DAYS)]
    if field.kind == "datetime-local":
        day = DAYS[turn % len(DAYS)]
        return day and f"{day}T00:00"
    return TEXTS[turn % len(TEXTS)]


def kept(shown: str, typed: str, field: Field) -> bool:
    """Whether the field still shows what was typed: of what is far too long the beginning, for
    nothing perhaps what is meant by that.
    """
    said = " ".join(typed.casefold().split())
    back = " ".join(shown.casefold().split()).rstrip(": ")
    return said in ("", back) or (len(said) > field.longest and back != "" and back in said)


def attempts(sheet: Sheet) -> Iterator[dict[str, str]]:
    """What is typed each time: everything wrong at once, then each field by itself."""
    typed = sheet.typed()
    for turn in range(AT_ONCE):
        yield {field.name: of_kind(field, turn) for field in typed}
    for number, field in enumerate(typed[:5]):
        yield {field.name: of_kind(field, number + AT_ONCE)}


def faults_in(person: Person, answer: Any, found: Found, wrong: dict[str, str]) -> Iterator[str]:
    if answer.status_code >= 500:
        yield f"{answer.status_code}"
        return
    if answer.status_code < 400:
        return
    if not answer.headers["content-type"].startswith("text/html"):
        yield f"{answer.status_code} is no page: {answer.text[:200]}"
        return
    shown = fields_on(answer.text, found, wrong)
    for field in found.sheet.typed():
        if field.name in wrong and field.kind != "password":
            now = shown.get(field.name)
            if now is None:
                # What an earlier form has done may leave nothing to fill in.
                if field.name in fields_on(person.send("GET", found.path).text, found, wrong):
                    yield f"{answer.status_code} without {field.name}"
            elif not kept(now.value, wrong[field.name], field):
                yield (
                    f"{answer.status_code} lost {field.name} ({field.kind}): "
                    f"{wrong[field.name][:40]!r} became {now.value[:40]!r}"
                )


def fields_on(html: str, found: Found, wrong: dict[str, str]) -> dict[str, Field]:
    """The fields of the form on a page, where it is on it."""
    back = [
        {field.name: field for field in one.fields}
        for one in sheets_in(html)
        if one.method == "post"
        and urlsplit(urljoin(found.path, one.action or found.path)).path == found.sheet.action
    ]
    return max(back, key=lambda one: len(wrong.keys() & one.keys()), default={})


def test_whatever_people_type_into_forms(shop: WholeShop) -> None:
    made = furnish(asking(shop), secrets.token_hex(3), shop.known["channel_id"], ADDRESS)
    person = Person(shop)
    person.sign_in("/admin/sign-in", "olga@example.com")
    person.sign_in("/account/sign-in", made.shopper)
    person.send("POST", "/cart/lines", [("variant_id", made.variant)])
    begin = [*made.begin, "/admin", "/", "/cart", "/checkout", "/account"]
    failed: dict[str, None] = {}
    forms = forms_of(person, begin)
    assert len({found.page for found in forms}) > 80
    for found in forms:
        if not found.sheet.typed():
            continue
        for wrong in attempts(found.sheet):
            sent = [(name, wrong.get(name, value)) for name, value in found.sheet.filled()]
            answer = person.send("POST", found.sheet.action, sent)
            for fault in faults_in(person, answer, found, wrong):
                failed[f"{found.page} at {found.path}: {fault}"] = None
        for text in FORGED:
            sent = [(name, text) for name, _ in found.sheet.filled()]
            answer = person.send("POST", found.sheet.action, sent)
            if answer.status_code >= 500:
                failed[f"{found.page} at {found.path}: {answer.status_code} for {text!r}"] = None
    assert not failed, "\n".join(failed)
