"""Files that want to do harm, or were mangled on their way: a report, nothing half done, and memory
that does not grow with them.
"""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.workflows.test_product_import import a_shop, exported

from argosy.adapters.tabular import FileUnreadable, open_products
from argosy.modules import imports
from argosy.modules.imports import Plan, Row
from argosy.runtime.db import Database
from argosy.workflows.app import App
from argosy.workflows.product_applying import apply_plan
from argosy.workflows.product_planning import plan_products

MB = 1_000_000
HAT = b'{"kind":"product","title":"Hat","slug":"hat","variants":[{"sku":"HAT"}]}\n'
SHEET = b"Handle,Title,Variant SKU,Variant Price\nhat,Hat,HAT,9.50\n"


@pytest.fixture
async def app(db: Database, tmp_path: Path) -> App:
    return await a_shop(db, tmp_path / "home")


async def planned(app: App, path: Path, format_name: str = "auto") -> Plan:
    return await plan_products(app, open_products(path, format_name, {"price_list": "usd"}))


async def rows_of(app: App, plan: Plan) -> list[Row]:
    async with app.db.reading() as tx:
        return await imports.rows_of(tx, plan.id, limit=1000)


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    """What Python holds at once inside stays below so many bytes."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def bomb(path: Path, head: bytes, megabytes: int) -> Path:
    """A gzip file that is a thousandth of what it unpacks to."""
    with gzip.open(path, "wb") as stream:
        stream.write(head)
        for _ in range(megabytes):
            stream.write(b" " * MB)
    return path


@pytest.mark.parametrize(("name", "head"), [("b.jsonl.gz", HAT), ("b.csv.gz", SHEET)])
async def test_a_gzip_bomb_is_a_failed_plan(
    app: App, tmp_path: Path, name: str, head: bytes
) -> None:
    path = bomb(tmp_path / name, head, 400)
    assert path.stat().st_size < MB
    before = await exported(app)
    with memory_below(60 * MB):
        plan = await planned(app, path)
    assert plan.state == "failed"
    assert "300 times" in plan.message
    with pytest.raises(imports.PlanStateWrong):
        await apply_plan(app, plan.id)
    assert await exported(app) == before


@pytest.mark.parametrize("name", ["s.csv", "s.jsonl"])
async def test_a_spreadsheet_with_outside_references_is_not_opened(
    app: App, tmp_path: Path, name: str
) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/externalLinks/externalLink1.xml", "<x Target='file:///etc/passwd'/>")
        archive.writestr("xl/worksheets/sheet1.xml", " " * 10 * MB)
    plan = await planned(app, put(tmp_path / name, content.getvalue()))
    assert plan.state == "failed"
    assert "spreadsheet" in plan.message


async def test_a_cell_of_fifty_megabytes_ends_the_plan(app: App, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    cells = (b"x" * 50 * MB, b'"' + b"x" * 9 * MB + b'"', b'"' + b"x\n" * 4 * MB + b'"')
    for huge, limit in zip(cells, (160, 40, 40), strict=True):
        put(path, SHEET + b"cap," + huge + b",CAP,1\n")
        with memory_below(limit * MB):
            plan = await planned(app, path)
        assert (plan.state, plan.applied) == ("failed", 0)
    lines = put(
        tmp_path / "c.jsonl", b'{"kind":"product","title":"' + b"x" * 50 * MB + b'"}\n' + HAT
    )
    with memory_below(160 * MB):
        plan = await planned(app, lines)
    assert (plan.state, plan.creates, plan.rejects) == ("planned", 1, 1)
    [huge_row, _] = await rows_of(app, plan)
    assert huge_row.issues[0].code == "line_too_long"


@pytest.mark.parametrize("name", ["e.jsonl", "e.csv"])
async def test_a_million_empty_lines_are_nothing(app: App, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    head, tail = (b"", HAT) if name.endswith("jsonl") else (SHEET.splitlines(True)[0],
                                                            SHEET.splitlines(True)[1])  # fmt: skip
    put(path, head + b"\n" * MB + tail)
    with memory_below(30 * MB):
        plan = await planned(app, path)
    assert (plan.state, plan.creates, plan.rejects) == ("planned", 1, 0)
    [row] = [r for r in await rows_of(app, plan) if r.decision == "create"]
    assert row.line > MB


async def test_mixed_line_ends_and_encodings_are_read_alike(app: App, tmp_path: Path) -> None:
    rows = ["Handle,Title,Variant SKU", "a,Caf\u00e9,A", "b,B,B", "c,C,C"]
    for number, ends in enumerate(("\n\r\n\r", "\r\n\n\r\n\n", "\r\r\r\r")):
        text = "".join(row + end for row, end in zip(rows, _ends(ends), strict=True))
        for encoding in ("utf-8-sig", "utf-16", "cp1252"):
            path = put(tmp_path / f"{number}{encoding}.csv", text.encode(encoding))
            plan = await planned(app, path)
            assert (plan.state, plan.creates) == ("planned", 3), (ends, encoding, plan.message)


def _ends(ends: str) -> list[str]:
    found = []
    while ends:
        size = 2 if ends.startswith("\r\n") else 1
        found.append(ends[:size])
        ends = ends[size:]
    return (found * 4)[:4]


async def test_a_wrong_encoding_is_refused_or_told(app: App, tmp_path: Path) -> None:
    utf16 = "Handle,Title\na,A\n".encode("utf-16-le")
    assert (await planned(app, put(tmp_path / "no-bom.csv", utf16))).state == "failed"
    broken = SHEET + b"b,\xff\xfe\xff,B,1\n"
    plan = await planned(app, put(tmp_path / "broken.csv", broken))
    assert any(i.code == "encoding_guessed" for r in await rows_of(app, plan) for i in r.issues)


async def test_formulas_stay_text_and_doubled_skus_are_reported(app: App, tmp_path: Path) -> None:
    sheet = SHEET + b'cap,=HYPERLINK("http://x"),CAP,1\nfez,Fez,hat,2\nbow,Bow, HAT ,2\n'
    path = put(tmp_path / "f.csv", sheet.replace(b'=HYPERLINK("http://x")', b"'=1+1"))
    plan = await planned(app, path)
    assert (plan.creates, plan.rejects) == (2, 2)
    rejected = [r for r in await rows_of(app, plan) if r.decision == "reject"]
    assert [i.code for r in rejected for i in r.issues] == ["repeated", "repeated"]
    await apply_plan(app, plan.id)
    titles = {r["slug"]: r["title"] for r in await exported(app) if r["kind"] == "product"}
    assert titles == {"hat": "Hat", "cap": "=1+1"}


async def test_characters_that_cannot_be_stored_are_reported(app: App, tmp_path: Path) -> None:
    lines = [
        b'{"kind":"product","title":"a\\u0000b","external_id":"x\\u0000","variants":[{"sku":"A"}]}',
        b'{"kind":"product","title":"a","external_id":"\\ud800"}',
        b'{"kind":"product","title":"a","\\u0000":1,"variants":[{"sku":"C"}]}',
        b"[" * 100_000,
        b'{"kind":"product","attributes":' + b'{"a":' * 50_000,
    ]
    plan = await planned(app, put(tmp_path / "n.jsonl", b"\n".join(lines) + b"\n" + HAT))
    assert plan.state == "planned"
    assert (plan.creates, plan.rejects) == (1, 5)
    async with app.db.transaction() as tx:
        await imports.acknowledge(tx, plan.id, ["rejected"], actor="Ann")
    assert (await apply_plan(app, plan.id)).failed == 0


def test_a_damaged_archive_is_said_to_be_one(tmp_path: Path) -> None:
    whole = gzip.compress(HAT * 1000)
    path = put(tmp_path / "d.jsonl.gz", whole[: len(whole) // 2])
    with pytest.raises(FileUnreadable, match="damaged"):
        list(open_products(path, "auto", {}).records())
