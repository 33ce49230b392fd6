"""GS1 Digital Links: what identifies a passport, there and back."""

from __future__ import annotations

import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules import passports
from argosy.modules.catalog import gtin_is_valid
from argosy.modules.passports import DigitalLinkInvalid, Key

ALLOWED = "!\"%&'()*+,-./:;<=>?_" + string.ascii_letters + string.digits
PARTS = st.text(ALLOWED, max_size=20)


def _with_check_digit(body: str) -> str:
    """GS1 General Specifications, 7.9: from the right, every other digit counts three times."""
    total = sum(int(d) * (3 if n % 2 == 0 else 1) for n, d in enumerate(reversed(body)))
    return body + str(-total % 10)


GTINS = st.sampled_from([7, 11, 12, 13]).flatmap(
    lambda size: st.text(string.digits, min_size=size, max_size=size).map(_with_check_digit)
)


@given(GTINS, PARTS, PARTS)
def test_a_link_that_we_give_out_leads_back_to_what_it_is_of(
    gtin: str, lot: str, serial: str
) -> None:
    key = passports.key_of(gtin, lot, serial)
    path = passports.link_path(key)
    assert passports.read_path(path) == key
    assert key == Key(gtin.rjust(14, "0"), lot, serial)
    # Nothing but unreserved characters, escapes and the slashes of the grammar (RFC 3986).
    assert set(path) <= set(string.ascii_letters + string.digits + "-._~%/")
    assert path.count("/") == 2 + 2 * bool(lot) + 2 * bool(serial)
    assert passports.link_path(passports.read_path(path)) == path


@given(GTINS, st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_never_a_gtin(gtin: str, place: int, more: int) -> None:
    at = place % len(gtin)
    wrong = gtin[:at] + str((int(gtin[at]) + more) % 10) + gtin[at + 1 :]
    with pytest.raises(DigitalLinkInvalid):
        passports.gtin_14(wrong)


@given(st.text(string.digits, max_size=15))
def test_the_catalogue_and_passports_agree_on_what_a_gtin_is(digits: str) -> None:
    try:
        passports.gtin_14(digits)
        good = True
    except DigitalLinkInvalid:
        good = False
    assert good == gtin_is_valid(digits)


@given(st.text(max_size=60))
def test_whatever_is_asked_is_a_key_or_refused(text: str) -> None:
    for path in (text, f"/01/{quote(text)}", f"/01/09506000134352/10/{text}"):
        try:
            key = passports.read_path(path)
        except DigitalLinkInvalid:
            continue
        assert passports.read_path(passports.link_path(key)) == key


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/01/09506000134352", Key("09506000134352")),
        ("/01/9506000134352", Key("09506000134352")),
        ("/01/09506000134352/10/ABC%26%2B123", Key("09506000134352", "ABC&+123")),
        ("/01/09506000134352/21/a%2Fb", Key("09506000134352", "", "a/b")),
        ("/01/09506000134352/10/L1/21/S1", Key("09506000134352", "L1", "S1")),
    ],
)
def test_links_of_the_standard_are_understood(path: str, key: Key) -> None:
    assert passports.read_path(path) == key
    assert key.level == ("item" if key.serial else "batch" if key.lot else "model")


@pytest.mark.parametrize(
    "path",
    [
        "/01/09506000134353",
        "/01/",
        "/00/09506000134352",
        "/01/09506000134352/21/S1/10/L1",
        "/01/09506000134352/10/L1/10/L2",
        "/01/09506000134352/10/",
        "/01/09506000134352/10/" + "x" * 21,
        "/01/09506000134352/10/a%2",
        "/01/09506000134352/10/%C3%A4",
        "/01/09506000134352/22/2A",
        "/01/09506000134352/10/a b",
        "/01/٠٩٥٠٦٠٠٠١٣٤٣٥٢",
    ],
)
def test_what_is_no_such_link_is_refused(path: str) -> None:
    with pytest.raises(DigitalLinkInvalid):
        passports.read_path(path)
