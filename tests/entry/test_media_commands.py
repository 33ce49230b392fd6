"""`argosy media clean`, `where` and `move`, and what the doctor says of a bucket."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from tests.entry.test_cli_promotions import Run, run

from argosy.entry import doctor_storage
from argosy.entry.findings import Finding
from argosy.runtime.settings import Settings

__all__ = ["run"]


def test_files_are_told_of_and_a_move_asks_for_its_settings(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = run("media", "where")
    assert "Nobody has looked through them yet" in told.output, told.output
    cleaned = run("media", "clean", "--dry-run", "--unshown", as_json=True)
    assert cleaned.exit_code == 0, cleaned.output
    figures = json.loads(cleaned.stdout)
    assert (figures["dry_run"], figures["files"], figures["entries"]) == (True, 0, 0)
    assert json.loads(run("media", "where", as_json=True).stdout)["looked"]["files"] == 0
    assert "0 files" in run("media", "clean").output

    refused = run("media", "move", "--to", "s3")
    assert refused.exit_code == 1
    assert "ARGOSY_MEDIA_ALSO_READ=files" in refused.output.replace("\n", " ")
    monkeypatch.setenv("ARGOSY_MEDIA_STORAGE", "s3")
    refused = run("media", "where")
    assert refused.exit_code == 1
    assert "ARGOSY_S3_BUCKET" in refused.output


@contextmanager
def answering(status: int, body: str, *, late: timedelta = timedelta(0)) -> Iterator[str]:
    """A server that refuses everything in the same way."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response_only(status)
            self.send_header("Date", format_datetime(datetime.now(UTC) + late, usegmt=True))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


async def found(tmp_path: Path, **more: object) -> list[Finding]:
    given = {
        "home": str(tmp_path),
        "media_storage": "s3",
        "s3_path_style": True,
        "s3_access_key_id": "key",
        "s3_secret_access_key": "secret",
        "s3_timeout_s": 2.0,
        **more,
    }
    return [one async for one in doctor_storage.storage(Settings(**given))]  # type: ignore[arg-type]


def error(code: str, message: str = "No.") -> str:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"


async def test_the_doctor_knows_the_refusals_of_s3(tmp_path: Path) -> None:
    cases: list[tuple[int, str, Callable[[str], bool]]] = [
        (404, "NoSuchBucket", lambda cure: "ARGOSY_S3_BUCKET" in cure),
        (400, "AuthorizationHeaderMalformed", lambda cure: "ARGOSY_S3_REGION" in cure),
        (403, "RequestTimeTooSkewed", lambda cure: "NTP" in cure),
        (403, "AccessDenied", lambda cure: "s3:ListBucket" in cure),
        (400, "SomethingNew", lambda cure: "documents of the provider" in cure),
    ]
    for status, code, cured in cases:
        with answering(status, error(code)) as endpoint:
            [said] = await found(tmp_path, s3_bucket="media", s3_endpoint_url=endpoint)
        assert said.level == "error"
        assert code in said.what, said
        assert cured(said.cure), said
    with answering(403, error("AccessDenied"), late=timedelta(minutes=9)) as endpoint:
        [said] = await found(tmp_path, s3_bucket="media", s3_endpoint_url=endpoint)
    assert "clocks" in said.what
    [said] = await found(tmp_path)
    assert "no bucket is named" in said.what


async def test_the_doctor_sees_settings_that_do_not_go_together(tmp_path: Path) -> None:
    said = await found(
        tmp_path,
        media_storage="files",
        media_cdn_url="https://cdn.example",
        media_also_read="files",
    )
    assert [one.level for one in said] == ["warning", "warning"]
    assert all(one.cure for one in said)
