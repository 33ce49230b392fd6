"""`argosy import reviews` and `argosy export reviews` as a person and a program use them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from argosy.demo import luma
from argosy.entry.cli import app

Run = Callable[..., Result]
REVIEW = {"kind": "review", "external_id": "r-1", "product": "hat", "rating": 4, "author": "Chi",
          "body": "Warm."}  # fmt: skip


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    """Call the command line on a shop with one product."""
    options = ["--database-url", database_url, "--home", str(tmp_path / "home")]

    def call(*arguments: str, as_json: bool = True) -> Result:
        return CliRunner().invoke(app, [*options, *(["--json"] if as_json else []), *arguments])

    hat = {"kind": "product", "slug": "hat", "title": "Hat", "variants": [{"sku": "HAT"}]}
    made = call("import", "products", written(tmp_path / "p.jsonl", hat))
    assert made.exit_code == 0, made.output
    return call


def written(path: Path, *records: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
    return str(path)


def counts(done: Result) -> dict[str, int]:
    said = json.loads(done.stdout)
    return {name: said[name] for name in ("created", "updated", "unchanged", "failed")}


def test_E4_faulty_lines_are_named_and_the_others_kept(run: Run, tmp_path: Path) -> None:
    file = written(
        tmp_path / "r.jsonl",
        REVIEW,
        REVIEW,
        REVIEW | {"external_id": "r-2", "product": "none"},
        REVIEW | {"external_id": "r-3", "rating": 9},
        REVIEW | {"external_id": "r-4", "body": "<b>x</b>"},
        REVIEW | {"external_id": "r-5", "stars": 1},
        REVIEW | {"external_id": "r-6", "state": "pending"},
    )
    done = run("import", "reviews", file)
    assert done.exit_code == 1
    assert counts(done) == {"created": 2, "updated": 0, "unchanged": 0, "failed": 5}
    issues = json.loads(done.stdout)["issues"]
    assert [(i["row"], i["column"], i["code"]) for i in issues] == [
        (2, "external_id", "repeated"),
        (4, "rating", "type"),
        (6, "", "type"),
        (3, "product", "reference_unknown"),
        (5, "body", "reviews.invalid"),
    ]
    assert "Not taken" in run("import", "reviews", file, as_json=False).stdout


def test_an_export_imported_again_changes_nothing(run: Run, tmp_path: Path) -> None:
    run("import", "reviews", written(tmp_path / "r.jsonl", REVIEW | {"title": "T"}))
    out = tmp_path / "out.jsonl.gz"
    assert json.loads(run("export", "reviews", "-o", str(out)).stdout)["reviews"] == 1
    lines = [json.loads(line) for line in gzip.decompress(out.read_bytes()).splitlines()]
    assert lines[0] == {"kind": "format", "name": "argosy.reviews", "version": 1}
    assert lines[1].items() >= (REVIEW | {"title": "T", "state": "approved"}).items()
    again = run("import", "reviews", str(out))
    assert counts(again) == {"created": 0, "updated": 0, "unchanged": 1, "failed": 0}


def test_all_reviews_of_the_demo_are_taken(run: Run) -> None:
    done = run("import", "products", str(luma() / "products.jsonl.gz"), "--skip-unknown")
    assert done.exit_code == 0, done.output
    reviews = str(luma() / "reviews.jsonl.gz")
    assert counts(run("import", "reviews", reviews))["created"] == 349
    assert counts(run("import", "reviews", reviews))["unchanged"] == 349
