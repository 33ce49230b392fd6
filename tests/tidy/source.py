"""The project's own source, for the tests that read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "argosy"


def python_files(folder: Path = SRC) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def parsed() -> Iterator[tuple[Path, ast.Module]]:
    for path in python_files():
        yield path.relative_to(ROOT), ast.parse(path.read_text("utf-8"))
