"""Translations go out in files and come in again. DOMAIN.md E8."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.workflows.window_shop import Shop, open_shop

from argosy.adapters.tabular.translations import TranslationCsv, write_translations
from argosy.adapters.tabular.xliff import TranslationXliff, write_xliff
from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, translations
from argosy.modules.catalog import ProductInput
from argosy.modules.translations.ports import TranslationRow
from argosy.runtime.db import Database
from argosy.workflows.translating import Change, change_sheet, report
from argosy.workflows.translation_files import FileReport, Taking, export_file, take_file


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


async def exported(shop: Shop, **more: Any) -> list[TranslationRow]:
    return [row async for row in export_file(shop.db, "de", **more)]


class Rows:
    """A file that was read."""

    def __init__(self, rows: list[TranslationRow]) -> None:
        self._rows = rows

    def rows(self) -> Any:
        return iter(self._rows)


async def take(shop: Shop, rows: list[TranslationRow], **taking: Any) -> FileReport:
    """Plan and then apply: the plan says what happens."""
    planned = await take_file(shop.db, Rows(rows), Taking(**taking), apply=False)
    done = await take_file(shop.db, Rows(rows), Taking(**taking), apply=True)
    assert not planned.applied
    assert msgspec.structs.replace(planned, applied=True) == done
    return done


def counts(done: FileReport) -> dict[str, int]:
    names = ("created", "changed", "unchanged", "empty", "stale", "failed")
    return {name: count for name in names if (count := getattr(done, name))}


async def state(shop: Shop) -> list[Any]:
    rows = await shop.db.pool.fetch(
        "select kind, entity, field, locale, value, source_hash, state from translations.text"
        " order by 1, 2, 3, 4"
    )
    return [tuple(row) for row in rows]


async def test_files_go_out_and_come_in(shop: Shop, tmp_path: Path) -> None:
    ids = await shop.add("tee", description="<p>From {price}</p>\r\n", categories=("men",))
    key, public = str(ids[""]), encode("product", ids[""])
    async with shop.db.transaction() as tx:
        said = {
            "title": Change(value="=Hemd, „gut“"),
            "description": Change(value="<p>Ab {price}</p>\r\n", state="draft"),
        }
        await change_sheet(tx, "product", key, "de", said)
        await change_sheet(tx, "option", "Size", "de", {"value:S": Change(value="Klein")})
        await catalog.update_product(tx, ids[""], ProductInput(title="T-shirt"))
    before = await state(shop)
    every = await exported(shop)
    assert {(r.kind, r.field): r.state for r in every if r.value} == {
        ("product", "title"): "stale",
        ("product", "description"): "draft",
        ("option", "value:S"): "approved",
    }

    # The file that went out changes nothing, in any format.
    csv, old, new = (tmp_path / name for name in ("x.csv", "x.xlf", "x2.xlf"))
    with csv.open("w", newline="") as stream:
        write_translations(stream, every)
    for path, version in ((old, "1.2"), (new, "2.0")):
        with path.open("w", newline="") as stream:
            write_xliff(stream, every, version=version, source_locale="en", locale="de")  # type: ignore[arg-type]
    for source in (TranslationCsv(csv), TranslationXliff(old), TranslationXliff(new)):
        done = await take_file(shop.db, source, Taking(), apply=True)
        assert (counts(done)["unchanged"], done.created, done.changed) == (3, 0, 0)
        assert await state(shop) == before

    # Somebody looks at the stale one, approves the draft, and says what was missing.
    by_field = {(r.kind, r.field): r for r in every}
    title, text = by_field["product", "title"], by_field["product", "description"]
    name = by_field["category", "name"]
    worked = [
        msgspec.structs.replace(title, state="approved"),
        msgspec.structs.replace(text, state="approved"),
        msgspec.structs.replace(name, value="Herren", state="approved"),
    ]
    assert counts(await take(shop, worked)) == {"created": 1, "changed": 2}
    found = {one.kind: one for one in await report(shop.db, "de")}
    assert (found["product"].current, found["product"].stale) == (2, 0)
    assert (found["category"].current, found["variant"].missing) == (1, 2)

    # What is refused is told with its reason, and keeps nothing else out.
    fresh = msgspec.structs.replace(title, value="Hemd", state="approved")
    wrong = [
        msgspec.structs.replace(text, value="Ab", row=1),
        msgspec.structs.replace(title, field="sku", row=2),
        msgspec.structs.replace(title, entity="prd_x", row=3),
        msgspec.structs.replace(title, kind="planet", row=4),
        msgspec.structs.replace(title, locale="deutsch", row=5),
        # Of the title before, where the present one has a translation already.
        msgspec.structs.replace(fresh, source="Tee", row=6),
        fresh,
        msgspec.structs.replace(fresh, value="Leiberl", row=8),
    ]
    done = await take(shop, wrong)
    assert counts(done) == {"changed": 1, "failed": 7}
    assert [(f.row, f.column) for f in done.faults] == [
        (3, "entity"), (4, "kind"), (5, "locale"),
        (1, "value"), (2, "entity"), (6, "source"), (8, "field"),
    ]  # fmt: skip

    # Of an older text, and no newer one is there: kept as what it is.
    late = [msgspec.structs.replace(name, value="Männer", source="Man", state="approved")]
    assert counts(await take(shop, late)) == {"failed": 1}
    category = str(decode("category", name.entity))
    async with shop.db.transaction() as tx:
        place = translations.Place(kind="category", entity=category, field="name")
        await translations.remove_text(tx, place, "de")
    assert counts(await take(shop, late)) == {"created": 1, "stale": 1}
    assert counts(await take(shop, late)) == {"unchanged": 1}
    forced = [msgspec.structs.replace(text, value="Ab", state="")]
    assert counts(await take(shop, forced, broken=True, state="approved")) == {"changed": 1}
    assert [r.entity for r in await exported(shop, statuses=("stale",))] == [name.entity]
    assert public in {r.entity for r in await exported(shop, kinds=("product",))}
