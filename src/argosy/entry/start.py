"""The console script. The processes that a shop runs load only what they are; every other command
comes with the whole command line, whose loading takes a second of a processor.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from argosy.entry.terminal import HELP, options

PARTS = {
    "demo": "argosy.entry.cli_demo",
    "serve": "argosy.entry.cli_processes",
    "worker": "argosy.entry.cli_processes",
    "migrate": "argosy.entry.cli_processes",
    "sandbox-psp": "argosy.entry.cli_processes",
    "doctor": "argosy.entry.doctor",
}
_WITH_VALUE = {"--home", "--database-url"}


def main() -> None:
    """Entry point of the console script."""
    part = PARTS.get(command_of(sys.argv[1:]))
    if part is None:
        from argosy.entry import cli

        cli.main()
        return
    app = typer.Typer(name="argosy", help=HELP, pretty_exceptions_show_locals=False)
    app.callback()(options)
    import_module(part).register(app)
    app()


def command_of(words: Sequence[str]) -> str:
    """The first word that is neither an option nor the value of one; empty if there is none."""
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            return word
        if word in _WITH_VALUE:
            next(rest, None)
    return ""
