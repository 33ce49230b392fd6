"""A real server that speaks as S3 does (SeaweedFS, from its wheel), for tests of buckets."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import obstore

from argosy.adapters.storage import Bucket

KEYS = {"owner": ["Admin", "Read", "Write", "List"], "reader": ["Read", "List"]}
SECRET = "not-a-secret-of-anybody"


class Server(msgspec.Struct, frozen=True):
    """A running server."""

    endpoint: str
    process_id: int

    def bucket(
        self, prefix: str, *, name: str = "argosy", key: str = "owner", secret: str = SECRET
    ) -> Bucket:
        """A folder of its bucket (each bucket takes volumes of its own), or of one that is none."""
        return Bucket(
            name=name,
            region="us-east-1",
            endpoint=self.endpoint,
            path_style=True,
            access_key_id=key,
            secret_access_key=secret,
            prefix=prefix,
            timeout_s=30.0,
        )


@contextmanager
def running_server() -> Iterator[Server]:
    """Its data are thrown away at the end, so that it is simply killed."""
    folder = Path(tempfile.mkdtemp(prefix="argosy-bucket-"))
    config = folder / "s3.json"
    identities = [
        {
            "name": key,
            "credentials": [{"accessKey": key, "secretKey": SECRET}],
            "actions": actions,
        }
        for key, actions in KEYS.items()
    ]
    config.write_text(json.dumps({"identities": identities}))
    master, volume, filer, s3 = _ports()
    program = Path(sys.executable).with_name("weed")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                program, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                f"-master.port={master}", f"-volume.port={volume}", "-filer",
                f"-filer.port={filer}", "-s3", f"-s3.port={s3}", f"-s3.config={config}",
                "-master.volumeSizeLimitMB=64", "-volume.max=40",
            ],
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, "HOME": str(folder)},
        )  # fmt: skip
    try:
        endpoint = f"http://127.0.0.1:{s3}"
        _wait(endpoint, process, folder / "log")
        server = Server(endpoint, process.pid)
        store = server.bucket("").open()
        url = obstore.sign(store, "PUT", "", timedelta(minutes=5))
        httpx.put(url, timeout=30).raise_for_status()
        yield server
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)
        for port in (master, volume, filer, s3):
            for name in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port + 10_000}.sock"):
                name.unlink(missing_ok=True)


def _wait(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{endpoint}/nobody", timeout=5).status_code in {403, 404}:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"The bucket server did not start: {log.read_text()[-2000:]}")


def _ports() -> tuple[int, int, int, int]:
    """Four free ports; each takes the one 10,000 above for its own talk."""
    found: list[int] = []
    held: list[socket.socket] = []
    try:
        while len(found) < 4:
            low, high = socket.socket(), socket.socket()
            held += [low, high]
            low.bind(("127.0.0.1", 0))
            port = low.getsockname()[1]
            if port > 55_000:
                continue
            try:
                high.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
            found.append(port)
    finally:
        for one in held:
            one.close()
    return found[0], found[1], found[2], found[3]
