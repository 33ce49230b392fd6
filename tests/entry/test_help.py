"""Every command of `argosy` explains itself: what it does, and what each option and argument is."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
import typer
from typer.testing import CliRunner

from argosy.entry.cli import app


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


EACH = [
    pytest.param(path, command, id=" ".join(("argosy", *path)))
    for path, command in commands(typer.main.get_command(app))
]


@pytest.mark.parametrize(("path", "command"), EACH)
def test_help_is_whole(path: tuple[str, ...], command: click.Command) -> None:
    said = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"})
    assert said.exit_code == 0, said.output
    assert "Usage: " in said.output
    assert len((command.help or "").split()) >= 3, "what the command does"
    for parameter in command.params:
        if parameter.name in {"help", "install_completion", "show_completion"}:
            continue
        described = getattr(parameter, "help", None)
        assert described, f"{parameter.name} is not described"
        assert described.rstrip().endswith((".", ")")), f"{parameter.name}: a whole sentence"


def test_there_are_commands() -> None:
    assert len(EACH) > 30
