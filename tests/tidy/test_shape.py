"""What the house rules say of the source, kept by reading it."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

from tests.tidy.source import ROOT, SRC, parsed, python_files

MAX_FUNCTION, MAX_FILE = 60, 500
BANNED_FILES = {"utils", "util", "helpers", "common", "manager", "service", "base", "misc"}
# May only shrink. A file or function that was too long and is not any more leaves the list.
LONG_FILES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {}

ISLANDS = sorted(p.name for p in (SRC / "modules").iterdir() if (p / "__init__.py").exists())


def test_no_file_is_named_for_nothing() -> None:
    bad = [
        str(p) for p in python_files() if p.stem in BANNED_FILES or p.parent.name in BANNED_FILES
    ]
    assert not bad, bad


def test_files_stay_readable_in_one_sitting() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in python_files()
        if (n := len(p.read_text("utf-8").splitlines())) > MAX_FILE
    }
    assert all(n <= LONG_FILES.get(name, MAX_FILE) for name, n in long.items()), long


def test_functions_stay_short() -> None:
    long = {}
    for path, tree in parsed():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1 - _docstring(node)
                if lines > MAX_FUNCTION:
                    long[f"{path}:{node.name}"] = lines
    assert all(n <= LONG_FUNCTIONS.get(name, MAX_FUNCTION) for name, n in long.items()), long


def _docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return (first.end_lineno or first.lineno) - first.lineno + 1
    return 0


def test_P17_time_is_read_from_one_clock() -> None:
    bad = []
    for path, tree in parsed():
        if {"sandbox_psp", "entry"} & set(path.parts) or path.name in {"db.py", "telemetry.py"}:
            continue
        bad += [
            f"{path}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and node.attr in {"now", "utcnow", "today"}
            and isinstance(node.value, ast.Name)
            and node.value.id in {"datetime", "date"}
        ]
    assert not bad, bad


@pytest.mark.parametrize("island", ISLANDS)
def test_the_face_of_an_island_states_its_contract(island: str) -> None:
    module = importlib.import_module(f"argosy.modules.{island}")
    exported = list(module.__all__)
    assert len(exported) == len(set(exported))  # ruff's RUF022 keeps them sorted
    assert all(hasattr(module, name) for name in exported)
    assert module.__doc__
    assert 2 <= len(module.__doc__.strip().splitlines()) <= 12, "the contract: owns, emits, never"


@pytest.mark.parametrize(
    "path", sorted(SRC.rglob("*.sql")), ids=lambda p: p.parent.name + "/" + p.name
)
def test_sql_stays_in_its_schema(path: Path) -> None:
    relative = path.relative_to(SRC)
    if relative.parts[0] == "modules":
        allowed = {relative.parts[1], "runtime", "excluded"}
        found = schemas_named(path.read_text("utf-8"))
        assert found <= allowed, found - allowed
    if relative.parts[0] == "reads":
        assert not re.search(
            r"(?im)^\s*(insert|update|delete|merge|truncate)\b", path.read_text("utf-8")
        )


def schemas_named(sql: str) -> set[str]:
    """Islands whose schema a statement names, as in `from orders.line` or `orders.next()`."""
    text = re.sub(r"--[^\n]*", "", sql)
    text = re.sub(r"'[^']*'", "''", text)
    pattern = r"\b(?:from|join|into|update|table|call|select|,)\s+(?:only\s+)?([a-z_]+)\.[a-z_]+"
    return {name for name in re.findall(pattern, text, re.IGNORECASE) if name in {*ISLANDS, "jobs"}}


def test_the_schema_rule_bites() -> None:
    assert schemas_named("select * from orders.line join catalog.variant v on true") == {
        "orders",
        "catalog",
    }
    assert schemas_named("-- from orders.line\nselect 'from cart.cart' from quote.x") == {"quote"}
