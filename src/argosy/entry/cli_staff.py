"""`argosy staff` and `argosy keys`: who runs the shop, and the keys of storefronts and machines.

Whoever runs these commands holds the database and is allowed everything; the audit trail names them
"command line". Passwords and secret keys are shown once and can be shown by nothing else.
"""

from __future__ import annotations

import secrets
import sys
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.markup import escape

from argosy.entry.terminal import as_json, choices, console, fail, run, show
from argosy.kernel.email import checked_email
from argosy.kernel.ids import decode, encode
from argosy.modules import channels
from argosy.modules import staff as face
from argosy.runtime.db import Tx
from argosy.workflows.app import App

MOST_LISTED = 1000

staff = typer.Typer(help="The people who run the shop.", no_args_is_help=True)
keys = typer.Typer(help="Keys of storefronts and machines.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="E-mail address of the staff member.")]
FromStdin = Annotated[
    bool, typer.Option(help="Read the password from standard input in place of making one.")
]


@staff.command("add")
def add_staff(
    email: Email,
    role: Annotated[list[str], typer.Option(help="Role, repeatable: see `argosy staff roles`.")],
    name: Annotated[str, typer.Option(help="Name to show; else taken from the address.")] = "",
    password_stdin: FromStdin = False,
) -> None:
    """Add a staff member. The password is shown once."""
    password = _password(from_stdin=password_stdin)
    new = face.AddMember(
        email=email,
        name=name or email.partition("@")[0],
        password=password,
        roles=tuple(role),
    )

    async def add(app: App) -> face.Member:
        return await face.add_member(app.db, app.passwords, face.SYSTEM, new)

    member = run(add)
    _once(_member_row(member), "password", None if password_stdin else password)


@staff.command("list")
def list_staff() -> None:
    """All staff members, the newest first."""

    async def read(app: App) -> list[face.Member]:
        async with app.db.reading() as tx:
            return await face.list_members(tx, limit=MOST_LISTED)

    show(
        [_member_row(member) for member in run(read)],
        columns=("id", "email", "name", "roles", "active", "last_sign_in_at"),
        title="Staff",
    )


@staff.command("roles")
def list_roles() -> None:
    """The roles and what each may do."""

    async def read(app: App) -> list[face.Role]:
        async with app.db.reading() as tx:
            return await face.list_roles(tx)

    rows = [
        {"role": r.name, "description": r.description, "scopes": sorted(r.scopes)}
        for r in run(read)
    ]
    show(rows, columns=("role", "description", "scopes"), title="Roles")


@staff.command("reset-password")
def reset_password(email: Email, password_stdin: FromStdin = False) -> None:
    """Give a staff member a new password, shown once. All their sessions end."""
    password = _password(from_stdin=password_stdin)

    async def reset(app: App) -> face.Member:
        async with app.db.reading() as tx:
            member = await _member(tx, email)
        await face.set_password(app.db, app.passwords, face.SYSTEM, member.id, password)
        return member

    _once(_member_row(run(reset)), "password", None if password_stdin else password)


@staff.command("disable")
def disable(email: Email) -> None:
    """Take a staff member's access: their sessions end and their keys stop."""
    _set_active(email, "can no longer sign in", active=False)


@staff.command("enable")
def enable(email: Email) -> None:
    """Give a disabled staff member access again."""
    _set_active(email, "can sign in again", active=True)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    channel: Annotated[
        str | None, typer.Option(help="Code of the channel: makes a publishable key for it.")
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="Scope like orders:read, repeatable (* is all): makes a secret key."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days after which the key ends.")
    ] = None,
) -> None:
    """Make a key: --channel for a storefront, --scope for a machine. A secret is shown once."""
    if (channel is None) == (not scope):
        fail("Give either --channel or --scope.", cure="For example: --scope orders:read")

    async def create(app: App) -> face.CreatedKey:
        async with app.db.transaction() as tx:
            ends = None if days is None else tx.now + timedelta(days=days)
            if channel is None:
                return await face.create_secret_key(
                    tx, face.SYSTEM, name=name, scopes=tuple(scope or ()), expires_at=ends
                )
            found = await channels.channel_by_code(tx, channel)
            return await face.create_publishable_key(
                tx, face.SYSTEM, name=name, channel_id=found.id, expires_at=ends
            )

    made = run(create)
    _once(_key_row(made.key), "key", made.token)


