"""Files made to harm: each is refused with a reason, or stored without what would harm."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.adapters.storage import LocalStorage, MediaRefused, sniffed
from tests.adapters.imaging.pictures import encoded, opened, picture
from tests.adapters.storage.films import glb, mp4, webm

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'viewBox="0 0 9 9">'
)
PLACE = b"+48.1372+011.5756/"


def svg(inner: str, before: str = "") -> bytes:
    return f"{before}{SVG}{inner}</svg>".encode()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("index.html", "<script>alert(1)</script>")
    return out.getvalue()


def kept(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()]


HOSTILE_SVG = {
    "script": svg("<script>alert(1)</script>"),
    "script of another namespace": svg("<x:script xmlns:x='urn:x'>alert(1)</x:script>"),
    "handler": svg('<path onload="alert(1)" d="M0 0"/>'),
    "handler on the root": SVG.replace("viewBox", 'ONLOAD="alert(1)" viewBox').encode() + b"</svg>",
    "handler where it is left out": svg('<animate onbegin="alert(1)" attributeName="x"/>'),
    "foreignObject": svg("<foreignObject><p>x</p></foreignObject>"),
    "html": svg('<p xmlns="http://www.w3.org/1999/xhtml">x</p>'),
    "javascript link": svg('<a xlink:href="java&#10;script:alert(1)"><path d="M0 0"/></a>'),
    "external image": svg('<image xlink:href="http://evil.example/x.png"/>'),
    "svg in a data link": svg('<image href="data:image/svg+xml;base64,PHN2Zz4="/>'),
    "external use": svg('<use href="http://evil.example/x.svg#a"/>'),
    "external fill": svg('<path fill="url(http://evil.example/x)" d="M0 0"/>'),
    "import of styles": svg("<style>@import 'http://evil.example/x.css';</style>"),
    "hidden in a comment": svg("<style>@im/**/port 'http://evil.example/x.css';</style>"),
    "hidden by escapes": svg("<style>a{fill:\\75rl(http://evil.example/x)}</style>"),
    "font": svg("<style>@font-face{font-family:x;src:url(http://evil.example/x)}</style>"),
    "style sheet": svg("", "<?xml-stylesheet href='http://evil.example/x.css'?>"),
    "entity bomb": svg(
        "&b;", '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    ),
    "file by entity": svg("&x;", '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "parameter entity": svg(
        "", '<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://e.example/x.dtd"> %x;]>'
    ),
    "bomb of uses": svg(
        '<g id="a0"><path d="M0 0"/></g>'
        + "".join(f'<g id="a{n}">' + f'<use href="#a{n - 1}"/>' * 10 + "</g>" for n in range(1, 10))
    ),
    "reference to itself": svg('<g id="a"><use href="#a"/></g>'),
    "reference in a ring": svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'),
    "too deep": svg("<g>" * 200 + "</g>" * 200),
    "too many": svg("<g/>" * 60_000),
    "not an svg": b"<?xml version='1.0'?><html><svg xmlns='http://www.w3.org/2000/svg'/></html>",
    "cut off": svg("<g>")[:-6],
    "no size": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "unknown encoding": b'<?xml version="1.0" encoding="utf-7"?>' + svg(""),
    "compressed": b"\x1f\x8b\x08" + svg(""),
}


@pytest.mark.parametrize("content", HOSTILE_SVG.values(), ids=HOSTILE_SVG.keys())
async def test_E13_a_hostile_svg_is_refused_and_nothing_is_stored(
    content: bytes, tmp_path: Path
) -> None:
    with pytest.raises(MediaRefused) as refusal:
        await LocalStorage(tmp_path).put(content)
    assert refusal.value.message
    assert refusal.value.cure
    assert kept(tmp_path) == []


def test_E13_an_svg_is_rebuilt_of_what_draws() -> None:
    before = (
        '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
        '"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"><!-- by an editor -->'
    )
    inner = (
        '<metadata><place xmlns="urn:x">48.1372</place></metadata>'
        '<sodipodi:view xmlns:sodipodi="urn:s" zoom="2"/>'
        '<defs><linearGradient id="g"><stop offset="0" stop-color="red"/></linearGradient></defs>'
        "<style>.a &gt; .b{fill:url(#g)}</style><text>a &lt; b</text>"
        '<a href="https://shop.example"><path class="a" fill="url(#g)" d="M0 0h9v9z"/></a>'
        '<animate attributeName="x" to="9"/><use xlink:href="#g"/>'
        '<image href="data:image/png;base64,iVBORw0KGgo="/>'
    )
    found = sniffed(svg(inner, before))
    assert (found.content_type, found.width, found.height) == ("image/svg+xml", 9, 9)
    text = found.content.decode()
    for word in ("metadata", "48.1372", "sodipodi", "editor", "DOCTYPE", "animate", "shop.example"):
        assert word not in text
    for word in (
        'fill="url(#g)"',
        "<style>.a &gt; .b{fill:url(#g)}</style>",
        "a &lt; b",
        "<use href",
    ):
        assert word in text
    assert sniffed(found.content).content == found.content


@given(st.text(max_size=200), st.sampled_from(["", "<g>", '<path d="', "<style>"]))
def test_E13_any_text_in_an_svg_is_refused_or_rebuilt_for_good(text: str, before: str) -> None:
    try:
        once = sniffed(svg(before + text)).content
    except (MediaRefused, UnicodeEncodeError):
        return
    assert sniffed(once).content == once
    assert b"<script" not in once.lower()


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF"])
def test_E13_a_picture_that_is_another_file_too_is_refused(name: str) -> None:
    content = encoded(picture(40, 30), name)
    for other in (
        zipped(),
        b"\n<html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"\x7fELF",
        b"<?php",
    ):
        with pytest.raises(MediaRefused, match="Another file"):
            sniffed(content + other)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF"])
def test_E13_what_follows_a_picture_is_cut_off(name: str) -> None:
    content = encoded(picture(40, 30), name)
    found = sniffed(content + b"\x00\x00padding")
    assert b"padding" not in found.content
    assert opened(found.content).size == (40, 30)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF"])
def test_E13_a_picture_that_is_cut_off_is_refused(name: str) -> None:
    content = encoded(picture(400, 300), name)
    for cut in (len(content) // 2, len(content) - 3):
        with pytest.raises(MediaRefused):
            sniffed(content[:cut])


def test_E13_a_picture_that_moves_for_ever_is_refused() -> None:
    from PIL import Image

    frames = [Image.new("P", (4, 4), n % 250) for n in range(3)]
    short = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert sniffed(short).width == 4
    screen = short[: 13 + (3 << (short[10] & 7) + 1)]
    block = b"\x2c" + struct.pack("<HHHHB", 0, 0, 4, 4, 0) + b"\x02\x02\x44\x01\x00"
    with pytest.raises(MediaRefused, match="10,000 frames"):
        sniffed(screen + block * 10_000 + b"\x3b")
    large = screen[:6] + struct.pack("<HH", 4000, 4000) + screen[10:]
    with pytest.raises(MediaRefused, match="50 frames"):
        sniffed(large + block * 50 + b"\x3b")


def test_E13_comments_of_a_gif_are_left_out_and_its_loop_is_kept() -> None:
    from PIL import Image

    frames = [Image.new("P", (9, 9), n) for n in range(3)]
    content = encoded(
        frames[0], "GIF", save_all=True, append_images=frames[1:], comment=PLACE, loop=0
    )
    assert PLACE in content
    found = sniffed(content)
    assert PLACE not in found.content
    assert b"NETSCAPE2.0" in found.content


@pytest.mark.parametrize(
    "content",
    [b"<html></html>", zipped(), b"MZ\x90\x00" + bytes(99), b"#!/bin/sh\n", b"II*\x00" + bytes(99)],
    ids=["html", "zip", "program", "script", "tiff"],
)
async def test_E13_what_says_it_is_a_picture_and_is_none_is_refused(
    content: bytes, tmp_path: Path
) -> None:
    with pytest.raises(MediaRefused, match="no type that is taken"):
        await LocalStorage(tmp_path).put(content, name="front.jpg")


async def test_the_type_is_read_and_not_believed(tmp_path: Path) -> None:
    stored = await LocalStorage(tmp_path).put(encoded(picture(4, 3), "PNG"), name="front.jpg")
    assert (stored.content_type, stored.key[-4:]) == ("image/png", ".png")


# --- videos and models ---------------------------------------------------------------------------


def test_E13_the_place_is_taken_out_of_a_video_and_its_offsets_stay() -> None:
    content = mp4(place=PLACE)
    found = sniffed(content)
    assert (found.content_type, found.kind) == ("video/mp4", "video")
    assert (found.width, found.height) == (640, 360)
    assert PLACE in content
    assert PLACE not in found.content
    assert len(found.content) == len(content)
    assert found.content.index(b"FRAMES") == content.index(b"FRAMES")
    assert sniffed(found.content).content == found.content


def test_E13_the_tags_of_a_webm_are_made_void() -> None:
    content = webm(tags=PLACE)
    found = sniffed(content)
    assert (found.content_type, found.width, found.height) == ("video/webm", 320, 180)
    assert PLACE not in found.content
    assert len(found.content) == len(content)
    assert sniffed(found.content).content == found.content
    assert sniffed(webm(open_cluster=True)).kind == "video"


@pytest.mark.parametrize(
    "content",
    [
        mp4()[:-5],
        mp4() + b"rest of another",
        mp4(brand=b"qt  "),
        mp4(film=False),
        webm()[:-5],
        webm(kind=b"matroska"),
        glb()[:-4],
        glb() + zipped(),
        glb(buffers=[{"uri": "http://evil.example/x.bin"}]),
        glb(images=[{"uri": "../../secret.png"}]),
        glb()[:4] + b"\x01" + glb()[5:],
    ],
)
def test_E13_videos_and_models_that_are_damaged_or_reach_out_are_refused(content: bytes) -> None:
    with pytest.raises(MediaRefused):
        sniffed(content)


def test_a_model_with_everything_inside_is_taken() -> None:
    found = sniffed(
        glb(buffers=[{"uri": "data:application/octet-stream;base64,AA=="}], images=[{}])
    )
    assert (found.content_type, found.kind, found.width) == ("model/gltf-binary", "model", None)
    assert json.loads(found.content[20:].split(b"\0")[0])["asset"] == {"version": "2.0"}


@given(st.sampled_from([mp4(place=PLACE), webm(tags=PLACE), glb()]), st.data())
def test_E13_damaged_videos_are_read_or_refused(content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = sniffed(bytes(damaged))
    except MediaRefused:
        return
    assert len(found.content) == len(damaged)
