"""`argosy import stock` and `argosy stock`, run as commands on a database of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from argosy.entry import cli_stock
from argosy.entry.terminal import Choices, choices
from argosy.modules import catalog, inventory
from argosy.runtime.db import Database

app = typer.Typer()
imports = typer.Typer()
imports.command("other")(lambda: None)
cli_stock.register_imports(imports)
app.add_typer(imports, name="import")
app.add_typer(cli_stock.app, name="stock")


@pytest.fixture(params=[True, False], ids=["json", "table"])
def as_json(request: pytest.FixtureRequest, database_url: str) -> Iterator[bool]:
    token = choices.set(Choices(database_url, None, request.param))
    yield request.param
    choices.reset(token)


@pytest.fixture
async def shelf(db: Database) -> None:
    async with db.transaction() as tx:
        await inventory.create_location(tx, code="main", name="Main", country="DE")
        variant = catalog.VariantInput(sku="S0")
        await catalog.upsert_products(
            tx, [catalog.ProductInput(slug="thing", title="Thing", variants=(variant,))]
        )


async def invoke(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, list(words))


async def test_a_file_is_imported_verified_broken_rebuilt_and_explained(
    db: Database, tmp_path: Path, as_json: bool, shelf: None
) -> None:
    file = tmp_path / "stock.csv"
    file.write_text("sku,on_hand\nS0,5\nS1,5\n", "utf-8")
    result = await invoke("import", "stock", str(file), "--location", "main")
    assert result.exit_code == 1
    if as_json:
        told = json.loads(result.stdout)
        assert (told["applied"], told["failed"], told["issues"][0]["row"]) == (1, 1, 3)
    else:
        assert "unknown_sku" in result.stdout
    assert (await invoke("stock", "verify")).exit_code == 0

    await db.pool.execute("update inventory.level set on_hand = 9")
    broken = await invoke("stock", "verify")
    assert broken.exit_code == 1
    assert "on_hand" in broken.stdout
    assert (await invoke("stock", "rebuild")).exit_code == 0
    assert (await invoke("stock", "verify")).exit_code == 0
    one = await invoke("stock", "rebuild", "s0", "main")
    assert one.exit_code == 0, one.output

    explained = await invoke("stock", "explain", "s0", "main")
    assert explained.exit_code == 0, explained.output
    if as_json:
        (entry,) = json.loads(explained.stdout)
        assert (entry["on_hand"], entry["actor"]) == (5, "command line")


@pytest.mark.parametrize(
    "words",
    [
        ("stock", "explain", "NONE", "main"),
        ("stock", "explain", "S0", "moon"),
        ("stock", "explain", "S0", "main"),
        ("stock", "rebuild", "S0"),
        ("import", "stock", "FILE", "--time-zone", "Mars/Olympus"),
        ("import", "stock", "FILE", "--as-of", "yesterday"),
    ],
)
async def test_what_does_not_exist_is_told(
    tmp_path: Path, as_json: bool, shelf: None, words: tuple[str, ...]
) -> None:
    file = tmp_path / "stock.csv"
    file.write_text("sku,on_hand\nS0,5\n", "utf-8")
    result = await invoke(*(str(file) if word == "FILE" else word for word in words))
    assert result.exit_code == 1
    assert result.stderr
