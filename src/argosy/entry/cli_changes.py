"""`argosy changes`: change sets: what they do, publishing them and taking them back."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
import typer
from rich.markup import escape

from argosy.entry.terminal import as_json, choices, console, run, show
from argosy.kernel.ids import decode, encode
from argosy.modules import changesets, staff
from argosy.modules.changesets import ChangeSet, Edit
from argosy.workflows.app import App
from argosy.workflows.change_publishing import publish
from argosy.workflows.change_rollback import clashes_of_rollback, roll_back
from argosy.workflows.change_staging import Conflict, changes_of, conflicts_of
from argosy.workflows.change_writing import public_id

app = typer.Typer(no_args_is_help=True, help="Edits that take effect together, and go together.")

SHOWN = 20
EDITS_SHOWN = 100
_COLUMNS = ("id", "name", "state", "edits", "scheduled_for", "published_at")

SetId = Annotated[str, typer.Argument(help="The change set, such as chg_01m7y...")]


class Otherwise(StrEnum):
    """What becomes of fields that were changed since."""

    KEEP = "keep"
    PUT_BACK = "put_back"


@app.command("list")
def list_command() -> None:
    """The newest change sets."""

    async def work(shop: App) -> list[ChangeSet]:
        async with shop.db.reading() as tx:
            return await changesets.list_change_sets(tx, limit=SHOWN)

    show([_row(one) for one in run(work)], columns=_COLUMNS, title="Change sets")


@app.command("show")
def show_command(change_set_id: SetId) -> None:
    """A change set with its edits, and what others did in the meantime."""

    async def work(shop: App) -> tuple[ChangeSet, list[Edit], list[Conflict]]:
        set_id = _set(change_set_id)
        async with shop.db.reading() as tx:
            found = await changesets.change_set_by_id(tx, set_id)
            edits = await changesets.list_edits(tx, set_id, limit=EDITS_SHOWN)
            conflicts: list[Conflict] = []
            if found.state in {"draft", "scheduled"}:
                conflicts = await conflicts_of(tx, set_id)
            elif found.state == "published":
                conflicts = await clashes_of_rollback(tx, set_id)
        return found, edits, conflicts

    found, edits, conflicts = run(work)
    if choices.get().json:
        as_json(
            {
                **_row(found),
                "problem": found.problem,
                "listed": [_edit(edit) for edit in edits],
                "conflicts": [_conflict(one) for one in conflicts],
            }
        )
        return
    show([_row(found)], columns=_COLUMNS, title=escape(found.name))
    if found.problem:
        console.print(f"[bold red]It was not published:[/] {escape(found.problem)}")
    for edit in edits:
        console.print(f"[bold]{public_id(edit.kind, edit.entity_id)}[/] {escape(edit.label)}")
        for change in changes_of(edit)[:10]:
            console.print(
                f"    {escape(change.path)}: {_short(change.before)} -> {_short(change.after)}"
            )
    for one in conflicts:
        by = f" by {one.by}" if one.by else ""
        paths = ", ".join(clash.path or "gone" for clash in one.clashes)
        console.print(f"[yellow]{escape(one.edit.label)}: changed since{escape(by)}: "
                      f"{escape(paths)}[/]")  # fmt: skip


@app.command("publish")
def publish_command(change_set_id: SetId) -> None:
    """Let all edits of a change set take effect together, or none of them."""

    async def work(shop: App) -> ChangeSet:
        async with shop.db.transaction() as tx:
            return await publish(tx, _set(change_set_id), staff.SYSTEM)

    _told(run(work))


@app.command("rollback")
def rollback_command(
    change_set_id: SetId,
    otherwise: Annotated[
        Otherwise | None,
        typer.Option(help="What becomes of fields that somebody has changed since."),
    ] = None,
) -> None:
    """Put everything back that a published change set changed, or nothing."""

    async def work(shop: App) -> ChangeSet:
        async with shop.db.transaction() as tx:
            return await roll_back(
                tx,
                _set(change_set_id),
                staff.SYSTEM,
                otherwise=None if otherwise is None else otherwise.value,
            )

    _told(run(work))


@app.command("cancel")
def cancel_command(change_set_id: SetId) -> None:
    """Never publish a change set."""

    async def work(shop: App) -> ChangeSet:
        async with shop.db.transaction() as tx:
            found = await changesets.cancel_change_set(tx, _set(change_set_id))
            await staff.audit(tx, staff.SYSTEM, "change_set.cancelled", change_set_id)
            return found

    _told(run(work))


def _set(text: str) -> UUID:
    return decode("change_set", text, field="change_set_id")


def _told(found: ChangeSet) -> None:
    if choices.get().json:
        as_json(_row(found))
    else:
        state = found.state.replace("_", " ")
        later = "; the worker publishes it" if found.state == "scheduled" else ""
        console.print(f"{escape(found.name)} is {state}{later}.")


def _row(found: ChangeSet) -> dict[str, object]:
    fields = {name: getattr(found, name) for name in _COLUMNS if name != "id"}
    return {"id": encode("change_set", found.id), **fields}


def _edit(edit: Edit) -> dict[str, object]:
    return {
        "entity_id": public_id(edit.kind, edit.entity_id),
        "label": edit.label,
        "change": edit.change,
        "changes": [msgspec.structs.asdict(one) for one in changes_of(edit)],
    }


def _conflict(one: Conflict) -> dict[str, object]:
    return {
        "entity_id": public_id(one.edit.kind, one.edit.entity_id),
        "by": one.by,
        "at": one.at,
        "clashes": [msgspec.structs.asdict(clash) for clash in one.clashes],
    }


def _short(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return escape(text if len(text) <= 60 else text[:57] + "...")
