"""Large files by an address of their own: announced, sent, looked at, and forgotten otherwise."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from tests.adapters.imaging.pictures import encoded, picture
from tests.adapters.storage.films import mp4
from tests.web.identity.making import Shop

from argosy.drill.clock import MovableClock
from argosy.workflows import media_uploads

UPLOADS = "/admin/v1/media-uploads"


async def begun(shop: Shop, key: str, content: bytes, **more: Any) -> dict[str, Any]:
    body = {"byte_size": len(content), "sha256": hashlib.sha256(content).hexdigest(), **more}
    answer = await shop.send("POST", UPLOADS, body, token=key)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sent(shop: Shop, upload: dict[str, Any], content: bytes) -> int:
    to = upload["send_to"]
    answer = await shop.client.put(urlsplit(to["url"]).path, content=content, headers=to["headers"])
    return answer.status_code


async def completed(shop: Shop, key: str, upload: dict[str, Any]) -> Any:
    return await shop.send("POST", f"{UPLOADS}/{upload['id']}/complete", token=key)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def waiting(shop: Shop) -> list[Path]:
    folder = Path(shop.app.settings.home) / "uploads"
    return [p for p in folder.rglob("*") if p.is_file()]


async def test_a_file_that_is_announced_sent_and_completed_is_an_entry(
    shop: Shop, key: str
) -> None:
    film = mp4(place=b"+48.1+011.5/")
    upload = await begun(shop, key, film, file_name="film.mp4", alt="A film")
    assert (upload["state"], upload["send_to"]["method"]) == ("open", "PUT")
    early = await completed(shop, key, upload)
    assert refusal(early) == (409, "media.upload_not_received")
    assert await sent(shop, upload, film[:-1]) == 422
    assert await sent(shop, upload, film + b"x") == 413
    assert await sent(shop, upload, film) == 204

    done = await completed(shop, key, upload)
    assert done.status_code == 200, done.text
    entry = done.json()
    assert (entry["kind"], entry["alt"], entry["content_type"]) == ("video", "A film", "video/mp4")
    assert (await completed(shop, key, upload)).json() == entry
    shown = await shop.client.get(entry["url"])
    assert (shown.status_code, b"+48.1" in shown.content) == (200, False)
    after = (await shop.send("GET", f"{UPLOADS}/{upload['id']}", token=key)).json()
    assert (after["state"], after["media_id"], after["send_to"]) == ("done", entry["id"], None)
    assert waiting(shop) == []
    assert await sent(shop, upload, film) == 409
    trail = (await shop.send("GET", "/admin/v1/audit", token=key)).json()["items"]
    assert [one["action"] for one in trail[:2]] == ["media.uploaded", "media_upload.begun"]


async def test_a_file_that_is_not_what_was_said_is_deleted(shop: Shop, key: str) -> None:
    whole = encoded(picture(60, 40), "PNG")
    cases: list[tuple[bytes, bytes, str]] = [
        (b"x" * len(whole), whole, "media.upload_refused"),  # another hash
        (b"<script>", b"<script>", "media.refused"),
        (whole[:-40], whole[:-40], "media.refused"),
        (_torn(whole), _torn(whole), "media.picture_refused"),
    ]
    for content, said, code in cases:
        upload = await begun(shop, key, said)
        assert await sent(shop, upload, content) == 204
        refused = await completed(shop, key, upload)
        assert refusal(refused) == (422, code), code
        assert refusal(await completed(shop, key, upload))[0] == 422
        read = (await shop.send("GET", f"{UPLOADS}/{upload['id']}", token=key)).json()
        assert (read["state"], bool(read["fault"])) == ("refused", True)
    assert waiting(shop) == []
    listed = (await shop.send("GET", "/admin/v1/media", token=key)).json()
    assert listed["items"] == []
    too_large = {"byte_size": 2**35, "sha256": "0" * 64}
    answer = await shop.send("POST", UPLOADS, too_large, token=key)
    assert refusal(answer) == (422, "media.upload_refused")


def _torn(png: bytes) -> bytes:
    """Whole in its structure, and not to be decoded."""
    at = png.index(b"IDAT") + 12
    return png[:at] + bytes(byte ^ 0xFF for byte in png[at : at + 20]) + png[at + 20 :]


async def test_what_is_never_completed_is_forgotten(
    shop: Shop, key: str, clock: MovableClock
) -> None:
    content = encoded(picture(60, 40))
    upload = await begun(shop, key, content)
    assert await sent(shop, upload, content) == 204
    nobodys = upload["send_to"]["url"][:-1] + ("0" if upload["send_to"]["url"][-1] != "0" else "1")
    answer = await shop.client.put(urlsplit(nobodys).path, content=content)
    assert refusal(answer) == (404, "media.upload_not_found")
    clock.advance(minutes=61)
    assert await sent(shop, upload, content) == 409
    clock.advance(hours=1)
    assert refusal(await completed(shop, key, upload)) == (409, "media.upload_expired")
    await media_uploads.forget_uploads(shop.app)
    assert len(waiting(shop)) == 1
    clock.advance(days=7)
    await media_uploads.forget_uploads(shop.app)
    assert waiting(shop) == []
    gone = await shop.send("GET", f"{UPLOADS}/{upload['id']}", token=key)
    assert refusal(gone) == (404, "media.upload_not_found")
