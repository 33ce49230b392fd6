"""Change sets: staged edits take effect together, are merged with what others do, and go back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.workflows.window_shop import Shop, open_shop

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode
from argosy.modules import catalog, changesets, pricing, promotions, staff
from argosy.modules.catalog import AttributeDefinition, ProductInput
from argosy.modules.changesets import (
    ChangeSet,
    ChangeSetConflicts,
    ChangeSetStateWrong,
    DecisionsMissing,
    Due,
    EditInvalid,
)
from argosy.modules.promotions import Limits, SetPromotion
from argosy.modules.staff import SYSTEM, Actor, Forbidden
from argosy.runtime.db import Database, counting_statements
from argosy.workflows import change_publishing, promoting
from argosy.workflows.change_preview import preview_product, preview_quote
from argosy.workflows.change_publishing import (
    PublishChangeSet,
    publish,
    publish_change_set,
    schedule,
)
from argosy.workflows.change_rollback import clashes_of_rollback, roll_back
from argosy.workflows.change_staging import conflicts_of, resolve, stage
from argosy.workflows.change_writing import Wish
from argosy.workflows.fee_trials import FeeTrial
from argosy.workflows.placement import WantedItem
from argosy.workflows.product_export import export_products

Record = dict[str, Any]
TEN: Record = {
    "phase": "order",
    "reason": "10 % off",
    "action": {"type": "percent", "percent": "10"},
}


class Desk:
    """A shop with two products and somebody who stages edits of them."""

    def __init__(self, shop: Shop, mug: dict[str, UUID], cup: dict[str, UUID]) -> None:
        self.shop, self.db = shop, shop.db
        self.ids = {"mug": mug[""], "cup": cup[""]}
        self.variants = {"mug-S": mug["S"], "mug-M": mug["M"], "cup-S": cup["S"]}

    def wish(self, slug: str, /, **change: Any) -> Wish:
        return Wish(self.ids[slug], "product", change)

    async def staged(self, *wishes: Wish, name: str = "Launch", **more: Any) -> UUID:
        async with self.db.transaction() as tx:
            made = await changesets.create_change_set(tx, name, by="Ann")
            await stage(tx, made.id, wishes, by="Ann", **more)
        return made.id

    async def published(self, set_id: UUID, actor: Actor = SYSTEM) -> ChangeSet:
        async with self.db.transaction() as tx:
            return await publish(tx, set_id, actor)

    async def back(self, set_id: UUID, **more: Any) -> ChangeSet:
        async with self.db.transaction() as tx:
            return await roll_back(tx, set_id, SYSTEM, **more)

    async def change(self, slug: str, /, **fields: Any) -> None:
        """What somebody else does, directly."""
        async with self.db.transaction() as tx:
            await catalog.update_product(tx, self.ids[slug], ProductInput(**fields))
            subject = encode("product", self.ids[slug])
            who = Actor(kind="system", id=None, name="Bob", scopes=frozenset())
            await staff.audit(tx, who, "product.changed", subject)

    async def export(self) -> dict[str, Record]:
        records = [record async for record in export_products(self.db)]
        return {r["slug"]: r for r in records if r["kind"] == "product"}

    async def set(self, set_id: UUID) -> ChangeSet:
        async with self.db.reading() as tx:
            return await changesets.change_set_by_id(tx, set_id)


@pytest.fixture
async def desk(db: Database) -> Desk:
    shop = await open_shop(db)
    async with db.transaction() as tx:
        for code, level in (("colour", "product"), ("care", "product"), ("grade", "variant")):
            await catalog.define_attribute(
                tx, AttributeDefinition(code=code, label=code, kind="text", level=level)
            )
    mug = await shop.add("mug", categories=("kitchen", "gifts"), attributes={"colour": "red"})
    cup = await shop.add("cup", sizes=("S",), categories=("kitchen",))
    return Desk(shop, mug, cup)


SALE = {"amount": "7.50", "compare_at": "10.00", "priority": 5, "mix_group": "mugs"}
EDIT: Record = {
    "title": "Big mug", "description": "<p>Holds a litre.</p>", "status": "archived",
    "attributes": {"colour": None, "care": "by hand"}, "seo_title": None,
    "categories": ["gifts"], "categories_mode": "replace",
    "publications": [{"channel": "eu", "from": "2026-12-01T00:00:00"}],
    "variants": [
        {"sku": "MUG-s", "weight_g": 350, "prices": {"eu": [SALE]}},
        {"sku": "mug-M", "status": "archived", "prices": {"eu": None}},
    ],
}  # fmt: skip


async def test_a_set_takes_effect_as_one_and_goes_back_as_one(desk: Desk) -> None:
    before = await desk.export()
    set_id = await desk.staged(desk.wish("mug", **EDIT), desk.wish("cup", slug="beaker"))
    assert await desk.export() == before, "staging changes nothing"
    done = await desk.published(set_id)
    assert (done.state, done.edits, done.published_by) == ("published", 2, "command line")
    after = await desk.export()
    mug = after["mug"]
    assert "beaker" in after
    assert "cup" not in after
    assert (mug["title"], mug["status"], mug["attributes"]) == (
        "Big mug", "archived", {"care": "by hand"},
    )  # fmt: skip
    assert mug["publications"][0]["from"] == "2026-12-01T00:00:00Z", "market time (E10)"
    small, medium = mug["variants"]
    assert small["prices"]["eu"] == [{"amount": "10.00"}, SALE]
    assert (medium["status"], medium.get("prices")) == ("archived", None)
    again = await desk.published(set_id)
    assert again == done, "a retry changes nothing"
    assert (await desk.back(set_id)).state == "rolled_back"
    assert await desk.export() == before
    assert (await desk.back(set_id)).state == "rolled_back"
    with pytest.raises(ChangeSetStateWrong):
        await desk.published(set_id)
    kinds = await desk.db.pool.fetch(
        "select type from runtime.outbox where type like '%changesets%' order by id"
    )
    assert [k["type"].split(".")[2] for k in kinds] == [
        "change_set_published", "change_set_rolled_back",
    ]  # fmt: skip


TITLES = st.sampled_from(["A", "B", "Mug"])
PRICES = st.one_of(
    st.none(),
    st.lists(
        st.builds(
            lambda amount, priority: {"amount": amount, "priority": priority},
            st.sampled_from(["1.00", "9.99", "10.00"]),
            st.sampled_from([0, 1]),
        ),
        max_size=2,
        unique_by=lambda p: p["priority"],
    ),
)
PRODUCT = st.fixed_dictionaries(
    {},
    optional={
        "title": TITLES,
        "description": st.sampled_from([None, "x"]),
        "status": st.sampled_from(["draft", "active", "archived"]),
        "brand": st.sampled_from([None, "Acme"]),
        "attributes": st.one_of(
            st.none(),
            st.dictionaries(
                st.sampled_from(["colour", "care"]), st.sampled_from([None, "red", "x"])
            ),
        ),
        "categories": st.one_of(
            st.none(), st.lists(st.sampled_from(["kitchen", "gifts"]), unique=True)
        ),
        "publications": st.sampled_from([None, [], [{"channel": "eu", "until": None}]]),
    },
)
VARIANT = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from([None, "x"]),
        "weight_g": st.sampled_from([None, 5]),
        "attributes": st.sampled_from([None, {}, {"grade": "x"}]),
        "prices": st.fixed_dictionaries({}, optional={"eu": PRICES}),
    },
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(mug=PRODUCT, small=VARIANT, cup=PRODUCT)
async def test_publishing_then_rolling_back_is_identity(
    desk: Desk, mug: Record, small: Record, cup: Record
) -> None:
    before = await desk.export()
    edit = {**mug, "variants": [{"sku": "mug-S", **small}]} if small else mug
    wishes = [desk.wish(s, **c) for s, c in (("mug", edit), ("cup", cup)) if c]
    if not wishes:
        return
    set_id = await desk.staged(*wishes)
    await desk.published(set_id)
    await desk.back(set_id)
    assert await desk.export() == before


async def test_C11_prices_go_back_farther_than_they_may_move_in_a_day(desk: Desk) -> None:
    async with desk.db.transaction() as tx:
        prices = await pricing.price_list_by_id(tx, desk.shop.channel.price_list_id)
        limit = pricing.ChangePriceList(max_step_per_day=1000)
        await pricing.change_price_list(tx, prices.id, limit, expected_version=prices.version)
    before = await desk.export()

    def priced(amount: str) -> Wish:
        return desk.wish("mug", variants=[{"sku": "mug-S", "prices": {"eu": [{"amount": amount}]}}])

    with pytest.raises(EditInvalid, match="away from"):
        await desk.staged(priced("8.00"))
    set_id = await desk.staged(priced("9.00"))
    await desk.published(set_id)
    await desk.back(set_id)
    assert await desk.export() == before


async def test_all_faults_are_told_as_by_the_direct_change(desk: Desk) -> None:
    wrong = desk.wish(
        "mug", slug="cup", colour="x", media=[], attributes={"unknown": "x"},
        variants=[{"sku": "MUG-9", "stock": {"eu": 1}}, {"sku": "mug-S", "prices": {"xx": []}}],
    )  # fmt: skip
    with pytest.raises(EditInvalid) as told:
        await desk.staged(wrong, desk.wish("cup", title=""))
    found = {(f["entity_id"][:3], f["column"], f["code"]) for f in told.value.details["faults"]}
    assert found >= {
        ("prd", "colour", "unknown_field"),
        ("prd", "media", "not_in_change_set"),
        ("prd", "attributes.unknown", "attribute_unknown"),
        ("prd", "variants[0].sku", "variant_unknown"),
        ("prd", "variants[0].stock", "not_in_change_set"),
        ("prd", "title", "type"),
    }
    with pytest.raises(EditInvalid) as told:
        await desk.staged(
            desk.wish("mug", slug="cup", variants=[{"sku": "mug-S", "prices": {"xx": []}}])
        )
    assert told.value.field == "edits.0.change.variants[0].prices.xx"
    with pytest.raises(EditInvalid, match="slug"):
        await desk.staged(desk.wish("cup", title="ok"), desk.wish("mug", slug="cup"))
    with pytest.raises(EditInvalid, match="no such product"):
        await desk.staged(Wish(desk.variants["mug-S"], "product", {"title": "x"}))
    assert not await desk.db.pool.fetchval("select count(*) from changesets.edit")


async def test_edits_of_one_thing_are_merged_or_replaced_or_removed(desk: Desk) -> None:
    first = desk.wish("mug", title="A", variants=[{"sku": "mug-S", "weight_g": 1}])
    then = desk.wish("mug", brand="B", variants=[{"sku": "mug-S", "prices": {"eu": None}}])
    set_id = await desk.staged(first)
    async with desk.db.transaction() as tx:
        await stage(tx, set_id, [then], by="Bob")
        edit = await changesets.edit_of(tx, set_id, desk.ids["mug"])
        assert edit.change == {
            "title": "A", "brand": "B",
            "variants": [{"sku": "mug-S", "weight_g": 1, "prices": {"eu": None}}],
        }  # fmt: skip
        await stage(tx, set_id, [first], by="Ann", mode="replace")
        assert (await changesets.edit_of(tx, set_id, desk.ids["mug"])).change == first.change
        held = await changesets.hold_change_set(tx, set_id, expected_version=4)
        await changesets.remove_edits(tx, held, [desk.ids["mug"]])
        with pytest.raises(EditInvalid, match="no edits"):
            await publish(tx, set_id, SYSTEM)


async def test_sets_that_touch_different_fields_commute(desk: Desk) -> None:
    one = await desk.staged(
        desk.wish("mug", title="A", variants=[{"sku": "mug-S", "weight_g": 9}]), name="One"
    )
    two = await desk.staged(
        desk.wish("mug", brand="B", variants=[{"sku": "mug-S", "prices": {"eu": None}}]), name="Two"
    )
    before = await desk.export()
    await desk.published(one)
    await desk.published(two)
    both = await desk.export()
    assert (both["mug"]["title"], both["mug"]["brand"]) == ("A", "B")
    await desk.back(one)
    await desk.back(two)
    assert await desk.export() == before
    again = [
        await desk.staged(
            desk.wish("mug", brand="B", variants=[{"sku": "mug-S", "prices": {"eu": None}}])
        ),
        await desk.staged(desk.wish("mug", title="A", variants=[{"sku": "mug-S", "weight_g": 9}])),
    ]
    for set_id in again:
        await desk.published(set_id)
    assert await desk.export() == both


async def test_a_field_that_others_changed_blocks_until_it_is_resolved(desk: Desk) -> None:
    set_id = await desk.staged(
        desk.wish("mug", title="Mine", brand="Acme"), desk.wish("cup", brand="Acme")
    )
    await desk.change("mug", title="Theirs", seo_title="Kept")
    before = await desk.export()
    with pytest.raises(ChangeSetConflicts) as stopped:
        await desk.published(set_id)
    assert stopped.value.details["conflicts"] == [
        {"entity_id": encode("product", desk.ids["mug"]), "paths": ["title"]}
    ]
    assert await desk.export() == before, "nothing of the set took effect"
    async with desk.db.transaction() as tx:
        [conflict] = await conflicts_of(tx, set_id)
        [clash] = conflict.clashes
        assert (clash.base, clash.mine, clash.theirs) == ("Mug", "Mine", "Theirs")
        assert (conflict.by, conflict.version) == ("Bob", 2)
        with pytest.raises(ChangeSetConflicts):
            await stage(tx, set_id, [desk.wish("mug", status="draft")], by="Ann")
        with pytest.raises(ChangeSetConflicts):
            await resolve(
                tx, set_id, "product", desk.ids["mug"], theirs=[], seen_version=1, by="Ann"
            )
        await resolve(
            tx, set_id, "product", desk.ids["mug"], theirs=["title"], seen_version=2, by="Ann"
        )
        assert (await changesets.edit_of(tx, set_id, desk.ids["mug"])).change == {"brand": "Acme"}
    await desk.published(set_id)
    mug = (await desk.export())["mug"]
    assert (mug["title"], mug["brand"], mug["seo_title"]) == ("Theirs", "Acme", "Kept")
    other = await desk.staged(desk.wish("mug", title="Mine"))
    await desk.change("mug", title="Again")
    async with desk.db.transaction() as tx:
        [conflict] = await conflicts_of(tx, other)
        assert conflict.version
        await resolve(
            tx, other, "product", desk.ids["mug"], theirs=[], seen_version=conflict.version,
            by="Ann",
        )  # fmt: skip
    await desk.published(other)
    assert (await desk.export())["mug"]["title"] == "Mine"


async def test_naming_a_value_again_does_not_undo_what_others_did(desk: Desk) -> None:
    set_id = await desk.staged(desk.wish("mug", title="Mug", brand="Acme"))
    await desk.change("mug", title="Theirs")
    with pytest.raises(ChangeSetConflicts):
        await desk.published(set_id)
    assert (await desk.export())["mug"]["title"] == "Theirs"


async def test_a_product_that_is_gone_is_left_out(desk: Desk) -> None:
    set_id = await desk.staged(desk.wish("mug", title="A"), desk.wish("cup", title="B"))
    async with desk.db.transaction() as tx:
        await catalog.delete_product(tx, desk.ids["mug"])
    with pytest.raises(ChangeSetConflicts, match="whole"):
        await desk.published(set_id)
    async with desk.db.transaction() as tx:
        await resolve(tx, set_id, "product", desk.ids["mug"], theirs=[], seen_version=1, by="Ann")
    assert (await desk.published(set_id)).edits == 1


async def test_a_rollback_asks_about_what_was_changed_since(desk: Desk) -> None:
    set_id = await desk.staged(
        desk.wish("mug", title="A", brand="Acme"), desk.wish("cup", title="B")
    )
    await desk.published(set_id)
    await desk.change("mug", title="Better", seo_title="New")
    published = await desk.export()
    with pytest.raises(DecisionsMissing) as stopped:
        await desk.back(set_id)
    assert stopped.value.details["conflicts"][0]["paths"] == ["title"]
    assert await desk.export() == published
    async with desk.db.reading() as tx:
        assert [c.edit.label for c in await clashes_of_rollback(tx, set_id)] == ["Mug"]
    await desk.back(set_id, decisions={desk.ids["mug"]: "keep"})
    found = await desk.export()
    mug = found["mug"]
    assert (mug["title"], mug["brand"], mug["seo_title"]) == ("Better", "", "New")
    assert found["cup"]["title"] == "Cup"
    other = await desk.staged(desk.wish("mug", title="C"))
    await desk.published(other)
    await desk.change("mug", title="D")
    await desk.back(other, otherwise="put_back")
    assert (await desk.export())["mug"]["title"] == "Better"


async def test_a_scheduled_set_is_published_at_its_time(desk: Desk, clock: MovableClock) -> None:
    set_id = await desk.staged(desk.wish("mug", title="A"))
    due = Due(at=clock.now() + timedelta(hours=1))
    async with desk.db.transaction() as tx:
        held = await schedule(tx, set_id, due, SYSTEM)
    job = PublishChangeSet(change_set_id=set_id, version=held.version)
    await publish_change_set(desk.shop.app, job)
    assert (await desk.set(set_id)).state == "scheduled", "too early"
    with pytest.raises(ChangeSetStateWrong):
        async with desk.db.transaction() as tx:
            await stage(tx, set_id, [desk.wish("mug", title="B")], by="Ann")
    clock.advance(seconds=3600)
    stale = PublishChangeSet(change_set_id=set_id, version=held.version - 1)
    await publish_change_set(desk.shop.app, stale)
    assert (await desk.set(set_id)).state == "scheduled", "scheduled anew since"
    await publish_change_set(desk.shop.app, job)
    await publish_change_set(desk.shop.app, job)
    done = await desk.set(set_id)
    assert (done.state, done.published_by) == ("published", "command line")
    assert done.published_at
    assert due.at <= done.published_at <= clock.now()

    blocked = await desk.staged(desk.wish("mug", title="C"))
    async with desk.db.transaction() as tx:
        held = await schedule(tx, blocked, Due(at=clock.now()), SYSTEM)
    await desk.change("mug", title="D")
    await publish_change_set(
        desk.shop.app, PublishChangeSet(change_set_id=blocked, version=held.version)
    )
    found = await desk.set(blocked)
    assert (found.state, found.scheduled_for) == ("draft", None)
    assert "title was changed by somebody else" in found.problem


async def test_a_worker_that_dies_leaves_nothing_half(
    desk: Desk, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_id = await desk.staged(desk.wish("mug", title="A"), desk.wish("cup", title="B"))
    before = await desk.export()
    async with desk.db.transaction() as tx:
        held = await schedule(tx, set_id, Due(at=clock.now()), SYSTEM)
    job = PublishChangeSet(change_set_id=set_id, version=held.version)

    async def killed(*_args: object, **_named: object) -> ChangeSet:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(change_publishing.changesets, "note_published", killed)
        with pytest.raises(KeyboardInterrupt):
            await publish_change_set(desk.shop.app, job)
    assert await desk.export() == before
    await publish_change_set(desk.shop.app, job)
    assert (await desk.export())["cup"]["title"] == "B"


async def test_publishing_takes_the_scopes_of_the_direct_changes(desk: Desk) -> None:
    prices = await desk.staged(
        desk.wish("mug", variants=[{"sku": "mug-S", "prices": {"eu": [{"amount": "1.00"}]}}])
    )
    both = await desk.staged(
        desk.wish("cup", variants=[{"sku": "cup-S", "weight_g": 2, "prices": {"eu": None}}])
    )

    def someone(*scopes: str) -> Actor:
        return Actor(kind="staff", id=None, name="Eve", scopes=frozenset(scopes))

    with pytest.raises(Forbidden, match="prices:write"):
        await desk.published(prices, someone("changes:write", "catalog:write"))
    with pytest.raises(Forbidden, match="catalog:write"):
        await desk.published(both, someone("changes:write", "prices:write"))
    assert (await desk.published(prices, someone("prices:write"))).published_by == "Eve"
    assert (await desk.published(both, someone("prices:write", "catalog:write"))).edits == 1
    with pytest.raises(Forbidden):
        async with desk.db.transaction() as tx:
            await roll_back(tx, both, someone("catalog:write"))


async def test_statements_do_not_grow_with_the_number_of_edits(desk: Desk) -> None:
    slugs = [f"item-{n}" for n in range(12)]
    for slug in slugs:
        desk.ids[slug] = (await desk.shop.add(slug, sizes=("S",), stock=0))[""]
    counts = []
    for few in (slugs[:2], slugs):
        wishes = [
            desk.wish(s, title="X", variants=[{"sku": f"{s}-S", "prices": {"eu": [SALE]}}])
            for s in few
        ]
        with counting_statements() as counted:
            set_id = await desk.staged(*wishes)
            await desk.published(set_id)
            await desk.back(set_id)
        counts.append(counted.statements)
    assert counts[0] == counts[1] <= 220


async def test_a_promotion_goes_live_with_its_prices_and_is_stopped_with_them(desk: Desk) -> None:
    async with desk.db.transaction() as tx:
        wish = SetPromotion(name="Ten", document=TEN, limits=Limits(uses=5))
        made, _ = await promoting.create(tx, wish, by="Ann")
    twenty = {**TEN, "action": {"type": "percent", "percent": "20"}}
    edit = Wish(made.id, "promotion", {"document": twenty, "limits": None, "state": "live"})
    set_id = await desk.staged(edit, desk.wish("mug", title="Sale mug"))
    await desk.published(set_id)
    async with desk.db.reading() as tx:
        live = await promotions.promotion_by_id(tx, made.id)
    assert (live.state, live.document, live.limits) == ("live", twenty, Limits())
    await desk.back(set_id)
    async with desk.db.reading() as tx:
        back = await promotions.promotion_by_id(tx, made.id)
    assert (back.state, back.document, back.limits) == ("paused", TEN, Limits(uses=5))
    with pytest.raises(EditInvalid) as told:
        await desk.staged(Wish(made.id, "promotion", {"document": {"phase": "x"}}))
    assert told.value.details["faults"][0]["code"] == "promotions.invalid"
    with pytest.raises(EditInvalid, match="unknown field"):
        await desk.staged(Wish(made.id, "promotion", {"percent": 5}))


async def test_a_preview_shows_the_set_at_a_date_and_nothing_stays(
    desk: Desk, clock: MovableClock
) -> None:
    app, channel = desk.shop.app, desk.shop.channel
    async with desk.db.transaction() as tx:
        made, _ = await promoting.create(tx, SetPromotion(name="Ten", document=TEN), by="Ann")
    starts = clock.now() + timedelta(days=30)
    sale = {"amount": "8.00", "priority": 9, "from": starts.isoformat()}
    set_id = await desk.staged(
        desk.wish("mug", title="Sale mug", variants=[{"sku": "mug-S", "prices": {"eu": [sale]}}]),
        desk.wish("cup", status="archived"),
        Wish(made.id, "promotion", {"state": "live"}),
    )
    before = await desk.export()
    outbox = await desk.db.pool.fetchval("select count(*) from runtime.outbox")
    seen = []
    for at in (starts - timedelta(seconds=1), starts):
        found = await preview_product(app, set_id, desk.ids["mug"], channel.id, at)
        assert found.before
        assert found.after
        assert (found.before.title, found.after.title) == ("Mug", "Sale mug")
        trial = FeeTrial(items=(WantedItem(variant_id=desk.variants["mug-S"], quantity=2),))
        quote = await preview_quote(app, set_id, channel.id, trial, at)
        seen.append((quote.before.total.minor, quote.after.total.minor))
    assert seen == [(2000, 1800), (2000, 1440)]
    gone = await preview_product(app, set_id, desk.ids["cup"], channel.id, starts)
    assert gone.before
    assert gone.after is None
    assert await desk.export() == before
    assert await desk.db.pool.fetchval("select count(*) from runtime.outbox") == outbox
