"""A kept page is the same page whoever it is given to, compressed or not."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.ids import encode, new_id
from argosy.web.pages.templating import POLICY
from argosy.web.storefront.keeping import PIECES, KeptPage

CART = encode("cart", new_id())


def body_of(
    page: KeptPage, cookies: dict[str, str], encodings: bytes
) -> tuple[str, bytes, dict[bytes, bytes]]:
    status, headers, message = page.answer(cookies, encodings).given(None)
    assert status == 200
    told = dict(headers)
    body: bytes = message["body"]
    assert told[b"content-length"] == str(len(body)).encode()
    if told.get(b"content-encoding") == b"gzip":
        # One member with nothing behind it: browsers read no further.
        reader = zlib.decompressobj(31)
        text = reader.decompress(body)
        assert (reader.eof, reader.unused_data) == (True, b"")
        assert gzip.decompress(body) == text
        return text.decode(), told[b"etag"], told
    return body.decode(), told[b"etag"], told


@given(
    head=st.text(max_size=200),
    tail=st.text(max_size=200),
    times=st.integers(1, 300),
    pieces=st.integers(0, 999_999),
    place=st.booleans(),
)
def test_every_visitor_is_given_the_page_with_their_number(
    head: str, tail: str, times: int, pieces: int, place: bool
) -> None:
    head, tail = (text.encode(errors="replace").decode() * times for text in (head, tail))
    page = KeptPage(head + PIECES * place + tail, code="us", route="/")
    cookies = {"argosy_cart_us": CART, "argosy_pieces_us": str(pieces)}
    number = str(pieces) if pieces and place else ""
    for encodings in (b"", b"br", b"gzip;q=0", b"gzip, deflate, br, zstd"):
        for _ in range(2):
            shown, _, told = body_of(page, cookies, encodings)
            assert shown == head + number + tail
            assert (b"content-encoding" in told) is (b"br, zstd" in encodings)


def test_a_number_is_shown_to_whoever_has_a_cart_of_this_shop_alone() -> None:
    page = KeptPage(f"<i>{PIECES}</i>", code="us", route="/")
    for cookies in (
        {},
        {"argosy_pieces_us": "3"},
        {"argosy_cart_us": "cart_nonsense", "argosy_pieces_us": "3"},
        {"argosy_cart_eu": CART, "argosy_pieces_eu": "3"},
        {"argosy_cart_us": CART, "argosy_pieces_us": "<script>"},
        {"argosy_cart_us": CART, "argosy_pieces_us": "-1"},
        {"argosy_cart_us": CART, "argosy_pieces_us": "1000000"},
    ):
        assert body_of(page, cookies, b"")[0] == "<i></i>", cookies


def test_each_form_of_a_page_has_a_tag_of_its_own() -> None:
    page = KeptPage(f"a{PIECES}b", code="us", route="/")
    seen = set()
    for pieces in ("0", "1", "2", "12"):
        for encodings in (b"", b"gzip"):
            cookies = {"argosy_cart_us": CART, "argosy_pieces_us": pieces}
            _, tag, told = body_of(page, cookies, encodings)
            seen.add(tag)
            assert told[b"content-security-policy"] == POLICY.encode()
            assert told[b"cache-control"] == b"private, no-cache"
            answer = page.answer(cookies, encodings)
            assert answer.given(tag)[0] == 304
            assert answer.given(b'"another"')[0] == 200
    assert len(seen) == 8
    assert body_of(KeptPage("a|b", code="us", route="/"), {}, b"")[1] not in seen


@pytest.mark.parametrize("pieces", ["", "7"])
def test_the_policy_of_pages_stands_once_and_wins(pieces: str) -> None:
    page = KeptPage("a", code="us", route="/")
    common = ((b"content-security-policy", b"of the API"), (b"x-frame-options", b"DENY"))
    _, headers, _ = page.answer({}, b"").given_with(common, None, False)
    policies = [value for name, value in headers if name == b"content-security-policy"]
    assert policies == [POLICY.encode()]
    assert (b"x-frame-options", b"DENY") in headers
