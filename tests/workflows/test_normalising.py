"""Values of an import in the shop's own words: what is sure at once, what is not by a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.workflows.test_product_import import a_shop, exported, lines

from argosy.modules import brands, catalog, imports, normalising
from argosy.modules.imports import Plan
from argosy.modules.normalising import Origin, Question
from argosy.runtime.db import Database
from argosy.workflows.app import App
from argosy.workflows.normalising_values import settle_answer
from argosy.workflows.product_applying import apply_plan
from argosy.workflows.product_import import import_products
from argosy.workflows.product_planning import PlanOptions, plan_products
from argosy.workflows.product_reverting import revert_plan


@pytest.fixture
async def app(db: Database, tmp_path: Path) -> App:
    shop = await a_shop(db, tmp_path / "home")
    async with shop.db.transaction() as tx:
        await brands.create_brand(tx, "Luma", brands.BrandFields(), catalog.slugify)
    return shop


COLOUR = {"kind": "attribute", "code": "colour", "label": "Colour", "type": "choice"}
WEIGHT = {"kind": "attribute", "code": "net", "label": "Net", "type": "number", "unit": "g"}


def hat(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "kind": "product", "slug": f"hat-{number}", "title": "Hat", "brand": "LUMA",
        "attributes": {"colour": ["schwarz", "dunkelblau"], "net": "1 lb"},
        "variants": [{"sku": f"H{number}"}], **more,
    }  # fmt: skip


async def planned(app: App, tmp_path: Path, *records: dict[str, Any], yes: bool = True) -> Plan:
    return await plan_products(
        app, lines(tmp_path, COLOUR, WEIGHT, *records), options=PlanOptions(normalise=yes)
    )


async def product(app: App, number: int = 1) -> catalog.Product:
    async with app.db.reading() as tx:
        variant = await catalog.find_variant_by_sku(tx, f"H{number}")
        assert variant
        return await catalog.product_by_id(tx, variant.product_id)


async def origins(app: App, product_id: UUID) -> dict[str, Origin]:
    async with app.db.reading() as tx:
        return {one.path: one for one in await normalising.origins_of(tx, product_id)}


async def questions(app: App) -> list[Question]:
    async with app.db.reading() as tx:
        return await normalising.list_questions(tx, limit=20)


async def test_a_plan_shows_what_was_read_and_the_product_keeps_where_it_is_from(
    app: App, tmp_path: Path
) -> None:
    before = await exported(app)
    plan = await planned(app, tmp_path, hat(), hat(2, attributes={"colour": ["Dunkel-Blau"]}))
    async with app.db.reading() as tx:
        rows = await imports.rows_of(tx, plan.id, limit=10)
    shown = [(n.path, n.raw, n.value, n.rule, n.settled) for n in rows[2].normalised]
    assert shown == [
        ("brand", "LUMA", "Luma", "exact", True),
        ("attributes.colour[0]", "schwarz", "Black", "alias", True),
        ("attributes.colour[1]", "dunkelblau", "Blue", "contains", False),
        ("attributes.net", "1 lb", "1 lb", "unit", True),
    ]
    assert (plan.creates, plan.rejects) == (4, 0)
    assert await questions(app) == []  # a plan asks nothing
    await apply_plan(app, plan.id)
    made = await product(app)
    assert (made.row.brand, made.row.attributes["colour"]) == ("Luma", ("Black", "dunkelblau"))
    net = made.row.attributes["net"]
    assert isinstance(net, catalog.NumberValue)
    assert (net.number, net.unit, net.canonical and net.canonical.number) == (
        "1", "lb", "453.59237",
    )  # fmt: skip
    kept = await origins(app, made.row.id)
    assert (kept["brand"].raw, kept["brand"].person) == ("LUMA", None)
    assert kept["brand"].source == f"plan {plan.id}"
    assert not kept["attributes.colour[1]"].settled
    [asked, other] = await questions(app)
    assert {(q.raw, q.proposed, q.seen) for q in (asked, other)} == {
        ("dunkelblau", "Blue", 1), ("Dunkel-Blau", "Blue", 1),
    }  # fmt: skip
    # The same file again has nothing to do, and taking it back leaves nothing.
    again = await planned(app, tmp_path, hat())
    assert (again.creates, again.updates, again.unchanged) == (0, 0, 3)
    await revert_plan(app, plan.id)
    assert await exported(app) == before
    assert await origins(app, made.row.id) == {}


async def test_an_answer_changes_products_and_is_learned_or_not(app: App, tmp_path: Path) -> None:
    plan = await planned(
        app, tmp_path, hat(1, brand="Lumaa"), hat(2, brand="Lumaa"),
        hat(3, brand="Lumma", attributes={"colour": ["Turqoise"]}),
    )  # fmt: skip
    await apply_plan(app, plan.id)
    asked = {q.raw: q for q in await questions(app)}
    assert {raw: q.seen for raw, q in asked.items()} == {
        "Lumaa": 2, "Lumma": 1, "dunkelblau": 2, "Turqoise": 1,
    }  # fmt: skip

    async def say(raw: str, said: normalising.Answer, value: str | None = None) -> int:
        async with app.db.transaction() as tx:
            await normalising.answer(tx, asked[raw].id, said, value=value, person="Ann")
        return await settle_answer(app.db, asked[raw].id)

    async with app.db.transaction() as tx:
        # Somebody has changed one of them by hand meanwhile: that stays.
        other = catalog.ProductInput(brand="Other")
        await catalog.update_product(tx, (await product(app, 2)).row.id, other)
    assert await say("Lumaa", "always") == 1
    assert [(await product(app, n)).row.brand for n in (1, 2, 3)] == ["Luma", "Other", "Lumma"]
    assert await say("Lumma", "reject") == 0
    assert await say("dunkelblau", "accept", "Navy blue") == 2
    assert (await product(app)).row.attributes["colour"] == ("Black", "Navy blue")
    kept = await origins(app, (await product(app)).row.id)
    assert (kept["brand"].person, kept["brand"].value, kept["brand"].settled) == (
        "Ann", "Luma", True,
    )  # fmt: skip
    with pytest.raises(normalising.QuestionAnswered):
        await say("Lumma", "always")
    assert await settle_answer(app.db, asked["Turqoise"].id) == 0  # nobody has answered that
    later = await planned(app, tmp_path, hat(4, brand="lumaa"), hat(5, brand="Lumma"))
    await apply_plan(app, later.id)
    assert [(await product(app, n)).row.brand for n in (4, 5)] == ["Luma", "Lumma"]
    # `accept` was for once: the word is asked about again; what was rejected is not.
    assert {q.raw for q in await questions(app)} == {"dunkelblau", "Turqoise"}


async def test_without_being_asked_for_nothing_is_normalised(app: App, tmp_path: Path) -> None:
    plan = await planned(app, tmp_path, hat(attributes={"colour": ["schwarz"]}), yes=False)
    await apply_plan(app, plan.id)
    made = await product(app)
    assert (made.row.brand, made.row.attributes["colour"]) == ("LUMA", ("schwarz",))
    assert await origins(app, made.row.id) == {}
    done = await import_products(app, lines(tmp_path, hat(2, attributes={"net": "1 lb"})))
    assert done.failed == 1
