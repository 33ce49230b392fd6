"""Media in a bucket of a real server that speaks as S3 does: kept, served, sent to, moved."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from urllib.parse import urlsplit

import httpx
import msgspec
import obstore
import pytest

from argosy.adapters.imaging.studio import ChildStudio
from argosy.adapters.storage import (
    BothStorages,
    LocalStorage,
    MediaRefused,
    S3Storage,
    StorageUnavailable,
)
from argosy.entry import doctor_storage
from argosy.modules import media
from argosy.modules.catalog import Media
from argosy.modules.catalog.ports import Storage
from argosy.modules.media import UploadNotReceived, UploadRefused
from argosy.runtime.db import Database, Tx
from argosy.runtime.settings import Settings
from argosy.workflows import media_moving, media_uploads
from argosy.workflows.app import App
from tests.adapters.imaging.pictures import encoded, picture
from tests.adapters.storage.bucket_server import Server, running_server
from tests.adapters.storage.films import glb, mp4
from tests.adapters.storage.test_hostile import svg


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as found:
        yield found


def large_film() -> bytes:
    """A video of more than one part and more than two pieces."""
    film, frames = mp4(place=b"+48.1+011.5/"), bytes(range(256)) * 36_000
    return film + (len(frames) + 8).to_bytes(4, "big") + b"mdat" + frames


async def test_a_bucket_keeps_what_a_folder_keeps(server: Server, tmp_path: Path) -> None:
    bucket = server.bucket("shop/one")
    film = tmp_path / "film"
    film.write_bytes(large_film())
    for storage in (LocalStorage(tmp_path / "a"), S3Storage(bucket, tmp_path / "b")):
        photograph = encoded(picture(40, 30))
        first, again = await storage.put(photograph), await storage.put(photograph)
        assert first == again == await storage.describe(first.key)
        assert first.key == hashlib.sha256(photograph).hexdigest()[:40] + ".jpg"
        assert await storage.read(first.key) == photograph

        found = await storage.film(film)
        assert found is not None
        await storage.put_copy(found.key, film)
        whole = film.read_bytes()
        assert b"+48.1" not in whole
        assert await storage.size(found.key) == len(whole) == found.byte_size
        parts = [piece async for piece in storage.stream(found.key, 5, len(whole) - 3)]
        assert b"".join(parts) == whole[5:-3]

        made = await storage.put_made(b"a rendition", ".webp")
        assert made == storage.made_key(b"a rendition", ".webp")
        keys = sorted([first.key, found.key, made])
        kept = await storage.kept_after("", 10)
        assert [file.key for file in kept] == keys
        assert [file.key for file in await storage.kept_after(keys[0], 1)] == keys[1:2]
        assert all(abs(f.modified_at - datetime.now(UTC)) < timedelta(minutes=5) for f in kept)

        with pytest.raises(MediaRefused):
            await storage.put(b"<svg/>")
        assert (await storage.read("0" * 40 + ".jpg"), await storage.size("x")) == (None, None)
        await storage.remove([*keys, "0" * 40 + ".jpg", "../x"])
        assert await storage.kept_after("", 10) == []
        assert await storage.size(found.key) is None
        await storage.remove(keys)


async def test_the_bucket_tells_caches_to_keep_files_for_good(
    server: Server, tmp_path: Path
) -> None:
    bucket = server.bucket("headers")
    storage = S3Storage(bucket, tmp_path, cdn_url="https://cdn.example/media")
    picture_key = (await storage.put(encoded(picture(8, 8)))).key
    drawing_key = (await storage.put(svg('<circle r="4"/>'))).key
    told = {}
    for key in (picture_key, drawing_key):
        url = obstore.sign(bucket.open(), "GET", f"media/{key}", timedelta(minutes=5))
        told[key] = (await asyncio.to_thread(httpx.get, url)).headers
        assert told[key]["cache-control"] == "public, max-age=31536000, immutable"
    assert told[picture_key]["content-type"] == "image/jpeg"
    assert told[picture_key]["content-disposition"].startswith("inline")
    assert told[drawing_key]["content-disposition"].startswith("attachment")
    # What a browser may run is sent by us, under a policy that forbids it to.
    assert await storage.public_url(picture_key) == f"https://cdn.example/media/{picture_key}"
    assert await storage.public_url(drawing_key) is None
    refused = await asyncio.to_thread(
        httpx.get, f"{server.endpoint}/argosy/headers/media/{picture_key}"
    )
    assert refused.status_code == 403


async def test_the_doctor_names_what_is_wrong_with_a_bucket(server: Server, tmp_path: Path) -> None:
    good = server.bucket("examined")
    assert await doctor_storage.tried(good, tmp_path) is None
    wrong = {
        "NoSuchBucket": server.bucket("examined", name="nowhere"),
        "AccessDenied": server.bucket("examined", key="reader"),
        "SignatureDoesNotMatch": server.bucket("examined", secret="another"),
        "InvalidAccessKeyId": server.bucket("examined", key="nobody"),
    }
    for code, bucket in wrong.items():
        found = await doctor_storage.tried(bucket, tmp_path)
        assert found is not None, code
        assert (found.level, code in found.what, bool(found.cure)) == ("error", True, True), found
    skew = await doctor_storage.clock_skew(good)
    assert skew is not None
    assert skew < timedelta(minutes=1)
    away = msgspec.structs.replace(good, endpoint="http://127.0.0.1:9", timeout_s=0.5)
    found = await doctor_storage.tried(away, tmp_path)
    assert found is not None
    assert "does not answer" in found.what


async def test_a_bucket_that_is_away_is_left_alone(server: Server, tmp_path: Path) -> None:
    away = msgspec.structs.replace(
        server.bucket("away"), endpoint="http://127.0.0.1:9", timeout_s=0.2
    )
    storage = S3Storage(away, tmp_path)
    for _ in range(storage.guard.limits.breaker.minimum_calls):
        with pytest.raises(StorageUnavailable):
            await storage.read("0" * 40 + ".jpg")
    assert storage.guard.breaker("read").state == "open"
    with pytest.raises(StorageUnavailable) as refusal:
        await storage.read("0" * 40 + ".jpg")
    assert refusal.value.retry_after


async def test_uploads_for_imports_reach_any_worker(server: Server, tmp_path: Path) -> None:
    bucket = server.bucket("imports")
    here, there = S3Storage(bucket, tmp_path / "server"), S3Storage(bucket, tmp_path / "worker")
    source = tmp_path / "x"
    source.write_text('{"kind":"format"}\n')
    key = await here.put_upload(source, suffix=".bin")
    assert not source.exists()
    await there.bring_upload(key)
    assert len(list(there.open_products(key, "jsonl", {}, name="x").records())) == 1
    assert await there.kept_after("", 5) == []
    assert await here.drop_forgotten(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert await here.drop_forgotten(datetime.now(UTC) + timedelta(hours=1)) == 1
    await there.drop_upload(key)
    assert await there.upload_size(key) is None


async def test_a_large_file_goes_past_the_server(
    server: Server, db: Database, tmp_path: Path
) -> None:
    storage = S3Storage(server.bucket("sent"), tmp_path)
    settings = Settings(home=str(tmp_path), media_storage="s3", s3_bucket="argosy")
    studio = ChildStudio()
    app = cast("App", SimpleNamespace(db=db, storage=storage, settings=settings, studio=studio))

    async def note(tx: Tx, entry: Media) -> None:
        assert entry.byte_size

    async def sent(content: bytes, *, said: bytes | None = None) -> media.Upload:
        upload = media_uploads.planned(
            app,
            file_name="film.mp4",
            byte_size=len(content),
            sha256=hashlib.sha256(said or content).digest(),
        )
        async with db.transaction() as tx:
            await media_uploads.begin(tx, upload)
        with pytest.raises(UploadNotReceived):
            await media_uploads.complete(app, upload.id, note)
        address = await media_uploads.address_of(app, upload)
        assert address is not None
        assert urlsplit(address.url).netloc == urlsplit(server.endpoint).netloc
        async with httpx.AsyncClient() as client:
            answer = await client.put(address.url, content=content, headers=dict(address.headers))
            forged = await client.put(
                address.url.replace(upload.storage_key, "media/x"), content=b"x"
            )
        assert answer.status_code == 200, answer.text
        assert forged.status_code == 403
        return upload

    film = large_film()
    upload = await sent(film)
    entry, again = await asyncio.gather(
        media_uploads.complete(app, upload.id, note), media_uploads.complete(app, upload.id, note)
    )
    assert entry.id == again.id
    assert entry.content_type == "video/mp4"
    assert await storage.size(entry.storage_key) == len(film)
    assert await storage.upload_size(upload.storage_key) is None

    for content, said, error in (
        (b"\x89PNG\r\n\x1a\n but no more", None, MediaRefused),
        (glb(), b"something else", UploadRefused),
    ):
        upload = await sent(content, said=said)
        for _ in range(2):
            with pytest.raises((error, UploadRefused)):
                await media_uploads.complete(app, upload.id, note)
        assert await storage.upload_size(upload.storage_key) is None
    assert [f.key for f in await storage.kept_after("", 9)] == [entry.storage_key]
    await studio.close()


CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from argosy.adapters.storage import LocalStorage, S3Storage, Bucket
from argosy.runtime.db import Database
from argosy.workflows import media_moving
import msgspec

async def main(url, folder, bucket):
    db = await Database.open(url)
    new = S3Storage(msgspec.json.decode(bucket, type=Bucket), Path(folder))
    def died(moved):
        if moved.files >= 8:
            os.kill(os.getpid(), signal.SIGKILL)
    media_moving.BATCH = 4
    await media_moving.move_files(db, LocalStorage(Path(folder)), new, progress=died)

asyncio.run(main(*sys.argv[1:]))
"""


