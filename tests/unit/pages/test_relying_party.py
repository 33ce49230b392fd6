"""For whom passkeys are made, by where the shop is."""

from __future__ import annotations

import pytest

from argosy.runtime.passkeys import relying_party, went_back
from argosy.runtime.settings import load_settings


@pytest.mark.parametrize(
    ("url", "known", "origins"),
    [
        ("https://shop.example", "shop.example", ["https://shop.example"]),
        ("https://shop.example:8443", "shop.example", ["https://shop.example:8443"]),
        ("http://localhost:8000", "localhost", ["http://localhost:8000"]),
        (
            "http://127.0.0.1:8000",
            "localhost",
            ["http://127.0.0.1:8000", "http://localhost:8000"],
        ),
    ],
)
def test_the_address_of_the_shop_says_it(url: str, known: str, origins: list[str]) -> None:
    party = relying_party(load_settings(public_url=url))
    assert party is not None
    assert (party.id, list(party.origins)) == (known, origins)


@pytest.mark.parametrize("url", ["http://shop.example", "https://192.0.2.7", "http://10.0.0.1:80"])
def test_where_browsers_offer_none_we_do_neither(url: str) -> None:
    assert relying_party(load_settings(public_url=url)) is None


def test_settings_go_before_the_address() -> None:
    settings = load_settings(
        public_url="https://api.example.com",
        passkey_rp_id="example.com",
        passkey_origins=["https://www.example.com"],
    )
    party = relying_party(settings)
    assert party is not None
    assert (party.id, party.origins) == ("example.com", ("https://www.example.com",))


@pytest.mark.parametrize(
    ("stored", "shown", "back"), [(0, 0, False), (0, 1, False), (4, 5, False), (5, 5, True)]
)
def test_a_count_that_does_not_go_up_tells_of_a_copy(stored: int, shown: int, back: bool) -> None:
    assert went_back(stored, shown) is back
    assert went_back(stored + 3, 0)
