"""Kits come and go with files, and come back as they were."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.workflows.window_shop import Shop, open_shop

from argosy.adapters.tabular.jsonl import JsonLines
from argosy.modules import catalog, kits
from argosy.runtime.db import Database
from argosy.workflows.kit_files import KitImport, export_kits, import_kits

PICNIC: dict[str, Any] = {
    "sku": "picnic-one",
    "items": [{"sku": "mug-one", "quantity": 2}],
    "groups": [
        {
            "code": "drink",
            "name": "Drink",
            "options": [
                {"code": "tea", "sku": "tea-one"},
                {"code": "wine", "sku": "wine-one", "quantity": 6, "extra": {"EUR": "12.50"}},
            ],
            "least": 0,
            "most": 2,
            "defaults": ["tea"],
        }
    ],
    "price": "sum",
    "percent_off": "7.5",
    "amount_off": {"JPY": "100", "EUR": "1.00"},
}
PAIR = {"sku": "pair-one", "items": [{"sku": "MUG-one", "quantity": 2}]}


@pytest.fixture
async def shop(db: Database) -> Shop:
    shop = await open_shop(db)
    for slug in ("mug", "tea", "wine", "picnic", "pair"):
        await shop.add(slug, sizes=("one",))
    return shop


def write(path: Path, lines: Iterable[dict[str, Any] | str]) -> JsonLines:
    text = [one if isinstance(one, str) else msgspec.json.encode(one).decode() for one in lines]
    path.write_text("".join(line + "\n" for line in text))
    return JsonLines(path)


async def load(shop: Shop, path: Path, lines: Iterable[dict[str, Any] | str]) -> KitImport:
    return await import_kits(shop.db, write(path, lines).records())


async def dump(shop: Shop) -> list[dict[str, Any]]:
    return [one async for one in export_kits(shop.db)]


async def test_kits_make_the_round_trip(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "kits.jsonl"
    done = await load(shop, file, [PICNIC, PAIR])
    assert (done.rows, done.changed, done.faults) == (2, 2, [])
    first = await dump(shop)
    assert first == [PICNIC, {"sku": "pair-one", "items": [{"sku": "mug-one", "quantity": 2}]}]
    again = await load(shop, file, first)
    assert (again.changed, again.unchanged) == (0, 2)
    gone = await load(shop, file, [{"sku": "picnic-one"}, {"sku": "pair-one"}, {"sku": "mug-one"}])
    assert (gone.changed, gone.unchanged) == (2, 1)
    assert await dump(shop) == []
    await load(shop, file, first)
    assert await dump(shop) == first
    async with shop.db.transaction() as tx:
        tea = (await catalog.variant_ids_by_sku(tx, ["tea-one"]))["tea-one"]
        await catalog.delete_variant(tx, tea)
        assert await kits.kits_with(tx, [tea])
    assert [one["sku"] for one in await dump(shop)] == ["pair-one"]


async def test_faulty_lines_are_told_and_the_others_taken(shop: Shop, tmp_path: Path) -> None:
    item = {"sku": "mug-one", "quantity": 1}
    done = await load(
        shop,
        tmp_path / "kits.jsonl",
        [
            "{",
            {"sku": "nothing", "items": [item]},
            {"sku": "pair-one", "items": [{"sku": "nothing"}]},
            {"sku": "pair-one", "items": [item], "colour": "red"},
            {"sku": "pair-one", "items": [item, item]},
            PICNIC | {"amount_off": {"JPY": "0.5"}},
            PICNIC | {"amount_off": {"ABC": "5"}},
            {"sku": "picnic-one", "items": [{"sku": "picnic-one"}]},
            {"sku": "pair-one", "items": [item]},
            {"sku": "picnic-one", "items": [{"sku": "pair-one"}]},
        ],
    )
    assert (done.rows, done.changed, done.failed) == (10, 1, 9)
    assert [fault.row for fault in done.faults] == [1, 2, 3, 4, 5, 6, 7, 8, 10]
    assert [fault.column for fault in done.faults] == [
        "", "sku", "items[0].sku", "", "items", "extra", "extra", "items", "items"
    ]  # fmt: skip
    assert done.faults[1].reason == "There is no variant 'nothing'."
