"""Each import contract is broken on purpose: a rule that was never broken may not work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = "src/argosy/modules"

SEEDS = [
    ("2.", f"{MODULES}/orders/commands.py", "from argosy.modules import payments\n"),
    (
        "2.",
        f"{MODULES}/orders/queries.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import argosy.modules.payments\n",
    ),
    ("2.", f"{MODULES}/payments/commands.py", "def f():\n    from argosy.modules import orders\n"),
    ("3.", "src/argosy/web/seeded.py", "from argosy.modules.payments import store\n"),
    ("4.", f"{MODULES}/payments/helpers.py", "x = 1\n"),
    ("4.", f"{MODULES}/payments/errors.py", "from argosy.modules.payments import store\n"),
    ("5.", f"{MODULES}/payments/types.py", "import asyncio\n"),
    ("5.", "src/argosy/kernel/money.py", "import time\n"),
    ("6.", f"{MODULES}/payments/commands.py", "import litestar\n"),
    ("7.", f"{MODULES}/payments/commands.py", "import asyncpg\n"),
    ("7.", "src/argosy/web/seeded.py", "import asyncpg\n"),
    ("1.", "src/argosy/runtime/db.py", "from argosy.modules import orders\n"),
    ("1.", "src/argosy/utils/__init__.py", "x = 1\n"),
    ("1.", "src/argosy/adapters/seeded.py", "from argosy.workflows import reactions\n"),
    ("1.", "src/argosy/sandbox_psp/tokens.py", "from argosy.modules import payments\n"),
    ("8.", "src/argosy/workflows/quoting.py", "from argosy.workflows import checkout\n"),
]


def broken_contracts(root: Path) -> list[str]:
    executable = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [executable, "--no-logo", "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts:" in result.stdout, result.stdout + result.stderr
    return [line for line in result.stdout.splitlines() if line.endswith("BROKEN")]


def test_the_tree_keeps_every_contract() -> None:
    assert broken_contracts(ROOT) == []


@pytest.mark.parametrize(("contract", "path", "seed"), SEEDS)
def test_the_contract_bites(tmp_path: Path, contract: str, path: str, seed: str) -> None:
    shutil.copytree(
        ROOT / "src",
        tmp_path / "src",
        ignore=shutil.ignore_patterns("*.webp", "__pycache__", "*.gz"),
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file = tmp_path / path
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text((file.read_text() if file.exists() else "") + seed)
    assert any(line.startswith(contract) for line in broken_contracts(tmp_path))
