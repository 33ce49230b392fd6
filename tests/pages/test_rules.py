"""What pages promise whatever they show: safe, small, kept where they may be, said in German."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator

import httpx
import pytest
from babel.messages.extract import extract_from_dir, extract_from_file

from argosy.web.pages.templating import POLICY
from argosy.web.pages.wording import words
from tests.pages.conftest import Demo

HOODIE = "/p/chaz-kangeroo-hoodie"
HTML_BUDGET = 40_000
ALL_BUDGET = 200_000


@pytest.fixture
def http(demo: Demo) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=demo.url, headers={"Accept": "text/html"}) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/c/women", HOODIE, "/cart", "/search?q=hoodie", "/nope"])
def test_every_page_is_bound_to_its_own_files_and_no_other_page_can_frame_it(
    http: httpx.Client, path: str
) -> None:
    answer = http.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY
    assert "frame-ancestors 'none'" in POLICY
    assert "unsafe" not in POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"\son\w+=|<style|style=|javascript:", answer.text)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("path", ["/cart/lines", "/cart/coupons", "/checkout"])
def test_a_form_of_another_site_is_refused(
    http: httpx.Client, path: str, headers: dict[str, str]
) -> None:
    answer = http.post(path, data={"quantity": "1"}, headers=headers)
    assert answer.status_code == 403
    assert "request.foreign_form" in answer.text


def test_no_form_leads_to_another_site(http: httpx.Client, demo: Demo) -> None:
    form = {"variant_id": "var_00000000000000000000000000", "back": "//evil.example/"}
    answer = http.post("/cart/lines", data=form)
    assert "evil.example" not in answer.text
    assert "evil.example" not in answer.headers.get("location", "")


def test_a_cart_cannot_be_read_by_scripts_and_another_shop_does_not_get_it(
    http: httpx.Client,
) -> None:
    variant = re.search(r'name="variant_id" value="([^"]+)"', http.get(HOODIE).text)
    assert variant is not None
    answer = http.post("/cart/lines", data={"variant_id": variant[1]})
    assert answer.status_code == 303
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all("HttpOnly" in cookie and "SameSite=lax" in cookie for cookie in cookies)
    assert all("argosy_" in cookie and "_us=" in cookie for cookie in cookies)


def test_a_page_for_everybody_holds_nothing_of_anybody(http: httpx.Client) -> None:
    """DOMAIN.md C10: the number of pieces is put in afterwards, and changes the tag."""
    before = http.get(HOODIE)
    variant = re.search(r'name="variant_id" value="([^"]+)"', before.text)
    assert variant is not None
    http.post("/cart/lines", data={"variant_id": variant[1], "quantity": "3"})
    mine = http.get(HOODIE)
    assert 'class="pieces">3<' in mine.text
    assert mine.headers["etag"] != before.headers["etag"]
    assert mine.headers["cache-control"].startswith("private")
    other = httpx.get(str(http.base_url) + HOODIE)
    assert 'class="pieces"><' in other.text
    assert other.headers["etag"] == before.headers["etag"]


def test_a_page_that_has_not_changed_is_not_sent_again(http: httpx.Client) -> None:
    tag = http.get("/").headers["etag"]
    again = http.get("/", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_the_product_page_stays_within_its_budget(http: httpx.Client) -> None:
    answer = http.get(HOODIE)
    assert len(answer.content) <= HTML_BUDGET
    files = set(re.findall(r'"(/assets/[^"]+)"', answer.text))
    assert files
    total = len(gzip.compress(answer.content))
    for file in files:
        sent = http.get(file, headers={"Accept-Encoding": "gzip"})
        assert sent.headers["cache-control"] == "public, max-age=31536000, immutable"
        total += int(sent.headers["content-length"])
    assert total <= ALL_BUDGET
    # One round of blocking resources: a stylesheet; scripts wait for the page.
    assert len(re.findall(r'rel="stylesheet"', answer.text)) == 1
    assert all("defer" in tag for tag in re.findall(r"<script src[^>]*>", answer.text))


def test_what_a_merchant_or_a_visitor_writes_is_text_not_markup(
    http: httpx.Client, demo: Demo
) -> None:
    evil = "<script>alert(1)</script>"
    page = http.get("/search", params={"q": evil}).text
    assert evil not in page
    assert "&lt;script&gt;alert(1)" in page
    found = demo.ask("GET", "/admin/v1/products?limit=1")["items"][0]
    before = found["title"]
    demo.ask("PATCH", f"/admin/v1/products/{found['id']}", {"title": f"{before} {evil}"})
    try:
        shown = http.get(f"/p/{found['slug']}").text
        assert evil not in shown
    finally:
        demo.ask("PATCH", f"/admin/v1/products/{found['id']}", {"title": before})


def test_what_is_said_of_a_category_is_shown_with_its_markup(
    http: httpx.Client, demo: Demo
) -> None:
    tree = demo.ask("GET", "/admin/v1/categories")["items"]
    women = next(one for one in tree if one["path"] == "women")
    path = f"/admin/v1/categories/{women['id']}"
    said = "For <b>all</b> days"
    demo.ask("PATCH", path, {"description": f"{said}<script>alert(1)</script>"})
    try:
        # Pages are told of a change; the time that takes is the machine's.
        until = time.monotonic() + 30
        while said not in (shown := http.get("/c/women").text) and time.monotonic() < until:
            time.sleep(0.1)
        assert f'<div class="text">{said}</div>' in shown
        assert 'content="For all days"' in shown
        assert "alert(1)" not in shown
    finally:
        demo.ask("PATCH", path, {"description": women["description"]})


def test_links_from_elsewhere_work_whatever_they_carry(http: httpx.Client) -> None:
    for query in ("utm_source=mail", "gclid=1&color=blue", "price_min=abc", "sort=nothing"):
        assert http.get(f"/c/women?{query}").status_code == 200


def test_every_shop_has_its_own_address_and_names_the_others(http: httpx.Client) -> None:
    page = http.get("/@eu" + HOODIE).text
    canonical = re.search(r'rel="canonical" href="([^"]+)"', page)
    assert canonical is not None
    assert canonical[1].endswith("/@eu" + HOODIE)
    assert re.search(r'hreflang="en-US" href="[^"@]+' + HOODIE + '"', page)
    assert http.get("/@nowhere/").status_code == 404
    assert http.get("/@eu/v1/products").status_code == 404


def test_every_text_is_said_in_german() -> None:
    said = words("de")
    texts = (
        {
            message if isinstance(message, str) else message[0]
            for _, _, message, _, _ in extract_from_dir(
                "src/argosy/web/templates",
                method_map=[("**.html", "jinja2")],
                options_map={"**.html": {"extensions": "jinja2.ext.i18n,jinja2.ext.loopcontrols"}},
            )
        }
        | {
            message if isinstance(message, str) else message[0]
            for _, _, message, _, _ in extract_from_dir(
                "src/argosy/web/admin", method_map=[("**.py", "python")], keywords={"N_": None}
            )
        }
        | {
            str(message)
            for _, message, _, _ in extract_from_file(
                "python", "src/argosy/web/invoice_page.py", keywords={"N_": None}
            )
        }
    )
    assert len(texts) > 100
    assert sorted(text for text in texts if text not in said.texts) == []
