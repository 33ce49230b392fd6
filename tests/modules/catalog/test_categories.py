"""The category tree: paths follow moves, and a cycle cannot be stored."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argosy.kernel.errors import Conflict, Invalid, Unavailable
from argosy.modules import catalog
from argosy.modules.catalog import CategoryInput, ProductInput
from argosy.runtime.db import Database


async def make(db: Database, *paths: str) -> dict[str, UUID]:
    async with db.transaction() as tx:
        await catalog.upsert_categories(tx, [CategoryInput(path=p) for p in paths])
        return {c.path: c.id for c in await catalog.list_categories(tx)}


async def paths(db: Database) -> list[str]:
    async with db.reading() as tx:
        return [c.path for c in await catalog.list_categories(tx)]


async def test_slugs_that_no_address_can_hold_are_refused(db: Database) -> None:
    ids = await make(db, "men")
    for slug in ("what?", "a#b", "a\\b", "..", "."):
        async with db.transaction() as tx:
            with pytest.raises(catalog.CatalogInputInvalid) as made:
                await catalog.create_category(tx, parent_id=None, name="X", slug=slug)
            with pytest.raises(catalog.CatalogInputInvalid) as moved:
                await catalog.update_category(tx, ids["men"], slug=slug)
            given = CategoryInput(path=f"men/{slug}")
            (refused,) = (await catalog.upsert_categories(tx, [given]))[1]
        for refusal in (made, moved):
            assert refusal.value.field == "slug", slug
            assert refusal.value.details["faults"][0]["code"] == "slug_invalid", slug
        assert (refused[1].column, refused[1].code) == ("path", "slug_invalid")
    assert await paths(db) == ["men"]
    # What was stored before can be changed, and is found again by an import.
    await db.pool.execute("update catalog.category set slug = 'men?'")
    async with db.transaction() as tx:
        kept = await catalog.update_category(tx, ids["men"], slug="men?", name="All men")
        assert (kept.path, kept.name) == ("men?", "All men")
        given = CategoryInput(path="men?", name="Men")
        assert await catalog.upsert_categories(tx, [given]) == (1, [])


async def test_E9_a_move_takes_the_subtree_along_and_keeps_the_old_links(db: Database) -> None:
    ids = await make(db, "men", "men/tops", "men/tops/tees", "sale")
    async with db.transaction() as tx:
        moved = await catalog.update_category(tx, ids["men/tops"], parent_id=ids["sale"])
    assert moved.path == "sale/tops"
    assert await paths(db) == ["men", "sale", "sale/tops", "sale/tops/tees"]
    async with db.reading() as tx:
        assert (await catalog.category_by_path(tx, "men/tops/tees")).id == ids["men/tops/tees"]
        assert (await catalog.category_by_path(tx, "men/tops")).path == "sale/tops"


async def test_E9_a_category_cannot_be_below_itself(db: Database) -> None:
    ids = await make(db, "a", "a/b", "a/b/c")
    for parent in ("a", "a/b", "a/b/c"):
        with pytest.raises(catalog.CategoryCycle):
            async with db.transaction() as tx:
                await catalog.update_category(tx, ids["a"], parent_id=ids[parent])
    assert await paths(db) == ["a", "a/b", "a/b/c"]


async def test_E9_the_database_itself_refuses_a_cycle(db: Database) -> None:
    ids = await make(db, "a", "a/b")
    async with db.pool.acquire() as connection:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await connection.execute(
                "update catalog.category set parent_id = $1, parent_path = 'a/b' where id = $2",
                ids["a/b"],
                ids["a"],
            )


async def test_E9_two_moves_at_once_make_no_cycle(db: Database) -> None:
    for _ in range(5):
        ids = await make(db, "a", "b")

        async def move(child: str, parent: str, known: dict[str, UUID] = ids) -> bool:
            try:
                async with db.transaction() as tx:
                    await catalog.update_category(tx, known[child], parent_id=known[parent])
            except (Conflict, Invalid, Unavailable):
                return False
            return True

        moved = await asyncio.gather(move("a", "b"), move("b", "a"))
        assert sum(moved) <= 1
        assert await paths(db) in (["a", "b"], ["a", "a/b"], ["b", "b/a"])
        async with db.pool.acquire() as connection:
            await connection.execute("delete from catalog.category")


async def test_depth_is_bounded_and_slugs_differ_among_siblings(db: Database) -> None:
    await make(db, *("/".join("x" * n) for n in range(1, 13)))
    async with db.reading() as tx:
        deepest = (await catalog.category_by_path(tx, "/".join("x" * 12))).id
    with pytest.raises(catalog.CategoryTooDeep):
        async with db.transaction() as tx:
            await catalog.create_category(tx, parent_id=deepest, name="Deeper")
    with pytest.raises(catalog.CategoryPathTaken):
        async with db.transaction() as tx:
            await catalog.create_category(tx, parent_id=None, name="X")


async def test_upsert_names_parents_that_are_missing_and_repeats_quietly(db: Database) -> None:
    async with db.transaction() as tx:
        changed, refused = await catalog.upsert_categories(
            tx, [CategoryInput(path="a"), CategoryInput(path="nowhere/b")]
        )
    assert changed == 1
    assert [(c.path, f.code) for c, f in refused] == [("nowhere/b", "category_unknown")]
    async with db.transaction() as tx:
        assert (await catalog.upsert_categories(tx, [CategoryInput(path="a")]))[0] == 0
        changed, _ = await catalog.upsert_categories(tx, [CategoryInput(path="a", name="Alpha")])
        assert changed == 1


async def test_deleting_needs_an_empty_category_and_lets_products_be(db: Database) -> None:
    ids = await make(db, "a", "a/b")
    async with db.transaction() as tx:
        product = await catalog.create_product(tx, ProductInput(title="T", categories=("a/b", "a")))
    with pytest.raises(catalog.CategoryNotEmpty):
        async with db.transaction() as tx:
            await catalog.delete_category(tx, ids["a"])
    async with db.transaction() as tx:
        await catalog.delete_category(tx, ids["a/b"])
        after = await catalog.product_by_id(tx, product.row.id)
    assert after.categories == ("a",)
    assert after.row.version == product.row.version + 1


_MOVES = st.lists(st.tuples(st.integers(0, 6), st.integers(-1, 6)), max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(moves=_MOVES)
async def test_E9_any_moves_leave_a_tree_whose_paths_are_true(
    db: Database, moves: list[tuple[int, int]]
) -> None:
    async with db.pool.acquire() as connection:
        await connection.execute("delete from catalog.category; delete from catalog.redirect")
    ids = list((await make(db, *"abcdefg")).values())
    for child, parent in moves:
        try:
            async with db.transaction() as tx:
                target = None if parent < 0 else ids[parent]
                await catalog.update_category(tx, ids[child], parent_id=target)
        except (catalog.CategoryCycle, catalog.CategoryPathTaken):
            continue
    async with db.reading() as tx:
        tree = {c.id: c for c in await catalog.list_categories(tx)}
    assert set(tree) == set(ids)
    for node in tree.values():
        steps, at = [node.slug], node
        while at.parent_id is not None:
            at = tree[at.parent_id]
            steps.append(at.slug)
            assert len(steps) <= 7
        assert node.path == "/".join(reversed(steps))
