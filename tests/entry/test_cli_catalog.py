"""`argosy import products` and `argosy export products` as a person and a program use them."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from tests.modules.channels.making import a_channel
from typer.testing import CliRunner

from argosy.entry.cli import app
from argosy.modules import pricing
from argosy.runtime.db import Database

Run = Callable[..., Result]
HAT = {"kind": "product", "title": "Hat", "variants": [
    {"sku": "HAT", "prices": {"usd": [{"amount": "9.50"}]}}]}  # fmt: skip


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    """Call the command line on a shop with one price list and one channel."""

    async def prepare() -> None:
        db = await Database.open(database_url)
        async with db.transaction() as tx:
            await pricing.create_price_list(
                tx, pricing.CreatePriceList(code="usd", name="USD", currency="USD")
            )
            await a_channel(tx, code="us", currency="USD")
        await db.close()

    asyncio.run(prepare())
    options = ["--database-url", database_url, "--home", str(tmp_path / "home")]

    def call(*arguments: str, as_json: bool = False) -> Result:
        return CliRunner().invoke(app, [*options, *(["--json"] if as_json else []), *arguments])

    return call


def written(path: Path, *records: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
    return str(path)


def test_products_go_in_and_come_out(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "p.jsonl", HAT)
    first = run("import", "products", file, as_json=True)
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["created"] == 1
    again = run("import", "products", file, as_json=True)
    assert json.loads(again.stdout)["unchanged"] == 1
    out = tmp_path / "out.jsonl.gz"
    assert run("export", "products", "-o", str(out)).exit_code == 0
    records = [json.loads(line) for line in gzip.decompress(out.read_bytes()).splitlines()]
    assert [r["slug"] for r in records if r["kind"] == "product"] == ["hat"]
    back = run("import", "products", str(out), as_json=True)
    assert json.loads(back.stdout)["failed"] == 0


def test_what_was_not_taken_is_shown_and_ends_with_code_1(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "p.jsonl", HAT, {"kind": "product", "slug": "no-title"})
    told = run("import", "products", file)
    assert told.exit_code == 1
    assert "title_missing" in told.output
    program = run("import", "products", file, as_json=True)
    [issue] = json.loads(program.stdout)["issues"]
    assert (issue["row"], issue["column"], issue["code"]) == (2, "title", "title_missing")


def test_a_shopify_file_takes_the_only_price_list(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_text(
        "Handle,Title,Published,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
        'mug,=Mug,true,Title,Default Title,MUG,"7,50"\n',
        "utf-8",
    )
    done = run("import", "products", str(path), "--channel", "us", as_json=True)
    assert done.exit_code == 0, done.output
    out = tmp_path / "out.csv"
    assert run("export", "products", "--format", "shopify", "-o", str(out)).exit_code == 0
    lines = out.read_text("utf-8").splitlines()
    assert "'=Mug" in lines[1]
    assert ",7.50," in lines[1]


def test_a_file_of_no_known_format_says_what_to_do(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"\x00")
    told = run("import", "products", str(path), as_json=True)
    assert told.exit_code == 1
    assert (
        json.loads(told.stderr)["cure"]
        == "Name it: jsonl, shopify, magento, saleor, spree, icecat;"
        " or plan it with a saved mapping."
    )


def test_an_export_into_no_folder_says_so(run: Run, tmp_path: Path) -> None:
    told = run("export", "products", "-o", str(tmp_path / "missing" / "out.jsonl"), as_json=True)
    assert told.exit_code == 1
    assert "no folder" in json.loads(told.stderr)["message"]


def test_E4_the_first_import_of_an_export_reports_all_as_before(run: Run, tmp_path: Path) -> None:
    price = {"usd": [{"amount": "9.50"}]}
    cap = {"kind": "product", "title": "Cap", "variants": [{"sku": "CAP", "prices": price}]}
    run("import", "products", written(tmp_path / "p.jsonl", HAT, cap))
    out = tmp_path / "out.jsonl"
    run("export", "products", "-o", str(out))
    again = json.loads(run("import", "products", str(out), as_json=True).stdout)
    assert (again["updated"], again["unchanged"]) == (0, 2)
    dearer = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    dearer[-1]["variants"][0]["prices"]["usd"][0]["amount"] = "10.00"
    changed = run("import", "products", written(tmp_path / "q.jsonl", *dearer), as_json=True)
    counts = json.loads(changed.stdout)
    assert (counts["updated"], counts["unchanged"]) == (1, 1), "a price alone is a change"


def test_an_import_is_planned_applied_and_taken_back(run: Run, tmp_path: Path) -> None:
    run("import", "products", written(tmp_path / "p.jsonl", HAT))
    cheap = {**HAT, "variants": [{"sku": "HAT", "prices": {"usd": [{"amount": "0.95"}]}}]}
    file = written(tmp_path / "cheap.jsonl", cheap)
    told = run("imports", "plan", file)
    assert told.exit_code == 1
    assert "price_change" in told.output
    assert "variants[HAT].prices.usd" in told.output
    plan = json.loads(run("imports", "plan", file, as_json=True).stdout)
    assert (plan["state"], plan["updates"]) == ("planned", 1)
    assert run("imports", "apply", plan["id"]).exit_code == 1
    shown = run("imports", "show", plan["id"], "--outliers", "price_change")
    assert "0.95" in shown.output
    assert run("imports", "acknowledge", plan["id"], "price_change").exit_code == 0
    applied = run("imports", "apply", plan["id"], as_json=True)
    assert json.loads(applied.stdout)["applied"] == 1, applied.output
    assert json.loads(run("imports", "plan", file, as_json=True).stdout)["unchanged"] == 1
    reverted = run("imports", "revert", plan["id"], as_json=True)
    assert json.loads(reverted.stdout)["reverted"] == 1
    assert '"amount":"9.50"' in run("export", "products").stdout
    assert "reverted" in run("imports", "list", as_json=True).output
    other = json.loads(run("imports", "plan", file, as_json=True).stdout)
    assert "discarded" in run("imports", "discard", other["id"]).output
    assert run("imports", "apply", other["id"]).exit_code == 1