@keys.command("list")
def list_keys(
    ended: Annotated[bool, typer.Option("--all", help="Revoked keys too.")] = False,
) -> None:
    """Keys, the newest first. Publishable ones in full, secret ones by their ending."""

    async def read(app: App) -> list[face.ApiKey]:
        async with app.db.reading() as tx:
            return await face.list_keys(tx, limit=MOST_LISTED)

    rows = [_key_row(key) for key in run(read) if ended or key.revoked_at is None]
    columns = ("id", "kind", "name", "token", "scopes", "expires_at", "last_used_on")
    show(rows, columns=(*columns, "revoked_at") if ended else columns, title="Keys")


@keys.command("revoke")
def revoke_key(
    key: Annotated[str, typer.Argument(help="Id of the key, as `argosy keys list` shows it.")],
) -> None:
    """End a key, and every key that was made with it, at once and for good."""

    async def revoke(app: App) -> face.ApiKey:
        async with app.db.transaction() as tx:
            return await face.revoke_key(tx, face.SYSTEM, decode("key", key, field="key"))

    found = run(revoke)
    if choices.get().json:
        as_json(_key_row(found))
    else:
        console.print(f"{escape(found.name)} ({key}) is revoked.")


def _set_active(email: str, words: str, *, active: bool) -> None:
    change = face.ChangeMember(active=active)

    async def apply(app: App) -> face.Member:
        async with app.db.transaction() as tx:
            member = await _member(tx, email)
            return await face.change_member(tx, face.SYSTEM, member.id, change)

    changed = run(apply)
    if choices.get().json:
        as_json(_member_row(changed))
    else:
        console.print(f"{escape(changed.email)} {words}.")


async def _member(tx: Tx, email: str) -> face.Member:
    member = await face.member_by_email(tx, checked_email(email).normalised)
    if member is None:
        raise face.MemberNotFound(
            f"There is no staff member {email!r}.", cure="See `argosy staff list`."
        )
    return member


def _password(*, from_stdin: bool) -> str:
    if not from_stdin:
        return "-".join(secrets.token_hex(3) for _ in range(4))  # 96 bits, easy to type
    return sys.stdin.readline().rstrip("\r\n")


def _once(row: dict[str, Any], label: str, secret: str | None) -> None:
    """What was made, with its secret, if there is one to show."""
    if choices.get().json:
        as_json(row if secret is None else row | {label: secret})
        return
    for name, value in row.items():
        if value not in (None, "", []):
            shown = ", ".join(value) if isinstance(value, list) else str(value)
            console.print(f"[dim]{name.replace('_', ' '):>16}[/]  {escape(shown)}", soft_wrap=True)
    if secret is not None:
        console.print(f"[bold]{label:>16}[/]  {secret}", soft_wrap=True)
        if row.get("kind") != "publishable":
            console.print("Keep it now: it is not stored and cannot be shown again.")


def _member_row(member: face.Member) -> dict[str, Any]:
    return {
        "id": encode("staff", member.id),
        "email": member.email,
        "name": member.name,
        "roles": list(member.roles),
        "active": member.active,
        "last_sign_in_at": member.last_sign_in_at,
    }


def _key_row(key: face.ApiKey) -> dict[str, Any]:
    return {
        "id": encode("key", key.id),
        "kind": key.kind,
        "name": key.name,
        "token": key.public_token or f"sk_…{key.hint}",
        "channel": None if key.channel_id is None else encode("channel", key.channel_id),
        "scopes": list(key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_on": key.last_used_on,
        "revoked_at": key.revoked_at,
    }
