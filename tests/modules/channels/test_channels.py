"""Channels on PostgreSQL."""

from uuid import UUID

import pytest

from argosy.modules.channels import (
    ChannelChanged,
    ChannelCodeTaken,
    ChannelInvalid,
    ChannelNotFound,
    UpdateChannel,
    channel_by_code,
    channel_by_id,
    list_channels,
    offered_gateways,
    update_channel,
)
from argosy.runtime.db import Database
from tests.modules.channels.making import a_channel

HERE, THERE = UUID(int=11), UUID(int=12)


async def test_a_channel_is_read_as_it_was_opened(db: Database) -> None:
    async with db.transaction() as tx:
        made = await a_channel(tx, countries=("FR", "DE", "DE"), locations=(THERE, HERE))
    async with db.reading() as tx:
        assert await channel_by_id(tx, made.id) == made
        assert await channel_by_code(tx, "eu") == made
    assert made.countries == ("DE", "FR")
    assert made.locations == (THERE, HERE)
    assert (made.version, made.active, made.capture) == (1, True, "manual")


async def test_the_ways_to_pay_are_kept_in_order_changed_and_checked(db: Database) -> None:
    async with db.transaction() as tx:
        made = await a_channel(tx)
        changed = await update_channel(tx, made, UpdateChannel(gateways=("sandbox", "invoice")))
    async with db.reading() as tx:
        assert (await channel_by_id(tx, made.id)).gateways == ("sandbox", "invoice")
    assert offered_gateways(made, {"b", "a"}) == ("a", "b"), "none named: all that are enabled"
    assert offered_gateways(changed, {"invoice", "cash", "sandbox"}) == ("sandbox", "invoice")
    assert offered_gateways(changed, {"invoice"}) == ("invoice",)
    for wrong in (("invoice", "invoice"), ("Invoice",), ("x" * 70,)):
        with pytest.raises(ChannelInvalid) as refused:
            async with db.transaction() as tx:
                await update_channel(tx, changed, UpdateChannel(gateways=wrong))
        assert refused.value.field == "gateways"


@pytest.mark.parametrize(("inclusive", "rule"), [(True, "proportional"), (False, "own")])
async def test_rule_9_shipping_tax_is_proportional_where_prices_contain_tax(
    db: Database, inclusive: bool, rule: str
) -> None:
    async with db.transaction() as tx:
        assert (await a_channel(tx, tax_inclusive=inclusive)).shipping_tax == rule


async def test_codes_are_unique(db: Database) -> None:
    async with db.transaction() as tx:
        await a_channel(tx)
    with pytest.raises(ChannelCodeTaken):
        async with db.transaction() as tx:
            await a_channel(tx, name="Another")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "Bad Code"),
        ("name", "   "),
        ("currency", "XXX"),
        ("countries", ()),
        ("countries", ("DE", "france")),
        ("default_country", "US"),
        ("locale", "german"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("order_prefix", "lower"),
        ("reservation_ttl_s", 1),
        ("locations", (HERE, HERE)),
    ],
)
async def test_impossible_settings_are_refused_by_name(
    db: Database, field: str, value: object
) -> None:
    with pytest.raises(ChannelInvalid) as caught:
        async with db.transaction() as tx:
            await a_channel(tx, **{field: value})
    assert caught.value.field == field


async def test_a_change_raises_the_version_and_replaces_locations(db: Database) -> None:
    async with db.transaction() as tx:
        made = await a_channel(tx, locations=(HERE, THERE))
    async with db.transaction() as tx:
        changed = await update_channel(
            tx, made, UpdateChannel(name="EU", locations=(THERE,)), expected_version=1
        )
    async with db.reading() as tx:
        assert await channel_by_id(tx, made.id) == changed
    assert (changed.name, changed.version, changed.locations) == ("EU", 2, (THERE,))


async def test_a_change_of_nothing_writes_nothing(db: Database) -> None:
    async with db.transaction() as tx:
        made = await a_channel(tx)
        assert await update_channel(tx, made, UpdateChannel(name="Europe")) == made
        assert await channel_by_id(tx, made.id) == made


async def test_two_editors_do_not_overwrite_each_other(db: Database) -> None:
    async with db.transaction() as tx:
        made = await a_channel(tx)
    async with db.transaction() as tx:
        await update_channel(tx, made, UpdateChannel(name="First"))
    with pytest.raises(ChannelChanged):
        async with db.transaction() as tx:
            await update_channel(tx, made, UpdateChannel(name="Second"))
    async with db.reading() as tx:
        now = await channel_by_id(tx, made.id)
    with pytest.raises(ChannelChanged):
        async with db.transaction() as tx:
            await update_channel(tx, now, UpdateChannel(name="Third"), expected_version=1)


async def test_unknown_channels_are_not_found(db: Database) -> None:
    async with db.reading() as tx:
        for search in (channel_by_id(tx, HERE), channel_by_code(tx, "nowhere")):
            with pytest.raises(ChannelNotFound):
                await search


async def test_channels_are_listed_by_code_in_pages(db: Database) -> None:
    async with db.transaction() as tx:
        for code in ("b", "a", "c"):
            await a_channel(tx, code=code)
    async with db.reading() as tx:
        assert [c.code for c in await list_channels(tx, limit=2)] == ["a", "b"]
        assert [c.code for c in await list_channels(tx, after="b")] == ["c"]