def damage(folder: Path, key: str, content: bytes) -> None:
    [path] = folder.rglob(key)
    path.write_bytes(content)


async def test_files_move_whole_even_when_the_move_is_killed(
    server: Server, db: Database, database_url: str, tmp_path: Path
) -> None:
    bucket = server.bucket("moved")
    old, new = LocalStorage(tmp_path), S3Storage(bucket, tmp_path)
    both = BothStorages(new, old)
    contents = {}
    for n in range(20):
        content = encoded(picture(20 + n, 20))
        contents[(await old.put(content)).key] = content
    keys = sorted(contents)
    damage(tmp_path, keys[15], b"damaged")

    encoded_bucket = msgspec.json.encode(bucket).decode()
    command = [sys.executable, "-c", CHILD, database_url, tmp_path, encoded_bucket]
    child = await asyncio.to_thread(subprocess.run, command, check=False, env=os.environ)
    assert child.returncode == -signal.SIGKILL
    there = {file.key for file in await new.kept_after("", 100)}
    assert keys[:8] == sorted(there)[:8]
    assert len(there) < 20
    for key in set(keys) - {keys[15]}:
        assert await both.read(key) == contents[key]

    late = encoded(picture(99, 20))
    late_key = (await both.put(late)).key  # goes to the new storage alone
    # Somebody put other bytes under a name there: they are found and replaced.
    await obstore.put_async(bucket.open(), f"media/{keys[12]}", b"x" * len(contents[keys[12]]))
    sold, book = old.new_private("book.epub"), tmp_path / "book"
    book.write_bytes(b"a book")
    await old.private.put(sold, book)
    moved = await media_moving.move_files(db, old, new, remove=True)
    assert await old.private.size(sold) is None
    assert [piece async for piece in new.private.stream(sold, 0, 6)] == [b"a book"]
    assert moved.resumed_after in keys
    assert moved.files < 20
    assert moved.damaged == (keys[15],)
    for key in set(keys) - {keys[15]}:
        assert await new.read(key) == contents[key]
    assert await new.read(late_key) == late
    left = {file.key for file in await old.kept_after("", 100)}
    assert left == {keys[15], *[k for k in keys if k <= moved.resumed_after]}

    # From the start again: what is there is compared and not sent again, and the rest is removed.
    damage(tmp_path, keys[15], contents[keys[15]])
    again = await media_moving.move_files(db, old, new, remove=True)
    assert (again.damaged, again.resumed_after) == ((), "")
    assert again.there == again.files - 1
    assert await old.kept_after("", 100) == []
    assert {f.key for f in await new.kept_after("", 100)} == {*keys, late_key}
    last = await media_moving.latest(db)
    assert last is not None
    assert (last.target, last.finished_at is not None) == ("s3", True)

    back = await media_moving.move_files(db, new, old)
    assert back.files == 22, "with the private one"
    assert await old.private.size(sold) == 6
    for storage in cast("tuple[Storage, ...]", (old, both)):
        assert await storage.read(keys[3]) == contents[keys[3]]


