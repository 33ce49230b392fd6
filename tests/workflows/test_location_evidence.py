"""Two items of evidence for where the buyer of digital goods is: B19."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from tests.workflows.till import BECAUSE, INVOICE, Till, reply_for

from argosy.modules import orders
from argosy.modules.cart import Cart
from argosy.modules.quote import EvidenceItem, LocationEvidence, Quote
from argosy.runtime.settings import load_settings
from argosy.web.client_country import client_country
from argosy.workflows import checkout
from argosy.workflows.location_evidence import standing
from argosy.workflows.placement import PlaceCart


def item(country: str, source: Any = "ip_address") -> EvidenceItem:
    return EvidenceItem(source=source, country=country)


@pytest.mark.parametrize(
    ("countries", "says"),
    [
        ([], "none"),
        (["DE"], "single"),
        (["DE", "DE"], "sufficient"),
        (["DE", "FR"], "contradictory"),
        (["DE", "FR", "DE"], "sufficient"),
        (["DE", "FR", "FR"], "contradictory"),
        (["FR"], "contradictory"),
    ],
)
def test_B19_two_that_agree_are_enough(countries: list[str], says: str) -> None:
    assert standing("DE", [item(country) for country in countries]) == says


async def place(till: Till, cart: Cart, ip_country: str) -> LocationEvidence | None:
    command = PlaceCart(
        cart_id=cart.id,
        channel=till.channel,
        customer_id=None,
        expected_total=await till.total(cart),
        payment=INVOICE,
        because=BECAUSE,
        ip_country=ip_country,
    )
    await checkout.place(till.app, command, reply_for(None))
    async with till.db.reading() as tx:
        return msgspec.convert(await orders.quote_of(tx, cart.id), Quote).location


async def test_B19_the_order_of_digital_goods_keeps_what_says_where_the_buyer_is(
    till: Till,
) -> None:
    kept = await place(till, await till.cart(song=1), "DE")
    assert kept is not None
    assert (kept.country, kept.standing) == ("DE", "sufficient")
    assert [one.source for one in kept.items] == ["billing_address", "ip_address"]
    odd = await place(till, await till.cart(song=1), "FR")
    assert odd is not None
    assert odd.standing == "contradictory"
    alone = await place(till, await till.cart(song=1), "")
    assert alone is not None
    assert alone.standing == "single"
    # What ships is taxed where it goes.
    assert await place(till, await till.cart(shirt=1, song=1), "FR") is None
    await till.check_books()


@pytest.mark.parametrize(
    ("peer", "told", "believed"),
    [
        ("10.0.0.7", "de", "DE"),
        ("10.0.0.7", "XX", ""),
        ("10.0.0.7", "T1", ""),
        ("10.0.0.7", "Germany", ""),
        ("10.0.0.7", "", ""),
        ("203.0.113.9", "DE", ""),
        ("not an address", "DE", ""),
    ],
)
def test_B19_only_a_trusted_proxy_is_believed(peer: str, told: str, believed: str) -> None:
    settings = load_settings(client_country_header="CF-IPCountry", trusted_proxies=["10.0.0.0/8"])
    assert client_country(request(settings, peer, told)) == believed
    nobody = load_settings(trusted_proxies=["10.0.0.0/8"])
    assert client_country(request(nobody, peer, told)) == ""


def request(settings: Any, peer: str, told: str) -> Any:
    shop = SimpleNamespace(settings=settings)
    return SimpleNamespace(
        app=SimpleNamespace(state=SimpleNamespace(shop=shop)),
        client=SimpleNamespace(host=peer),
        headers={"CF-IPCountry": told},
    )
