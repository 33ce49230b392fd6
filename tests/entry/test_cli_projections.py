"""`argosy projections`, run as a command on a database of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
import typer
from click.testing import Result
from tests.workflows.window_shop import Shop, open_shop
from typer.testing import CliRunner

from argosy.entry import cli_projections
from argosy.entry.terminal import Choices, choices
from argosy.runtime.db import Database

app = typer.Typer()
app.add_typer(cli_projections.app, name="projections")


@pytest.fixture(params=[True, False], ids=["json", "table"])
def as_json(request: pytest.FixtureRequest, database_url: str) -> Iterator[bool]:
    token = choices.set(Choices(database_url, None, request.param))
    yield request.param
    choices.reset(token)


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


async def invoke(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, list(words))


async def test_rebuild_and_status(shop: Shop, as_json: bool) -> None:
    await shop.add("tee")
    await shop.add("unpriced", minor=None)

    made = await invoke("projections", "rebuild", "--channel", "eu")
    assert made.exit_code == 0, made.output
    assert await shop.listed() == ["tee"]
    status = await invoke("projections", "status")
    assert status.exit_code == 0, status.output

    if as_json:
        assert json.loads(made.stdout)["products"] == 2
        (channel,) = json.loads(status.stdout)["channels"]
        assert (channel["channel"], channel["shown"]) == ("eu", 1)
        assert channel["published_not_shown"] == 1
    else:
        assert "2 products" in made.stdout
        assert "eu" in status.stdout


async def test_an_unknown_channel_is_told(shop: Shop, as_json: bool) -> None:
    failed = await invoke("projections", "rebuild", "--channel", "mars")
    assert failed.exit_code == 1
    assert "no such channel" in failed.stderr.lower()
