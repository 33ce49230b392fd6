"""`argosy staff` and `argosy keys`, run as commands on a database of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
import typer
from click.testing import Result
from tests.modules.channels.making import a_channel
from typer.testing import CliRunner

from argosy.entry import cli_staff
from argosy.entry.terminal import Choices, choices
from argosy.kernel.ids import encode
from argosy.modules import staff
from argosy.runtime.db import Database

app = typer.Typer()
app.add_typer(cli_staff.staff, name="staff")
app.add_typer(cli_staff.keys, name="keys")


@pytest.fixture
def database(database_url: str) -> Iterator[str]:
    token = choices.set(Choices(database_url, None, True))
    yield database_url
    choices.reset(token)


async def invoke(*words: str, typed: str | None = None) -> Result:
    """Run a command in a thread, as a command runs its own event loop."""
    return await asyncio.to_thread(CliRunner().invoke, app, list(words), input=typed)


async def done(*words: str, typed: str | None = None) -> object:
    result = await invoke(*words, typed=typed)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


async def test_a_member_is_added_with_a_password_shown_once(database: str, db: Database) -> None:
    made = await done("staff", "add", "Olga@example.com", "--role", "owner", "--name", "Olga")
    assert isinstance(made, dict)
    listed = await done("staff", "list")
    assert made.pop("password") not in json.dumps(listed)
    assert listed == [made]
    async with db.reading() as tx:
        (entry,) = await staff.list_audit(tx, staff.AuditFilter(), limit=5)
    assert (entry.action, entry.actor_name) == ("staff.added", "command line")


async def test_a_password_given_on_standard_input_is_not_shown(database: str) -> None:
    password = "four random words here\n"
    made = await done(
        "staff", "add", "o@example.com", "--role", "owner", "--password-stdin", typed=password
    )
    assert isinstance(made, dict)
    assert "password" not in made
    again = await done("staff", "reset-password", "O@example.com")
    assert isinstance(again, dict)
    assert len(again["password"]) == 27


async def test_members_are_disabled_and_enabled_by_address(database: str) -> None:
    for email in ("a@example.com", "b@example.com"):
        await done("staff", "add", email, "--role", "owner")
    changed = await done("staff", "disable", "A@example.com")
    assert isinstance(changed, dict)
    assert changed["active"] is False
    refused = await invoke("staff", "disable", "b@example.com")
    assert refused.exit_code == 1
    assert json.loads(refused.stderr)["code"] == "staff.last_owner"
    enabled = await done("staff", "enable", "a@example.com")
    assert isinstance(enabled, dict)
    assert enabled["active"] is True
    unknown = await invoke("staff", "disable", "nobody@example.com")
    assert json.loads(unknown.stderr)["code"] == "staff.not_found"


async def test_a_secret_key_is_shown_once_and_revoked(database: str) -> None:
    made = await done("keys", "create", "till", "--scope", "orders:read", "--days", "30")
    assert isinstance(made, dict)
    token = made["key"]
    assert token.startswith("sk_")
    (listed,) = await done("keys", "list")  # type: ignore[misc]
    assert token not in json.dumps(listed)
    assert listed["token"].endswith(token[-4:])
    revoked = await done("keys", "revoke", listed["id"])
    assert isinstance(revoked, dict)
    assert revoked["revoked_at"]
    assert await done("keys", "list") == []
    assert len(await done("keys", "list", "--all")) == 1  # type: ignore[arg-type]


async def test_a_publishable_key_belongs_to_a_channel(database: str, db: Database) -> None:
    async with db.transaction() as tx:
        channel = await a_channel(tx)
    made = await done("keys", "create", "web", "--channel", channel.code)
    assert isinstance(made, dict)
    assert made["channel"] == encode("channel", channel.id)
    (listed,) = await done("keys", "list")  # type: ignore[misc]
    assert listed["token"] == made["key"]


@pytest.mark.parametrize(
    "words",
    [
        ("keys", "create", "x"),
        ("keys", "create", "x", "--scope", "orders:read", "--channel", "eu"),
        ("keys", "create", "x", "--scope", "orders:burn"),
        ("keys", "create", "x", "--channel", "nowhere"),
        ("keys", "revoke", "nonsense"),
        ("staff", "add", "not-an-address", "--role", "owner"),
        ("staff", "add", "a@example.com", "--role", "king"),
    ],
)
async def test_mistakes_are_said_plainly(database: str, words: tuple[str, ...]) -> None:
    result = await invoke(*words)
    assert result.exit_code == 1
    assert json.loads(result.stderr)["message"]
    assert "Traceback" not in result.output


async def test_tables_show_the_same_for_people(database: str) -> None:
    choices.set(Choices(database, None, False))
    made = await invoke("keys", "create", "till", "--scope", "orders:read")
    assert made.exit_code == 0
    assert "sk_" in made.stdout
    assert "cannot be shown again" in made.stdout
    roles = await invoke("staff", "roles")
    assert "owner" in roles.stdout
