"""`argosy promotions` as a person and a program use it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from tests.modules.channels.making import a_channel
from typer.testing import CliRunner

from argosy.entry.cli import app
from argosy.runtime.db import Database

Run = Callable[..., Result]
TEN = {
    "name": "Ten",
    "document": {"phase": "order", "action": {"type": "percent", "percent": "10"}},
}


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    """Call the command line on a shop with one channel."""

    async def prepare() -> None:
        db = await Database.open(database_url)
        async with db.transaction() as tx:
            await a_channel(tx, code="us", currency="USD")
        await db.close()

    asyncio.run(prepare())
    options = ["--database-url", database_url, "--home", str(tmp_path / "home")]

    def call(*arguments: str, as_json: bool = False) -> Result:
        return CliRunner().invoke(app, [*options, *(["--json"] if as_json else []), *arguments])

    return call


def written(path: Path, document: dict[str, Any]) -> str:
    path.write_text(json.dumps(document), "utf-8")
    return str(path)


def test_from_a_file_to_codes_and_the_switch(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "ten.json", TEN | {"needs_coupon": True, "limits": {"uses": 5}})
    checked = run("promotions", "check", file, "--channel", "us", as_json=True)
    assert checked.exit_code == 0, checked.output
    assert json.loads(checked.stdout) == {"problems": [], "overlap": {}}
    made = run("promotions", "create", file, as_json=True)
    (one,) = json.loads(made.stdout)
    assert (one["state"], one["version"]) == ("draft", 1)
    codes = run("promotions", "codes", one["id"], "300", "--prefix", "T-")
    assert codes.exit_code == 0, codes.output
    assert len(set(codes.stdout.split())) == 300
    for command, state in (("live", "live"), ("pause", "paused"), ("archive", "archived")):
        moved = run("promotions", command, one["id"], as_json=True)
        assert json.loads(moved.stdout)[0]["state"] == state
    shown = json.loads(run("promotions", "show", one["id"]).stdout)
    assert shown["usage"]["used"] == 0
    assert shown["limits"] == {"uses": 5}
    listed = json.loads(run("promotions", "list", "--state", "archived", as_json=True).stdout)
    assert [row["id"] for row in listed] == [one["id"]]
    refused = run("promotions", "live", one["id"])
    assert refused.exit_code == 1


def test_a_file_that_cannot_be_saved_ends_with_code_1(run: Run, tmp_path: Path) -> None:
    bad = TEN | {"document": {"phase": "shipping", "action": TEN["document"]["action"]}}  # type: ignore[index]
    checked = run("promotions", "check", written(tmp_path / "bad.json", bad), as_json=True)
    assert checked.exit_code == 1
    assert json.loads(checked.stdout)["problems"][0]["path"] == "$.action"
    typo = run("promotions", "check", written(tmp_path / "typo.json", TEN | {"nmae": "x"}))
    assert typo.exit_code == 1
    assert "nmae" in typo.output
