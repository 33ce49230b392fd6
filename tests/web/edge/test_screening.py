"""Card numbers are refused wherever they hide; the numbers of commerce are not (H17)."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.errors import Invalid
from argosy.web.screening import (
    CardNumberRefused,
    CharacterRefused,
    NumberTooLarge,
    is_card_number,
    screen_body,
    screen_query,
)

CARDS = [
    "4111111111111111",
    "4242424242424242",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "6011111111111117",
    "3566002020360505",
    "30569309025904",
    "6200000000000005",
    "4222222222222",
]


def _body(value: object) -> bytes:
    return msgspec.json.encode(value)


@pytest.mark.parametrize("card", CARDS)
def test_H17_card_numbers_of_all_networks_are_known(card):
    assert is_card_number(card)
    assert not is_card_number(card[:-1] + str((int(card[-1]) + 1) % 10))


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("gap", ["", " ", "-"])
def test_H17_they_are_refused_at_any_depth_and_with_gaps(card, gap):
    spaced = gap.join(card[i : i + 4] for i in range(0, len(card), 4))
    for body in (
        {"note": spaced},
        {"note": f"my card is {spaced}, thanks"},
        {"lines": [{"metadata": {"a": [spaced]}}]},
        [spaced],
    ):
        with pytest.raises(CardNumberRefused) as refused:
            screen_body(_body(body))
        assert card not in str(refused.value.field)
    with pytest.raises(CardNumberRefused):
        screen_query(f"a=1&note={spaced.replace(' ', '%20')}".encode())


def test_H17_as_a_number_and_as_a_name_too():
    with pytest.raises(CardNumberRefused):
        screen_body(b'{"amount": 4111111111111111}')
    with pytest.raises(CardNumberRefused) as refused:
        screen_body(b'{"a": {"4111111111111111": 1}}')
    assert refused.value.field == "a"


@pytest.mark.parametrize(
    "body",
    [
        {"gtin": "4222222222222"},
        {"sku": "30569309025904"},
        {"phone": "378282246310005"},
        {"tracking_number": "6011111111111117"},
        {"external_id": "4111111111111111"},
        {"id": "var_01h455vb4pex5vsknk084sn02q"},
        {"note": "1111111111111111"},
        {"at": "2026-11-21 2026-11-22 2026-11-23"},
        {"hash": "a4111111111111111f"},
        {"millis": 1763719200000},
        {"list": [4111, 1111, 1111, 1111]},
        {"note": "4111111111111111222222"},
    ],
)
def test_other_numbers_pass(body):
    screen_body(_body(body))


def test_a_search_for_an_article_number_passes():
    screen_query(b"q=4222222222222&limit=10")


@given(st.from_regex(r"[0-9]{13,19}", fullmatch=True))
def test_H17_luhn_agrees_with_its_definition(digits: str):
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    starts = digits[0] in "3456" or digits[:2] in {"22", "23", "24", "25", "26", "27"}
    assert is_card_number(digits) == (total % 10 == 0 and starts)


def test_nul_is_refused_however_it_is_written():
    with pytest.raises(CharacterRefused):
        screen_body(b'{"a":"x\\u0000y"}')
    with pytest.raises(CharacterRefused):
        screen_body(b'{"\\u0000":1}')
    with pytest.raises(CharacterRefused):
        screen_query(b"a=%00")
    screen_body(b'{"a":"a backslash \\\\u0000 is a text"}')


@pytest.mark.parametrize("query", [b"until=null", b"a=1&until=NULL&b=2"])
def test_a_null_in_a_query_is_refused_and_not_taken_for_nothing(query):
    with pytest.raises(Invalid) as refused:
        screen_query(query)
    assert refused.value.field == "until"
    screen_query(b"q=null&name=nullable")


def test_integers_beyond_64_bits_are_refused():
    screen_body(b'{"a":9223372036854775807,"b":-9223372036854775807}')
    for number in (b"9223372036854775808", b"-9223372036854775809", b"1" * 100):
        with pytest.raises(NumberTooLarge):
            screen_body(b'{"a":[' + number + b"]}")
    with pytest.raises(NumberTooLarge):
        screen_query(b"quantity=9223372036854775808")


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**9), 10**9)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(alphabet="abc -.,", max_size=40),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=5), inner)
        ),
        max_leaves=20,
    )
)
def test_ordinary_json_passes(value):
    screen_body(_body(value))


@given(st.binary(max_size=200))
def test_nothing_but_its_own_refusals_is_raised(raw: bytes):
    for screen in (screen_body, screen_query):
        with contextlib.suppress(Invalid):
            screen(raw)
