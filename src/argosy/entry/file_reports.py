"""What the commands that read and write files of the catalogue say in the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec
import typer
from rich.markup import escape

from argosy.entry.terminal import as_json, choices, console, errors, show

FAULTS_SHOWN = 20


class FileImport(Protocol):
    """What an import of a file did: `faults` say row, column and reason of what was not taken."""

    @property
    def failed(self) -> int:
        """How many were not taken."""

    @property
    def faults(self) -> Sequence[msgspec.Struct]:
        """The first of them."""


def report_import(done: FileImport, file: Path, counts: Sequence[str], note: str = "") -> None:
    """Print faults, `counts` (attributes of `done`) and a note; end with code 1 for any fault."""
    if choices.get().json:
        as_json(done)
    else:
        if done.faults:
            shown = [msgspec.to_builtins(fault) for fault in done.faults[:FAULTS_SHOWN]]
            show(shown, columns=("row", "column", "reason"), title="Not taken")
        if len(done.faults) > FAULTS_SHOWN:
            console.print("[dim]... and more; see --json.[/]")
        show([{n: getattr(done, n) for n in counts}], columns=counts, title=escape(file.name))
        if note:
            console.print(note)
    if done.failed:
        raise typer.Exit(1)


def report_export(what: str, count: int, output: Path | None) -> None:
    """Say beside the stream how many of what were written, and where to."""
    if choices.get().json and output:
        as_json({what: count, "file": str(output)})
        return
    errors.print(f"{count} {what} written{f' to {escape(str(output))}' if output else ''}.")
