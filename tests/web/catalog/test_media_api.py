"""Photographs, videos and files over the API: taken in safely, described, served in parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.adapters.imaging.pictures import encoded, picture
from tests.adapters.storage.films import glb, mp4
from tests.adapters.storage.test_hostile import svg
from tests.web.catalog.test_catalog_api import problem, upload
from tests.web.identity.making import Shop

from argosy.drill.clock import MovableClock
from argosy.runtime.db import counting_statements
from argosy.workflows import renditions

MEDIA = "/admin/v1/media"


async def uploaded(shop: Shop, key: str, content: bytes, query: str = "") -> dict[str, Any]:
    answer = await upload(shop, key, MEDIA + query, content)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def read(shop: Shop, key: str, media: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await shop.send("GET", f"{MEDIA}/{media['id']}", token=key)).json()
    return found


def stored(shop: Shop) -> list[Path]:
    folder = Path(shop.app.settings.home) / "media"
    return [p for p in folder.rglob("*") if p.is_file()]


async def test_a_photograph_gets_its_renditions_and_a_focal_point(shop: Shop, key: str) -> None:
    media = await uploaded(shop, key, encoded(picture(700, 300)))
    before = await read(shop, key, media)
    assert (before["state"], before["renditions"]) == ("waiting", [])
    assert await renditions.draw_all(shop.app) == 1
    made = await read(shop, key, media)
    assert (made["state"], made["focal"], made["colour"][0]) == ("made", None, "#")
    assert len(made["renditions"]) == 7
    for rendition in made["renditions"]:
        shown = await shop.client.get(rendition["url"])
        assert shown.headers["content-type"] == f"image/{rendition['format']}"
        assert len(shown.content) == rendition["byte_size"]

    path = f"{MEDIA}/{media['id']}"
    moved = await shop.send("PATCH", path, {"focal": {"x": 0.1239, "y": 1}}, token=key)
    assert moved.status_code == 200
    waiting = await read(shop, key, media)
    assert (waiting["state"], waiting["focal"]) == ("waiting", {"x": 0.124, "y": 1.0})
    assert waiting["renditions"] == made["renditions"]
    await renditions.draw_all(shop.app)
    squares = [
        {r["url"] for r in m["renditions"] if r["crop"] == "square"}
        for m in (made, await read(shop, key, media))
    ]
    assert not squares[0] & squares[1]
    for wrong in ({"x": 2, "y": 0}, {"x": 0}, {"x": "a", "y": 0}):
        answer = await shop.send("PATCH", path, {"focal": wrong}, token=key)
        assert answer.status_code == 422
    assert (await shop.send("PATCH", path, {"focal": None}, token=key)).status_code == 200
    assert (await read(shop, key, media))["focal"] is None


async def test_a_thumbnail_is_the_smallest_picture_that_the_caller_reads(
    shop: Shop, key: str, clock: MovableClock
) -> None:
    media = await uploaded(shop, key, encoded(picture(1700, 900)))
    path = f"{media['url']}/thumbnail"

    async def got(accept: str) -> httpx.Response:
        return await shop.client.get(path, headers={"Accept": accept})

    whole = await got("image/webp")
    assert whole.content == (await shop.client.get(media["url"])).content
    assert whole.headers["cache-control"] == "public, max-age=60"
    await renditions.draw_all(shop.app)
    clock.advance(seconds=11)
    drawn = (await read(shop, key, media))["renditions"]
    for accept, formats, width in (
        ("image/avif,image/webp,*/*", {"avif", "webp"}, 320),
        ("image/webp,*/*", {"webp"}, 320),
        ("*/*", {"jpeg"}, 960),
    ):
        thumbnail = await got(accept)
        fit = [r for r in drawn if r["crop"] == "none" and r["format"] in formats]
        least = min((r["width"], r["byte_size"], f"image/{r['format']}") for r in fit)
        shown = (width, len(thumbnail.content), thumbnail.headers["content-type"])
        assert shown == least
        assert thumbnail.headers["vary"] == "Accept"
    with counting_statements() as cost:
        await got("image/avif")
        nothing = await shop.client.get("/media/0123456789abcdef.png/thumbnail")
    problem(nothing, 404, "catalog.media_not_found")
    assert cost.round_trips == 1  # of what is not there, which is not kept


async def test_texts_are_kept_by_locale(shop: Shop, key: str) -> None:
    media = await uploaded(shop, key, encoded(picture(40, 30)), "?alt=Hoodie")
    path = f"{MEDIA}/{media['id']}"
    first = {"alts": {"de": "Kapuzenpulli", "fr-CA": "Chandail"}}
    assert (await shop.send("PATCH", path, first, token=key)).json()["alts"] == first["alts"]
    second = {"alts": {"de": None, "fr": "Sweat"}}
    changed = (await shop.send("PATCH", path, second, token=key)).json()
    assert (changed["alt"], changed["alts"]) == ("Hoodie", {"fr": "Sweat", "fr-CA": "Chandail"})
    wrong = await shop.send("PATCH", path, {"alts": {"Deutsch!": "x"}}, token=key)
    assert wrong.status_code == 422


def damaged_within() -> bytes:
    content = bytearray(encoded(picture(400, 300), "PNG"))
    content[60:80] = bytes(20)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (damaged_within(), "media.picture_refused"),
        (encoded(picture(400, 300), "PNG")[:-400], "media.refused"),
        (svg("<script>alert(1)</script>"), "media.refused"),
        (encoded(picture(40, 30)) + b"PK\x03\x04", "media.refused"),
    ],
    ids=["damaged within", "cut off", "svg with a program", "two files"],
)
async def test_E13_a_file_that_is_refused_leaves_nothing(
    shop: Shop, key: str, content: bytes, code: str
) -> None:
    answer = problem(await upload(shop, key, MEDIA, content), 422, code)
    assert answer["cure"]
    assert stored(shop) == []
    assert (await shop.send("GET", MEDIA, token=key)).json()["items"] == []


async def test_E13_an_svg_is_served_so_that_it_can_do_nothing(shop: Shop, key: str) -> None:
    media = await uploaded(shop, key, svg("<path d='M0 0h9v9z'/>"))
    assert (media["kind"], media["content_type"], media["width"]) == ("image", "image/svg+xml", 9)
    assert (await read(shop, key, media))["state"] == "plain"
    shown = await shop.client.get(media["url"])
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert shown.headers["x-content-type-options"] == "nosniff"


async def test_a_video_is_served_in_the_parts_that_a_player_asks_for(shop: Shop, key: str) -> None:
    content = mp4()
    media = await uploaded(shop, key, content)
    assert (media["kind"], media["content_type"], media["height"]) == ("video", "video/mp4", 360)
    size = len(content)

    async def part(wanted: str, **more: str) -> httpx.Response:
        return await shop.client.get(media["url"], headers={"range": wanted, **more})

    whole = await shop.client.get(media["url"])
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["accept-ranges"] == "bytes"
    for wanted, piece in {
        "bytes=0-9": content[:10],
        "bytes=10-": content[10:],
        "bytes=-5": content[-5:],
        f"bytes=5-{size * 9}": content[5:],
    }.items():
        answer = await part(wanted)
        assert (answer.status_code, answer.content) == (206, piece), wanted
        assert answer.headers["content-length"] == str(len(piece))
        start = size - len(piece) if wanted != "bytes=0-9" else 0
        assert answer.headers["content-range"] == f"bytes {start}-{start + len(piece) - 1}/{size}"
    for ignored in ("bytes=0-1,4-5", "bytes=9-2", "lines=1-2", "bytes=-"):
        assert (await part(ignored)).status_code == 200
    problem(await part(f"bytes={size}-"), 416, "request.range_unsatisfiable")
    assert (await part("bytes=0-1", **{"if-range": '"another"'})).status_code == 200
    assert (await part("bytes=0-1", **{"if-range": whole.headers["etag"]})).status_code == 206


async def test_models_are_taken_and_videos_of_others_are_shown_by_their_address(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    model = await uploaded(shop, key, glb(), f"?product_id={shirt['id']}")
    assert (model["kind"], model["content_type"]) == ("model", "model/gltf-binary")
    body = {"url": "https://youtu.be/dQw4w9WgXcQ", "product_id": shirt["id"], "alt": "How to wear"}
    made = await shop.send("POST", MEDIA + "/external-videos", body, token=key)
    assert made.status_code == 201, made.text
    video = made.json()
    assert video["kind"] == "external_video"
    assert video["url"] == "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"
    product = (await shop.send("GET", f"/admin/v1/products/{shirt['id']}", token=key)).json()
    assert [m["kind"] for m in product["media"]] == ["model", "external_video"]
    refused = await shop.send(
        "POST", MEDIA + "/external-videos", {"url": "https://evil.example/watch?v=dQw4w9WgXcQ"},
        token=key,
    )  # fmt: skip
    problem(refused, 422, "media.video_refused")


async def test_files_that_are_there_twice_and_pictures_that_look_alike_are_told(
    shop: Shop, key: str
) -> None:
    image = picture(400, 300, "#204060", "#e0c090")
    image.paste((200, 30, 30), (60, 40, 160, 220))
    first = await uploaded(shop, key, encoded(image, quality=95))
    again = await uploaded(shop, key, encoded(image, quality=95))
    smaller = await uploaded(shop, key, encoded(image.resize((200, 150)), quality=60))
    mirrored = await uploaded(shop, key, encoded(image.transpose(1), quality=95))
    assert first["url"] == again["url"]
    assert [e["id"] for e in (await read(shop, key, first))["same_file"]] == [again["id"]]
    assert await renditions.draw_all(shop.app) == 3
    with counting_statements() as counted:
        listed = (await shop.send("GET", MEDIA + "/alike", token=key)).json()["items"]
    assert counted.statements <= 2
    [pair] = listed
    assert pair["distance"] <= 6
    assert {f["url"] for f in pair["files"]} == {first["url"], smaller["url"]}
    shown_by = {e["id"] for f in pair["files"] for e in f["entries"]}
    assert shown_by == {first["id"], again["id"], smaller["id"]}
    for one, pairs in ((again, [pair]), (smaller, [pair]), (mirrored, [])):
        of_one = await shop.send("GET", f"{MEDIA}/alike?media_id={one['id']}", token=key)
        assert of_one.json()["items"] == pairs
