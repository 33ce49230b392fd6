"""Write the references that are made from the code by this tool: command line, sandbox, metrics.

    python tools/build_cli_reference.py            # write
    python tools/build_cli_reference.py --check    # say what is not current and exit 1

docs/reference/cli.md is whole; sandbox-psp.md and metrics.md have a made table between markers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from prometheus_client import Counter, Gauge, Histogram

from argosy.entry.cli import app
from argosy.runtime import metrics
from argosy.sandbox_psp.tokens import TOKENS

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
BEGIN = "<!-- made by tools/build_cli_reference.py: begin -->"
END = "<!-- end -->"


def commands(group: Any = None, path: str = "argosy") -> Iterator[tuple[str, Any]]:
    """Every command with its full name, depth first, groups before their members."""
    group = group or typer.main.get_command(app)
    yield path, group
    for name, command in sorted(getattr(group, "commands", {}).items()):
        yield from commands(command, f"{path} {name}")


def cli_page() -> str:
    """docs/reference/cli.md."""
    text = (
        "# Command line\n\n<!-- Made by tools/build_cli_reference.py. Do not edit. -->\n\n"
        "`make demo` installs the command into `.venv/bin/argosy`. Options that stand before the "
        "command hold for all commands: `argosy --json stock verify`. With `--json` an answer is "
        "one JSON document, and a failure one JSON object on standard error. Exit codes: 0 done; "
        "1 something is wrong, and said; 2 the command was not understood.\n\n"
        "Without `--database-url` (or `ARGOSY_DATABASE_URL`) a command starts, or joins, the "
        "embedded server in `--home`.\n"
    )
    for path, command in commands():
        if path == "argosy":
            text += f"\n## {path}\n\n{_table(command)}"
            continue
        level = "##" if hasattr(command, "commands") else "###"
        text += f"\n{level} {path}\n\n{_help(command)}\n"
        if not hasattr(command, "commands"):
            text += f"\n```\n{path}{_usage(command)}\n```\n\n{_table(command)}".rstrip() + "\n"
    return text


def _help(command: Any) -> str:
    return " ".join((command.help or "").split("\f")[0].split()) or "No description."


def _usage(command: Any) -> str:
    words = []
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            name = (parameter.metavar or parameter.name or "").upper()
            words.append(name if parameter.required else f"[{name}]")
        elif parameter.required:
            words.append(f"{max(parameter.opts, key=len)} {(parameter.name or '').upper()}")
    if any(p.param_type_name != "argument" and not p.required for p in command.params):
        words.insert(0, "[OPTIONS]")
    return "".join(f" {word}" for word in words)


def _table(command: Any) -> str:
    rows = []
    for parameter in command.params:
        names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
        if parameter.param_type_name == "argument":
            names = f"`{(parameter.metavar or parameter.name or '').upper()}`"
        default = parameter.default
        shown = (
            "" if default in (None, False, (), [], "") or callable(default) else f"`{_d(default)}`"
        )
        told = " ".join((getattr(parameter, "help", None) or "").split())
        rows.append(f"| {names} | {_cell(told)} | {shown} |")
    if not rows:
        return ""
    return "| | | default |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _d(default: Any) -> str:
    return str(getattr(default, "value", default))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def tokens_table() -> str:
    """The sandbox's tokens."""
    rows = [f"| `{entry.token}` | {_cell(entry.says)} |" for entry in TOKENS.values()]
    return "| token | what happens |\n|---|---|\n" + "\n".join(rows)


def known_metrics() -> dict[str, tuple[str, Any]]:
    """Every metric under the name it is scraped by: its kind and the object."""
    found: dict[str, tuple[str, Any]] = {}
    for value in vars(metrics).values():
        if isinstance(value, Counter):
            found[f"{value._name}_total"] = ("counter", value)
        elif isinstance(value, Histogram):
            found[value._name] = ("histogram", value)
        elif isinstance(value, Gauge):
            found[value._name] = ("gauge", value)
    return dict(sorted(found.items()))


def metrics_table() -> str:
    """All metrics."""
    rows = []
    for name, (kind, metric) in known_metrics().items():
        labels = ", ".join(f"`{label}`" for label in metric._labelnames)
        rows.append(f"| `{name}` | {kind} | {labels} | {_cell(metric._documentation)} |")
    return "| metric | kind | labels | what |\n|---|---|---|---|\n" + "\n".join(rows)


def pages() -> dict[Path, str]:
    """Every page as it should be."""
    made = {REFERENCE / "cli.md": cli_page()}
    for name, table in (("sandbox-psp.md", tokens_table()), ("metrics.md", metrics_table())):
        path = REFERENCE / name
        before, _, rest = path.read_text("utf-8").partition(BEGIN)
        made[path] = f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}"
    return made


def main() -> None:
    """Write, or check with --check."""
    stale = [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.name} is not current: run tools/build_cli_reference.py")
        sys.exit(1 if stale else 0)
    for path in stale:
        path.write_text(pages()[path], "utf-8")
        print(f"{path.name} written")


if __name__ == "__main__":
    main()