async def test_private_files_lie_apart_and_are_signed_for(server: Server, tmp_path: Path) -> None:
    bucket = server.bucket("private/shop")
    sent = tmp_path / "sent"
    content = bytes(range(256)) * 20_000
    sent.write_bytes(content)
    old, new = LocalStorage(tmp_path / "old"), S3Storage(bucket, tmp_path / "new")
    both = BothStorages(new, old)
    key = old.new_private("../a/Böök 1?.html")
    assert key[32:] == "-Book_1_.html"
    assert [old.new_private(name)[33:] for name in ("..", "", "/.x")] == ["file", "file", "x"]
    await old.private.put(key, sent)
    other = both.new_private("b.zip")
    await both.private.put(other, sent)
    assert await old.private.size(other) is None
    for storage, name in ((old, key), (new, other), (both, key), (both, other)):
        assert await storage.private.size(name) == len(content)
        parts = [piece async for piece in storage.private.stream(name, 7, len(content) - 9)]
        assert b"".join(parts) == content[7:-9]
        assert await storage.size(name) is None, "no public route has it"
    assert [file.key for file in await both.private.kept_after("", 9)] == sorted([key, other])
    assert [file.key for file in await both.private.kept_after(min(key, other), 9)] == [
        max(key, other)
    ]
    assert await both.private.address(key, expires_in=timedelta(minutes=5)) is None
    address = await both.private.address(other, expires_in=timedelta(minutes=5))
    assert address is not None
    async with httpx.AsyncClient() as anybody:
        got = await anybody.get(address)
        assert got.content == content
        assert got.headers["content-type"] == "binary/octet-stream"
        assert got.headers["content-disposition"] == 'attachment; filename="b.zip"'
        assert (await anybody.get(address.partition("?")[0])).status_code == 403
    await both.private.remove([key, other, "../../etc/passwd"])
    assert await both.private.kept_after("", 9) == []
