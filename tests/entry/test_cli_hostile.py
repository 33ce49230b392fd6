"""Whatever a command is given, it answers with words and a code, never with a traceback."""

from __future__ import annotations

import asyncio
import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.modules.channels.making import a_channel
from typer.testing import CliRunner

from argosy.entry.cli import app
from argosy.entry.terminal import console
from argosy.modules import pricing, staff
from argosy.runtime.db import Database

Run = Callable[..., Result]
MARKUP = "[/x] [bold]"


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the command line on a shop with a price list, a channel and oddly named people."""

    async def prepare() -> None:
        db = await Database.open(database_url)
        async with db.transaction() as tx:
            await pricing.create_price_list(
                tx, pricing.CreatePriceList(code="usd", name="USD", currency="USD")
            )
            await a_channel(tx, code="us", currency="USD")
            await staff.create_secret_key(tx, staff.SYSTEM, name=MARKUP, scopes=("catalog:read",))
        await db.close()

    asyncio.run(prepare())
    # Said here and not by COLUMNS, which a console reads when it is made.
    monkeypatch.setattr(console, "width", 300)
    options = ["--database-url", database_url, "--home", str(tmp_path / "home")]

    def call(*arguments: str) -> Result:
        result = CliRunner().invoke(app, [*options, *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    return call


WHOLE = b"sku,amount\n" * 20_000
FILES = {
    "empty": b"",
    "noise": random.Random(1).randbytes(9_000),
    "cut short.gz": gzip.compress(WHOLE)[:60],
    "damaged.gz": gzip.compress(WHOLE)[:-20] + b"\0" * 20,
    "utf-16 cut short": "sku,amount\nA,1".encode("utf-16")[:-1],
    "utf-16 cut short.gz": gzip.compress("sku,amount\nA,1\n".encode("utf-16"))[:-9],
    "one huge cell": b"Handle,Title,sku,amount,on_hand,zone,rate\n" + b"x" * 1_500_000,
    "no end of a quote": b'Handle,Title,sku,amount,on_hand,zone,rate\n"a,b\n' + b"c,d\n" * 50,
    "deep": b"[" * 100_000 + b"\n" + b'{"a":' * 50_000,
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(
    "words",
    [
        ("products", "--format", "jsonl"),
        ("products", "--format", "shopify", "--price-list", "usd"),
        ("stock",),
        ("prices", "--price-list", "usd"),
        ("tax-rates",),
        ("reviews",),
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_a_file_that_cannot_be_read_is_said_plainly(
    run: Run, tmp_path: Path, words: tuple[str, ...], kind: str
) -> None:
    path = tmp_path / f"{kind} {MARKUP.replace('/', '')}"
    path.write_bytes(FILES[kind])
    command, *options = words
    told = run("import", command, str(path), *options)
    assert "Aborted" not in told.output
    assert told.output.strip(), "something is said"
    empty_jsonl = kind == "empty" and "shopify" not in words and command in {"products", "reviews"}
    assert told.exit_code == (0 if empty_jsonl else 1), told.output
    if empty_jsonl:
        assert "holds nothing" in told.output


def unbroken(output: str) -> str:
    """What was said as one line: where it is broken depends on the length of a folder's name."""
    return " ".join(output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("path", "words"), [("missing.csv", "does not exist"), ("", "is a directory")]
)
@pytest.mark.parametrize("command", ["products", "stock", "prices", "tax-rates", "reviews"])
def test_a_file_that_is_none_is_a_usage_error(
    run: Run, tmp_path: Path, command: str, path: str, words: str
) -> None:
    told = run("import", command, str(tmp_path / path))
    assert told.exit_code == 2
    assert words in unbroken(told.output)


@pytest.mark.parametrize("what", ["products", "reviews"])
def test_an_export_says_why_it_cannot_be_written(run: Run, tmp_path: Path, what: str) -> None:
    folder = run("export", what, "-o", str(tmp_path))
    assert folder.exit_code == 1
    assert "is a folder" in unbroken(folder.output)
    nowhere = run("export", what, "-o", str(tmp_path / "no" / "x.jsonl"))
    assert "There is no folder" in unbroken(nowhere.output)
    forbidden = run("export", what, "-o", "/proc/x.jsonl")
    assert forbidden.exit_code == 1
    assert "cannot be written" in forbidden.output


def test_what_people_wrote_is_shown_as_they_wrote_it(run: Run) -> None:
    assert MARKUP in run("keys", "list").output
    made = run("staff", "add", "ann@example.com", "--name", MARKUP, "--role", "owner")
    assert made.exit_code == 0
    assert MARKUP in made.output
    assert MARKUP in run("staff", "list").output
    assert MARKUP in run("stock", "explain", MARKUP, "main").output


@pytest.mark.parametrize(
    "words",
    [("keys", "list"), ("doctor",), ("migrate",), ("migrate", "--check"), ("serve",), ("worker",)],
    ids=" ".join,
)
@pytest.mark.parametrize(
    "url",
    ["postgresql://shop:hidden@127.0.0.1:9/shop", "mysql://shop:hidden@127.0.0.1/shop", "nonsense"],
)
def test_a_database_that_does_not_answer_is_named(words: tuple[str, ...], url: str) -> None:
    told = CliRunner().invoke(app, ["--database-url", url, *words])
    assert isinstance(told.exception, SystemExit), told.output
    assert told.exit_code == 1
    assert "The database cannot be reached" in told.output
    assert "ARGOSY_DATABASE_URL" in told.output
    assert "hidden" not in told.output


def test_a_job_that_is_not_there_is_not_said_to_be_queued(run: Run) -> None:
    told = run("jobs", "requeue", "999999")
    assert told.exit_code == 1
    assert "jobs failed" in told.output
