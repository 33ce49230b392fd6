"""Bytes of a request in a temporary file: bounded, and gone whatever happens."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from argosy.web.problems import RequestTooLarge
from argosy.web.spooling import UploadEmpty, spooled


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


async def pieces(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece


async def test_the_bytes_are_there_for_as_long_as_the_block_runs(spool: Path) -> None:
    async with spooled(pieces(b"ab", b"", b"c"), limit=3) as path:
        assert (path.parent, path.read_bytes()) == (spool, b"abc")
    assert not left(spool)
    async with spooled(pieces(b"abc"), limit=3) as path:
        path.rename(spool / "kept")
    assert left(spool) == ["kept"]


async def test_too_many_bytes_or_none_are_refused_at_their_field(spool: Path) -> None:
    read: list[bytes] = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            read.append(b"abcd")
            yield read[-1]

    with pytest.raises(RequestTooLarge) as large:
        async with spooled(endless(), limit=10, field="body"):
            raise AssertionError
    assert (large.value.field, len(read)) == ("body", 3)
    with pytest.raises(UploadEmpty) as empty:
        async with spooled(pieces(b""), limit=10):
            raise AssertionError
    assert empty.value.field == "file"
    async with spooled(pieces(), limit=10, may_be_empty=True) as path:
        assert path.read_bytes() == b""
    assert not left(spool)


@pytest.mark.parametrize("ends", ["source", "block", "cancelled", "cancelled in the block"])
async def test_nothing_is_left_behind(spool: Path, ends: str) -> None:
    begun = asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        yield b"half"
        if ends == "source":
            raise ConnectionError
        if ends == "cancelled":
            begun.set()
            await asyncio.Event().wait()

    async def run() -> None:
        async with spooled(source(), limit=10):
            if ends == "block":
                raise ConnectionError
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    if ends.startswith("cancelled"):
        await begun.wait()
        assert len(left(spool)) == 1
        task.cancel()
    with pytest.raises((ConnectionError, asyncio.CancelledError)):
        await task
    assert not left(spool)
