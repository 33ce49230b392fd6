"""What stands beside products: by hand, both ways, from files, and as channels show it."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.workflows.window_shop import Shop, open_shop

from argosy.adapters.tabular.relations import RelationCsv, write_relations
from argosy.drill.clock import MovableClock
from argosy.kernel.ids import new_id
from argosy.modules import catalog, relations
from argosy.modules.catalog import ProductInput, PublicationInput
from argosy.modules.relations import RelationsInvalid
from argosy.reads.related_products import Beside, beside
from argosy.runtime.db import Database, counting_statements
from argosy.workflows.relating import export_relations, import_relations, relate


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


async def shown(shop: Shop, slug: str) -> tuple[Beside, list[str]]:
    async with shop.db.reading() as tx:
        with counting_statements() as counted:
            found = await beside(tx, shop.channel.id, slug, 12)
        assert counted.statements == 1
    assert found is not None
    cards = found.cards.get("accessory", [])
    return found, [msgspec.json.decode(card)["slug"] for card in cards]


async def test_only_what_the_channel_shows_is_beside_a_product_in_order(
    shop: Shop, clock: MovableClock
) -> None:
    ids = {slug: (await shop.add(slug))[""] for slug in ("tee", "cap", "sock", "bag")}
    draft = (await shop.add("draft", minor=None))[""]
    soon = clock.now() + timedelta(hours=1)
    async with shop.db.transaction() as tx:
        await relate(tx, ids["tee"], "accessory", [ids["sock"], draft, ids["cap"], ids["bag"]])
        window = PublicationInput(channel_id=shop.channel.id, publish_from=soon)
        await catalog.publish_product(tx, ids["bag"], [window])
    await shop.settle()
    found, slugs = await shown(shop, "tee")
    assert slugs == ["sock", "cap"]
    assert found.until == soon
    assert found.product_ids == {ids["sock"], draft, ids["cap"], ids["bag"]}
    clock.advance(seconds=3600)
    assert (await shown(shop, "tee"))[1] == ["sock", "cap", "bag"]
    async with shop.db.reading() as tx:
        assert await beside(tx, shop.channel.id, "draft", 12) is None


async def test_both_ways_and_back(shop: Shop) -> None:
    tee, cap, sock = [(await shop.add(slug))[""] for slug in ("tee", "cap", "sock")]

    async def of(product_id: object) -> list[object]:
        async with shop.db.reading() as tx:
            return [r.related_id for r in await relations.relations_of(tx, [product_id])]  # type: ignore[list-item]

    async with shop.db.transaction() as tx:
        assert await relate(tx, cap, "cross_sell", [sock]) == {cap}
        assert await relate(tx, tee, "cross_sell", [cap, sock], both_ways=True) == {tee, cap, sock}
        assert await relate(tx, tee, "cross_sell", [cap, sock], both_ways=True) == set()
    assert (await of(tee), await of(cap), await of(sock)) == ([cap, sock], [sock, tee], [tee])
    async with shop.db.transaction() as tx:
        assert await relate(tx, tee, "cross_sell", [sock], both_ways=True) == {tee, cap}
    assert (await of(tee), await of(cap), await of(sock)) == ([sock], [sock], [tee])


async def test_what_cannot_be_beside_a_product(shop: Shop) -> None:
    tee = (await shop.add("tee"))[""]
    others = [(await shop.add(f"p{n}", sizes=("S",), minor=None, stock=0))[""] for n in range(51)]
    for wrong, error in (
        ([tee], RelationsInvalid),
        ([new_id()], catalog.ProductNotFound),
        (others, RelationsInvalid),
    ):
        with pytest.raises(error):
            async with shop.db.transaction() as tx:
                await relate(tx, tee, "up_sell", wrong)
    async with shop.db.transaction() as tx:
        await relate(tx, others[0], "up_sell", others[1:])
    with pytest.raises(RelationsInvalid):
        async with shop.db.transaction() as tx:
            await relate(tx, tee, "up_sell", [others[0]], both_ways=True)


async def test_a_deleted_product_is_beside_nothing(shop: Shop) -> None:
    tee, cap = [(await shop.add(slug))[""] for slug in ("tee", "cap")]
    async with shop.db.transaction() as tx:
        await relate(tx, tee, "replacement", [cap], both_ways=True)
        await relations.forget_products(tx, [cap])
        assert await relations.relations_of(tx, [tee, cap]) == []


async def test_a_file_comes_in_and_goes_out_the_same(shop: Shop, tmp_path: Path) -> None:
    for slug in ("tee", "cap", "sock"):
        await shop.add(slug, sizes=("S",), minor=None, stock=0)
    file = tmp_path / "relations.csv"
    file.write_text(
        "product,kind,related,position,both_ways\n"
        "tee,accessory,sock,2,\n"
        "tee,accessory,cap,1,yes\n"
        "cap,up_sell,nothing,,\n"
        "cap,up_sell,tee,,\n"
        "sock,gift,tee,,\n"
        "sock,up_sell,sock,,\n",
        encoding="utf-8",
    )
    done = await import_relations(shop.db, RelationCsv(file))
    assert (done.rows, done.changed, done.failed) == (6, 1, 3)
    assert {(f.row, f.column) for f in done.faults} == {(4, "related"), (6, "kind"), (7, "related")}
    again = await import_relations(shop.db, RelationCsv(file))
    assert (again.changed, again.unchanged) == (0, 1)
    out = io.StringIO()
    write_relations(out, [row async for row in export_relations(shop.db)])
    assert sorted(out.getvalue().splitlines()) == sorted(
        [
            "product,kind,related,position,both_ways",
            "tee,accessory,cap,0,",
            "tee,accessory,sock,1,",
            "cap,accessory,tee,0,",
            "sock,accessory,tee,0,",
        ]
    )
    file.write_text(out.getvalue(), encoding="utf-8")
    same = await import_relations(shop.db, RelationCsv(file))
    assert (same.changed, same.failed) == (0, 0)


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(0, 3), max_size=4))))
async def test_both_ways_holds_both_ways_after_any_history(
    db: Database, history: list[tuple[int, list[int]]]
) -> None:
    products = [new_id() for _ in range(4)]
    async with db.transaction() as tx:
        for which, others in history:
            related = [products[n] for n in others if n != which]
            await relations.set_relations(tx, products[which], "accessory", related, both_ways=True)
        found = await relations.relations_of(tx, products)
    pairs = {(r.product_id, r.related_id) for r in found}
    assert pairs == {(b, a) for a, b in pairs}
    for product in products:
        places = [r.position for r in found if r.product_id == product]
        assert len(places) == len(set(places))


async def test_a_title_that_changes_is_shown_beside(shop: Shop) -> None:
    tee, cap = [(await shop.add(slug))[""] for slug in ("tee", "cap")]
    async with shop.db.transaction() as tx:
        await relate(tx, tee, "accessory", [cap])
        await catalog.update_product(tx, cap, ProductInput(slug="hat"))
    await shop.settle()
    assert (await shown(shop, "tee"))[1] == ["hat"]
