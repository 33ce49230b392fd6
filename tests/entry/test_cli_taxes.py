"""`argosy import tax-rates`, run as a command on a database of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from argosy.entry import cli_taxes
from argosy.entry.terminal import Choices, choices

app = typer.Typer()
app.command("other")(lambda: None)
cli_taxes.register_imports(app)


@pytest.fixture(params=[True, False], ids=["json", "table"])
def as_json(request: pytest.FixtureRequest, database_url: str) -> Iterator[bool]:
    token = choices.set(Choices(database_url, None, request.param))
    yield request.param
    choices.reset(token)


async def invoke(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["tax-rates", *words])


async def test_a_table_is_imported_and_its_faults_are_shown(tmp_path: Path, as_json: bool) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("zone,country,rate,colour\nFR,FR,0.2,blue\nDE,DE,19,red\n")
    told = await invoke(str(file))
    assert told.exit_code == 1, told.output
    if as_json:
        done = json.loads(told.stdout)
        assert (done["zones"], done["created"], done["failed"]) == (2, 1, 1)
        assert {fault["column"] for fault in done["faults"]} == {"colour", "rate"}
    else:
        assert "1 created" in told.stdout
        assert "0.0725" in told.stdout
    file.write_text("zone,country,rate\nFR,FR,0.2\n")
    again = await invoke(str(file))
    assert again.exit_code == 0, again.output
    assert (
        (json.loads(again.stdout)["unchanged"] == 1) if as_json else "1 unchanged" in again.stdout
    )


async def test_B18_reference_rates_are_kept_and_the_same_file_changes_nothing(
    tmp_path: Path, as_json: bool
) -> None:
    file = tmp_path / "eurofxref.csv"
    file.write_text("Date, USD, CHF, \n20 November 2020, 1.0850, 0.9312, \n")

    async def loaded() -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["euro-rates", str(file)])

    for changed in (2, 0):
        told = await loaded()
        assert told.exit_code == 0, told.output
        if as_json:
            assert json.loads(told.stdout) == {"as_of": "2020-11-20", "changed": changed}
        else:
            assert f"{changed} rates of 2020-11-20" in told.stdout
    file.write_text("nothing")
    assert (await loaded()).exit_code == 1
