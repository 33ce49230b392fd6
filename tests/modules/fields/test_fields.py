"""Custom fields in PostgreSQL: values, filters by an index, renaming, deleting, orders."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from argosy.kernel import paging
from argosy.kernel.ids import new_id
from argosy.modules import fields
from argosy.modules.fields import DefineField, FieldDefinition, FieldValue
from argosy.modules.fields.store import SQL
from argosy.runtime.db import Database, counting_statements


async def define(db: Database, subject: Any, code: str, kind: str, **more: Any) -> FieldDefinition:
    async with db.transaction() as tx:
        given = DefineField(code=code, label=code, kind=kind, **more)  # type: ignore[arg-type]
        return await fields.define_field(tx, subject, given)


async def put(db: Database, subject: Any, thing: UUID, **values: FieldValue | None) -> set[UUID]:
    async with db.transaction() as tx:
        return (await fields.set_values(tx, subject, {thing: values}))[1]


async def held(db: Database, subject: Any, thing: UUID) -> dict[str, FieldValue]:
    async with db.reading() as tx:
        return (await fields.values_of(tx, subject, [thing])).get(thing, {})


async def find(db: Database, subject: Any, limit: int = 10, **wanted: str) -> list[UUID]:
    found: list[UUID] = []
    after: tuple[UUID, str] | None = None
    async with db.reading() as tx:
        filters = await fields.filters_of(
            tx, subject, {k.replace("__", "."): v for k, v in wanted.items()}
        )
        while rows := await fields.find_by_fields(tx, subject, filters, after=after, limit=limit):
            found += [thing for thing, _ in rows]
            after = rows[-1]
    return found


async def found_over_pages(db: Database, wanted: dict[str, str]) -> list[UUID]:
    """As lists are read: a page of two, then on from where its look ended."""
    found: list[UUID] = []
    after: tuple[UUID, str] | None = None
    async with db.reading() as tx:
        asked = {k.replace("__", "."): v for k, v in wanted.items()}
        filters = await fields.filters_of(tx, "customer", asked)
        filters = await fields.rarest_first(tx, "customer", filters)
        while True:
            rows = await fields.find_by_fields(tx, "customer", filters, after=after, limit=2)
            found += [thing for thing, _ in rows]
            if len(rows) == 2:
                after = rows[-1]
                continue
            end = await fields.fields_look_end(tx, "customer", filters, after=after)
            if end is None:
                return found
            after = end


async def test_values_of_every_kind_are_kept_and_found(db: Database) -> None:
    values: dict[str, tuple[str, FieldValue, str]] = {
        "t": ("text", "Für Ann", "Für Ann"), "i": ("integer", -5, "-5"),
        "n": ("number", "1.50", "1.5"), "b": ("boolean", False, "false"),
        "d": ("date", "2026-01-31", "2026-01-31"), "c": ("choice", "a", "a"),
        "m": ("choices", ("b", "a"), "a"),
    }  # fmt: skip
    for code, (kind, _, _) in values.items():
        choices = ("a", "b") if kind.startswith("choice") else ()
        await define(db, "customer", code, kind, choices=choices)
    thing = new_id()
    given = {code: value for code, (_, value, _) in values.items()}
    assert await put(db, "customer", thing, **given) == {thing}
    assert await put(db, "customer", thing, **given) == set()
    assert await held(db, "customer", thing) == given
    for code, (_, _, text) in values.items():
        assert await find(db, "customer", **{code: text}) == [thing], code
    await put(db, "customer", thing, **dict.fromkeys(given))
    assert await held(db, "customer", thing) == {}
    assert await find(db, "customer", m="a") == []


async def test_lists_are_narrowed_by_several_fields_and_paged(db: Database) -> None:
    for code, kind in (("vat", "text"), ("rank", "integer"), ("vip", "boolean")):
        await define(db, "order", code, kind)
    things = [new_id() for _ in range(30)]
    async with db.transaction() as tx:
        given = {
            t: {"vat": "x" if n % 2 else "y", "rank": n, "vip": n % 3 == 0}
            for n, t in enumerate(things)
        }
        await fields.set_values(tx, "order", given)
    odd = [t for n, t in enumerate(things) if n % 2]
    assert await find(db, "order", limit=4, vat="x") == odd[::-1]
    assert await find(db, "order", limit=3, rank__min="5", rank__max="14") == things[5:15]
    wanted = [t for n, t in enumerate(things) if n % 2 and n % 3 == 0 and n >= 9]
    assert await find(db, "order", limit=2, vat="x", vip="true", rank__min="9") == wanted[::-1]
    for wrong in ({"nothing": "1"}, {"rank": "x"}, {"rank__low": "1"}, {"vat__min": "a"}):
        with pytest.raises(fields.FilterInvalid):
            await find(db, "order", **wrong)


async def test_faults_name_every_field_and_nothing_is_written(db: Database) -> None:
    await define(db, "product", "size", "integer", maximum="5")
    first, second = new_id(), new_id()
    with pytest.raises(fields.ValuesInvalid) as caught:
        async with db.transaction() as tx:
            await fields.set_values(
                tx, "product", {first: {"size": 1}, second: {"size": 9, "colour": "red"}}
            )
    assert [(f["entity"], f["column"], f["code"]) for f in caught.value.details["faults"]] == [
        (1, "size", "range"),
        (1, "colour", "unknown"),
    ]
    assert await held(db, "product", first) == {}


async def test_a_field_is_renamed_with_its_values_and_deleted_with_them(db: Database) -> None:
    old = await define(db, "product", "colour", "text")
    thing = new_id()
    await put(db, "product", thing, colour="red")
    renamed = DefineField(code="tint", label="Tint", kind="text")
    async with db.transaction() as tx:
        _, new = await fields.change_field(tx, old.id, renamed, expected_version=1)
    assert await held(db, "product", thing) == {"tint": "red"}
    assert await find(db, "product", tint="red") == [thing]
    async with db.transaction() as tx:
        with pytest.raises(fields.FieldInvalid):
            other = DefineField(code="tint", label="Tint", kind="integer")
            await fields.change_field(tx, old.id, other)
        with pytest.raises(fields.FieldChanged):
            await fields.change_field(tx, old.id, renamed, expected_version=1)
    async with db.transaction() as tx:
        await fields.delete_field(tx, old.id, expected_version=new.version)
    assert await held(db, "product", thing) == {}
    again = await define(db, "product", "tint", "integer")
    assert again.id != old.id
    assert await held(db, "product", thing) == {}
    async with db.transaction() as tx:
        assert not await fields.drop_values(tx, old.id)
    async with db.pool.acquire() as connection:
        assert await connection.fetchval("select count(*) from fields.value") == 0
    with pytest.raises(fields.FieldCodeTaken):
        await define(db, "product", "tint", "text")


async def test_shoppers_write_their_fields_only(db: Database) -> None:
    await define(db, "cart", "note", "text", visible="storefront", shopper_writes=True)
    await define(db, "cart", "risk", "integer", required=True)
    cart = new_id()
    async with db.transaction() as tx:
        given: dict[UUID, Any] = {cart: {"note": "Ring twice"}}
        await fields.set_values(tx, "cart", given, by_shopper=True)
        with pytest.raises(fields.ValuesInvalid):
            await fields.set_values(tx, "cart", {cart: {"risk": 1}}, by_shopper=True)


async def test_an_order_gets_what_its_cart_had_once(db: Database) -> None:
    await define(db, "cart", "note", "text", on_order=True)
    await define(db, "cart", "secret", "text")
    await define(db, "order", "note", "text")
    cart = new_id()
    await put(db, "cart", cart, note="Ring twice", secret="x")
    for _ in range(2):
        async with db.transaction() as tx:
            await fields.copy_to_orders(tx, [cart])
    assert await held(db, "order", cart) == {"note": "Ring twice"}
    await put(db, "order", cart, note="Rang")
    async with db.transaction() as tx:
        await fields.copy_to_orders(tx, [cart])
    assert await held(db, "order", cart) == {"note": "Rang"}
    assert await held(db, "cart", cart) == {"note": "Ring twice", "secret": "x"}


async def test_values_of_many_things_cost_four_statements(db: Database) -> None:
    await define(db, "product", "size", "integer")
    async with db.transaction() as tx:
        with counting_statements() as counter:
            await fields.set_values(tx, "product", {new_id(): {"size": n} for n in range(100)})
    assert counter.statements == 4


async def test_equality_and_range_at_a_million_orders_are_found_by_an_index(db: Database) -> None:
    """The planner is told of a million rows: the plan is that of a shop of that size."""
    definition = await define(db, "order", "rank", "integer")
    async with db.pool.acquire() as connection:
        await connection.execute("set statement_timeout = 0")
        await connection.execute(
            """
            insert into fields.value (subject, entity_id, definition_id, n, value, text_key,
                                      number_key)
            select 'order', uuidv7(), $1, 0, to_jsonb(i), i::text, i
              from generate_series(1, 50000) i""",
            definition.id,
        )
        await connection.execute("analyze fields.value")
        await connection.execute(
            "select pg_restore_relation_stats('schemaname', 'fields', 'relname', 'value',"
            " 'reltuples', 1000000::real, 'relpages', 20000)"
        )
        none = UUID(int=0)
        others = f"""'[{{"definition_id": "{definition.id}", "low": 5, "high": 99}}]'"""
        equal = SQL.equal_to.sql
        for number, text in enumerate(
            (
                f"'{definition.id}'",
                "'order'",
                "'77'",
                f"'{UUID(int=2**128 - 1)}'",
                others,
                "25",
                "5000",
            ),
            1,
        ):
            equal = equal.replace(f"${number}", text)
        ranged = SQL.between.sql
        for number, text in enumerate(
            (
                f"'{definition.id}'",
                "'order'",
                "100",
                "200",
                "100",
                f"'{none}'",
                others,
                "25",
                "5000",
            ),
            1,
        ):
            ranged = ranged.replace(f"${number}", text)
        plans = [
            json.loads(await connection.fetchval(f"explain (format json) {statement}"))
            for statement in (equal, ranged)
        ]
    for plan, index in zip(plans, ("value_text_index", "value_number_index"), strict=True):
        text = json.dumps(plan)
        assert index in text, text
        assert "Seq Scan" not in text, text
        assert '"Sort"' not in text, text
        assert "value_pkey" in text, "each other filter by the key of its value"


async def test_several_fields_narrow_at_once_and_the_rarest_leads(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code, kind in (
        ("vip", "boolean"),
        ("town", "text"),
        ("rank", "integer"),
        ("size", "number"),
    ):
        await define(db, "customer", code, kind)
    things = [new_id() for _ in range(40)]
    async with db.transaction() as tx:
        await fields.set_values(
            tx,
            "customer",
            {
                thing: {
                    "vip": n % 2 == 0, "town": "Ulm" if n % 10 == 0 else "Köln", "rank": n,
                    "size": f"{n % 7}.5",
                }
                for n, thing in enumerate(things)
            },
        )  # fmt: skip
    asked: list[tuple[dict[str, str], Callable[[int], bool]]] = [
        ({"vip": "true", "town": "Ulm"}, lambda n: n % 10 == 0),
        ({"vip": "false", "town": "Ulm"}, lambda n: False),
        ({"vip": "true", "town": "Ulm", "rank__min": "15"}, lambda n: n % 10 == 0 and n >= 15),
        ({"rank__min": "10", "rank__max": "30", "size__max": "2.5"},
         lambda n: 10 <= n <= 30 and n % 7 <= 2),
        ({"town": "Köln", "vip": "true", "size": "3.5", "rank__max": "39"},
         lambda n: n % 10 != 0 and n % 2 == 0 and n % 7 == 3),
    ]  # fmt: skip
    for look in (5_000, 3):
        monkeypatch.setattr(paging, "LOOK", look)
        for wanted, fits in asked:
            found = await found_over_pages(db, wanted)
            assert len(found) == len(set(found)), "none comes twice"
            assert set(found) == {t for n, t in enumerate(things) if fits(n)}, (look, wanted)
    monkeypatch.setattr(paging, "LOOK", 10)
    async with db.reading() as tx:
        filters = await fields.filters_of(tx, "customer", {"vip": "true", "town": "Ulm"})
        led = await fields.rarest_first(tx, "customer", filters)
        assert [one.equals for one in led] == ["Ulm", "true"]
        assert len(await fields.find_by_fields(tx, "customer", led, after=None, limit=9)) == 4


async def test_more_than_five_fields_are_refused(db: Database) -> None:
    for n in range(6):
        await define(db, "cart", f"f{n}", "text")
    async with db.reading() as tx:
        assert len(await fields.filters_of(tx, "cart", {f"f{n}": "x" for n in range(5)})) == 5
        with pytest.raises(fields.FilterInvalid) as caught:
            await fields.filters_of(tx, "cart", {f"f{n}": "x" for n in range(6)})
    assert caught.value.field == "field.f5"
