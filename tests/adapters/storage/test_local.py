"""Files by content in a folder, and photographs for imports."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from argosy.adapters.storage import LocalStorage, MediaRefused, open_photographs
from argosy.adapters.storage.photographs import PhotographsUnreadable
from tests.adapters.storage.test_images import GPS, png


def kept(folder: Path) -> list[str]:
    """Names of all files in a folder."""
    return [p.name for p in folder.rglob("*") if p.is_file()]


async def test_E13_names_are_made_of_the_content(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    first = await storage.put(png(3, 2))
    again = await storage.put(png(3, 2, (b"tEXt", GPS)))
    other = await storage.put(png(2, 3))
    assert first == again
    assert other.key != first.key
    assert await storage.read(first.key) == png(3, 2)
    assert await storage.describe(first.key) == first
    assert kept(tmp_path).count(first.key) == 1


@pytest.mark.parametrize("key", ["", "../secret.png", "a" * 40, "a" * 40 + ".exe", "/etc/passwd"])
async def test_keys_lead_nowhere_else(tmp_path: Path, key: str) -> None:
    (tmp_path / "secret.png").write_bytes(b"x")
    storage = LocalStorage(tmp_path)
    assert await storage.size(key) is None
    assert await storage.read(key) is None
    assert await storage.describe(key) is None


async def test_refused_content_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(MediaRefused):
        await LocalStorage(tmp_path).put(b"<svg/>")
    assert not kept(tmp_path)


async def test_uploads_wait_aside_and_are_dropped(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "home")
    source = tmp_path / "x"
    source.write_text('{"kind":"format"}\n')
    key = await storage.put_upload(source, suffix=".bin")
    assert not source.exists()
    assert await storage.size(key) is None
    records = list(storage.open_products(key, "jsonl", {}, name="x.jsonl").records())
    assert len(records) == 1
    await storage.drop_upload(key)
    await storage.drop_upload(key)
    assert not kept(tmp_path / "home")


def test_E13_photographs_come_from_their_folder_only(tmp_path: Path) -> None:
    (tmp_path / "secret.webp").write_bytes(b"secret")
    folder = tmp_path / "shop"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "a.webp").write_bytes(b"A")
    (folder / "link.webp").symlink_to(tmp_path / "secret.webp")
    photographs = open_photographs(folder)
    assert photographs.read("images/a.webp") == b"A"
    assert photographs.read("https://cdn.example/files/a.webp") == b"A"
    for name in ("../secret.webp", str(tmp_path / "secret.webp"), "link.webp", "x\x00.webp", ""):
        assert photographs.read(name) is None


def test_E13_photographs_come_from_archives_without_unpacking(tmp_path: Path) -> None:
    path = tmp_path / "shop.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images/a.webp", b"A")
        archive.writestr("../evil.webp", b"E")
        archive.writestr("bomb.webp", b"\x00" * (26 * 1024 * 1024))
    photographs = open_photographs(path)
    assert photographs.read("images/a.webp") == b"A"
    assert photographs.read("other/a.webp") == b"A"
    assert photographs.read("bomb.webp") is None
    assert not (tmp_path.parent / "evil.webp").exists()
    with pytest.raises(PhotographsUnreadable):
        open_photographs(tmp_path / "nothing")
