"""`argosy doctor` names each misconfiguration and its cure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from tests.modules.channels.making import a_channel
from tests.runtime.test_db import sql
from typer.testing import CliRunner

from argosy.entry import doctor
from argosy.entry.doctor import configuration
from argosy.entry.terminal import Choices, choices
from argosy.modules import pricing
from argosy.runtime import migrate
from argosy.runtime.db import Database
from argosy.runtime.settings import Settings

app = typer.Typer()
doctor.register(app)
app.command("other")(lambda: None)


@pytest.fixture
def database(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("ARGOSY_ENV", "ARGOSY_SANDBOX_PSP_URL", "ARGOSY_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    token = choices.set(Choices(database_url, str(tmp_path), True))
    yield database_url
    choices.reset(token)


async def examined() -> tuple[int, list[dict[str, Any]]]:
    result: Result = await asyncio.to_thread(CliRunner().invoke, app, ["doctor"])
    assert result.exit_code in {0, 1}, result.output
    return result.exit_code, json.loads(result.stdout)


def saying(findings: list[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    return [finding for finding in findings if words in finding["what"]]


async def test_a_current_schema_and_the_server_are_found_well(database: str) -> None:
    _, findings = await examined()
    assert saying(findings, f"The schema is current ({migrate.head()})")
    assert saying(findings, "PostgreSQL 18")
    assert saying(findings, "There is no channel")[0]["cure"]


async def test_the_test_server_s_missing_durability_is_an_error(database: str) -> None:
    code, findings = await examined()
    assert code == 1, "the test server runs without fsync, which doctor must not accept"
    assert saying(findings, "fsync")[0]["level"] == "error"
    assert saying(findings, "synchronous_commit")[0]["level"] == "error"


async def test_an_old_schema_names_the_command_that_mends_it(database: str, db: Database) -> None:
    async with db.transaction() as tx:
        await tx.run(sql("update public.alembic_version set version_num = '0001_runtime'", "exec"))
    code, findings = await examined()
    assert code == 1
    assert saying(findings, "0001_runtime")[0]["cure"] == "Run `argosy migrate`."


async def test_a_channel_without_stock_location_is_named(database: str, db: Database) -> None:
    async with db.transaction() as tx:
        channel = await a_channel(tx)
        await tx.run(
            sql("delete from channels.channel_location where channel_id = $1", "exec"), channel.id
        )
    _, findings = await examined()
    assert saying(findings, f"Channel {channel.code} has no stock location")


async def test_a_reaction_that_nobody_runs_is_named(database: str, db: Database) -> None:
    async with db.transaction() as tx:
        await tx.run(
            sql(
                "insert into runtime.subscription values ('note_changes', '0', 0, $1::timestamptz)",
                "exec",
            ),
            tx.now,
        )
        await tx.run(
            sql(
                "insert into runtime.outbox (event_id, type, subject, seq, data, occurred_at) "
                "values (uuidv7(), 'argosy.x.y.v1', 's', 1, '{}', $1::timestamptz)",
                "exec",
            ),
            tx.now - timedelta(minutes=5),
        )
    _, findings = await examined()
    behind = saying(findings, "note_changes is")
    assert "argosy worker" in behind[0]["cure"]


async def test_an_unreachable_sandbox_is_named(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_SANDBOX_PSP_URL", "http://127.0.0.1:9")
    _, findings = await examined()
    assert saying(findings, "does not answer")[0]["level"] == "error"


async def test_an_unreachable_database_is_said_plainly(tmp_path: Path) -> None:
    token = choices.set(Choices("postgresql://nobody@127.0.0.1:9/x", str(tmp_path), True))
    try:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["doctor"])
    finally:
        choices.reset(token)
    assert result.exit_code == 1
    assert "ARGOSY_DATABASE_URL" in result.output


async def test_a_malformed_setting_is_named_without_its_value(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_PORT", "99999999")
    result = await asyncio.to_thread(CliRunner().invoke, app, ["doctor"])
    assert result.exit_code == 1
    assert "ARGOSY_PORT" in result.output
    assert "settings.md" in result.output
    assert "99999999" not in result.output


def test_every_development_default_is_an_error_in_production(tmp_path: Path) -> None:
    findings = configuration(Settings(env="production", home=str(tmp_path), _env_file=None))
    words = " ".join(finding.what for finding in findings if finding.level == "error")
    for name in ("ARGOSY_SECRET_KEY", "ARGOSY_DATABASE_URL", "ARGOSY_PUBLIC_URL"):
        assert name in words


def test_a_lease_shorter_than_a_provider_call_is_an_error(tmp_path: Path) -> None:
    findings = configuration(
        Settings(home=str(tmp_path), placing_lease_s=5, provider_timeout_s=10, _env_file=None)
    )
    assert any("ARGOSY_PLACING_LEASE_S" in finding.what for finding in findings)


def test_a_shop_without_a_way_to_pay_is_an_error_in_production(tmp_path: Path) -> None:
    settings = Settings(env="production", home=str(tmp_path), _env_file=None)
    (found,) = [f for f in configuration(settings) if "No way to pay" in f.what]
    assert (found.level, "ARGOSY_OFFLINE_GATEWAYS" in found.cure) == ("error", True)
    paid = Settings(home=str(tmp_path), offline_gateways=["invoice"], _env_file=None)
    assert not any("No way to pay" in f.what for f in configuration(paid))


def test_a_full_or_closed_disk_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=str(tmp_path / "not" / "there"), _env_file=None)
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 1 << 62)
    monkeypatch.setattr("os.access", lambda *_: False)
    errors = {f.what: f.cure for f in configuration(settings) if f.level == "error"}
    (full,) = [cure for what, cure in errors.items() if "MiB are free" in what]
    (closed,) = [cure for what, cure in errors.items() if "cannot be written" in what]
    assert "ARGOSY_HOME" in full
    assert "ARGOSY_HOME" in closed


@pytest.mark.parametrize(
    ("name", "value", "words", "cure"),
    [
        ("OLDEST_POSTGRES", 990_000, "PostgreSQL is 18", "PostgreSQL 18 or newer"),
        ("MAX_SKEW_S", -1.0, "clocks of this machine", "NTP"),
        ("LONG_TRANSACTION_S", -1.0, "A transaction has been open", "pg_stat_activity"),
    ],
)
async def test_a_server_that_is_not_fit_is_named(
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    value: float,
    words: str,
    cure: str,
) -> None:
    monkeypatch.setattr(doctor, name, value)
    _, findings = await examined()
    assert cure in saying(findings, words)[0]["cure"]


async def test_more_connections_than_the_server_allows_are_an_error(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_SERVER_PROCESSES", "60")
    _, findings = await examined()
    (found,) = saying(findings, "connections are configured")
    assert found["level"] == "error"
    assert "max_connections" in found["cure"]


async def test_a_channel_that_cannot_sell_is_named(database: str, db: Database) -> None:
    async with db.transaction() as tx:
        dollars = await pricing.create_price_list(
            tx, pricing.CreatePriceList(code="usd", name="USD", currency="USD")
        )
        await a_channel(tx, code="none")
        await a_channel(tx, code="other", price_list_id=dollars.id)
    code, findings = await examined()
    assert code == 1
    assert "price list" in saying(findings, "Channel none has no price list")[0]["cure"]
    assert "currency" in saying(findings, "Channel other sells in EUR")[0]["cure"]


async def test_an_event_that_was_given_up_is_named(database: str, db: Database) -> None:
    async with db.transaction() as tx:
        await tx.run(
            sql(
                "insert into runtime.parked values ('note_changes', uuidv7(), 'argosy.x.y.v1', "
                "'s', 1, '{}', null, $1::timestamptz, 9, 'boom', null)",
                "exec",
            ),
            tx.now,
        )
    _, findings = await examined()
    assert "argosy events replay" in saying(findings, "1 events are parked")[0]["cure"]


async def test_whatever_is_found_has_a_cure(database: str) -> None:
    _, findings = await examined()
    assert all(finding["cure"] for finding in findings if finding["level"] != "ok")
