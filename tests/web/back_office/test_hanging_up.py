"""A client that hangs up in the middle of an upload: told so, and nothing is left of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from tests.web.back_office.conftest import at_desk
from tests.web.identity.making import Shop

PLAIN = {"content-type": "application/octet-stream"}
FORM = {"content-type": "multipart/form-data; boundary=x"}
START = b'--x\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n'


def left(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir() if one.name.startswith("argosy-upload")]


@pytest.mark.parametrize("upload", [("/admin/v1/uploads", PLAIN, b""),
                                    ("/admin/imports/new", FORM, START)])  # fmt: skip
async def test_half_an_upload_is_refused_and_leaves_nothing(
    shop: Shop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    upload: tuple[str, dict[str, str], bytes],
) -> None:
    path, kind, start = upload
    client, headers = (await at_desk(shop, "owner")).client, dict(kind)
    if path.startswith("/admin/v1"):
        headers["authorization"] = f"Bearer {await shop.secret_key('catalog:write')}"
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    asked = client.build_request("POST", path, headers=headers | {"content-length": "900"})
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "client": ("127.0.0.1", 1), "server": ("shop.test", 80), "state": {},
        "headers": [(name.lower(), value) for name, value in asked.headers.raw],
    }  # fmt: skip
    events: list[dict[str, Any]] = [
        {"type": "http.request", "body": start + b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return events.pop(0)

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    await client._transport.app(scope, receive, send)
    assert told[0]["status"] == 400, told
    assert left(tmp_path) == []
