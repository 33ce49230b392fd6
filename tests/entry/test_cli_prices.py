"""`argosy import prices`, run as a command on a database of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from argosy.entry import cli_prices
from argosy.entry.terminal import Choices, choices
from argosy.modules import catalog, pricing
from argosy.runtime.db import Database

app = typer.Typer()
app.command("other")(lambda: None)
cli_prices.register_imports(app)


@pytest.fixture(params=[True, False], ids=["json", "table"])
def as_json(request: pytest.FixtureRequest, database_url: str) -> Iterator[bool]:
    token = choices.set(Choices(database_url, None, request.param))
    yield request.param
    choices.reset(token)


async def invoke(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["prices", *words])


async def test_a_file_is_imported_and_its_faults_are_shown(
    db: Database, tmp_path: Path, as_json: bool
) -> None:
    async with db.transaction() as tx:
        await pricing.create_price_list(
            tx, pricing.CreatePriceList(code="eur", name="Euro", currency="EUR")
        )
        variant = catalog.VariantInput(sku="S0")
        await catalog.upsert_products(
            tx, [catalog.ProductInput(slug="thing", title="Thing", variants=(variant,))]
        )
    file = tmp_path / "prices.csv"
    file.write_text("sku,amount\nS0,19.99\n", "utf-8")
    fine = await invoke(str(file), "--price-list", "eur")
    assert fine.exit_code == 0, fine.output
    file.write_text("sku,amount\nS0,18.99\nS1,5\n", "utf-8")
    faulty = await invoke(str(file), "--price-list", "eur")
    assert faulty.exit_code == 1
    if as_json:
        told = json.loads(faulty.stdout)
        assert (told["updated"], told["failed"], told["faults"][0]["row"]) == (1, 1, 3)
    else:
        assert "1 updated" in faulty.stdout
        assert "There is no variant with the SKU 'S1'." in " ".join(faulty.stdout.split())


async def test_an_unknown_list_or_zone_is_told(db: Database, tmp_path: Path, as_json: bool) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("sku,amount\nS0,19.99\n", "utf-8")
    for words in (["--price-list", "none"], ["--time-zone", "Mars/Olympus"]):
        result = await invoke(str(file), *words)
        assert result.exit_code == 1
        assert words[1] in result.stderr


async def test_prices_that_move_far_are_shown_and_wait_for_their_code(
    db: Database, tmp_path: Path, as_json: bool
) -> None:
    async with db.transaction() as tx:
        await pricing.create_price_list(
            tx, pricing.CreatePriceList(code="eur", name="Euro", currency="EUR")
        )
        variant = catalog.VariantInput(sku="S0")
        await catalog.upsert_products(
            tx, [catalog.ProductInput(slug="thing", title="Thing", variants=(variant,))]
        )
    file = tmp_path / "prices.csv"
    file.write_text("sku,amount\nS0,19.99\n", "utf-8")
    assert (await invoke(str(file), "--price-list", "eur")).exit_code == 0
    file.write_text("sku,amount\nS0,1999\n", "utf-8")
    plan = await invoke(str(file), "--price-list", "eur", "--plan")
    assert plan.exit_code == 0, plan.output
    if as_json:
        code = json.loads(plan.stdout)["acknowledgement"]
    else:
        assert "1 prices move far" in plan.stdout
        code = plan.stdout.split("--acknowledge")[1].split()[0]
    refused = await invoke(str(file), "--price-list", "eur")
    assert refused.exit_code != 0
    done = await invoke(str(file), "--price-list", "eur", "--acknowledge", code)
    assert done.exit_code == 0, done.output


async def test_prices_in_a_second_currency_are_planned_first(
    db: Database, tmp_path: Path, as_json: bool
) -> None:
    async with db.transaction() as tx:
        lists = [
            await pricing.create_price_list(
                tx, pricing.CreatePriceList(code=code.lower(), name=code, currency=code)
            )
            for code in ("EUR", "USD")
        ]
        variant = catalog.VariantInput(sku="S0")
        (made,) = await catalog.upsert_products(
            tx, [catalog.ProductInput(slug="thing", title="Thing", variants=(variant,))]
        )
        assert isinstance(made, catalog.Upserted)
        [one] = made.variants.values()
        await pricing.set_prices(
            tx, lists[0].id, [pricing.SetPrice(variant_id=one, amount_minor=1000)]
        )
    file = tmp_path / "eurofxref.csv"
    today = db.clock().date()

    async def converted(*more: str) -> Result:
        words = ["converted-prices", str(file), "--from", "eur", "--to", "usd", *more]
        return await asyncio.to_thread(CliRunner().invoke, app, words)

    async def stored() -> list[int]:
        async with db.reading() as tx:
            found = await pricing.list_prices(tx, lists[1].id, limit=10)
        return [price.amount_minor for price in found]

    file.write_text(f"Date,USD\n{today},1.08\n", "utf-8")
    assert (await converted("--ending", "99")).exit_code == 0
    assert await stored() == []
    assert (await converted("--ending", "99", "--apply")).exit_code == 0
    assert await stored() == [1099]
    assert (await converted("--tax", "much")).exit_code == 1
    file.write_text("Date,USD\n2020-01-02,1.08\n", "utf-8")
    assert (await converted("--apply")).exit_code == 1
    assert await stored() == [1099]
