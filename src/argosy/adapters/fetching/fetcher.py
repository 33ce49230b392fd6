"""Fetch one file over https: from public addresses, bounded in size, time and redirects.

Every hop is checked like the first one, and the connection goes to the very address that was
checked, with the certificate checked for the name. A name and password stay with the host that
they are for.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec
import structlog

from argosy.adapters.fetching.addresses import (
    AddressRefused,
    Lookup,
    resolved,
    system_lookup,
)
from argosy.kernel.errors import Invalid
from argosy.modules.feeds import (
    Asked,
    Fetched,
    FetchOutcome,
    NotFetched,
    NotModified,
    check_url,
)
from argosy.runtime import metrics
from argosy.runtime.breaker import Breaker, BreakerRules
from argosy.runtime.telemetry import span

log = structlog.get_logger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ADDRESSES_TRIED = 3
_PACKED = {"": "", "identity": "", "gzip": "gzip", "x-gzip": "gzip"}
# A feed is asked a few times a day: two failures in a row are many.
_BREAKER = BreakerRules(
    window_s=900.0, minimum_calls=3, pause_s=120.0, longest_pause_s=1800.0, probes=1,
    successes_to_close=1,
)  # fmt: skip


class FetchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much and how long. Times are seconds; `deadline_s` bounds a fetch with all its hops."""

    most_bytes: int = 1_000_000_000
    connect_s: float = 10.0
    read_s: float = 60.0
    deadline_s: float = 900.0
    redirects: int = 5


class _Refused(Exception):
    """It ends here; `fault` says whether the server is to blame, for its breaker."""

    def __init__(self, code: str, message: str, *, fault: bool = False) -> None:
        super().__init__(message)
        self.code, self.message, self.fault = code, message, fault


class GuardedFetcher:
    """See modules/feeds/ports.py. One breaker for each host."""

    def __init__(
        self,
        *,
        http_hosts: Collection[str] = (),
        private_hosts: Collection[str] = (),
        limits: FetchLimits | None = None,
        trust: ssl.SSLContext | None = None,
        lookup: Lookup = system_lookup,
    ) -> None:
        self._http_hosts = frozenset(http_hosts)
        self._private_hosts = frozenset(private_hosts)
        self.limits = limits or FetchLimits()
        self._trust = trust
        self._lookup = lookup
        self._breakers: dict[str, Breaker] = {}

    async def fetch(self, asked: Asked) -> FetchOutcome:
        """One file. Never raises for what the network or the server does."""
        host = urlsplit(asked.url).hostname or ""
        breaker = self._breakers.setdefault(host, Breaker(_BREAKER))
        if not breaker.allows():
            return NotFetched(
                code="breaker_open", message=f"{host} failed too often and is left alone for now."
            )
        start, verdict = time.monotonic(), None
        try:
            with span("feed.fetch", provider="feeds", operation="fetch"):
                async with asyncio.timeout(self.limits.deadline_s):
                    outcome = await self._fetched(asked)
            verdict = True
        except TimeoutError:
            verdict = False
            outcome = NotFetched(code="deadline", message="It took too long.")
        except _Refused as refusal:
            verdict = False if refusal.fault else None
            outcome = NotFetched(code=refusal.code, message=refusal.message)
        finally:
            breaker.report(verdict)
        word = type(outcome).__name__.lower()
        took = time.monotonic() - start
        metrics.PROVIDER_SECONDS.labels("feeds", "fetch", word).observe(took)
        if isinstance(outcome, NotFetched):
            log.warning("feeds.not_fetched", host=host, reason_code=outcome.code)
        return outcome

    async def _fetched(self, asked: Asked) -> FetchOutcome:
        trust = self._trust or httpx.create_ssl_context()
        url = asked.url
        async with httpx.AsyncClient(
            verify=trust,
            # A proxy would resolve names itself, past all that is checked here.
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(self.limits.read_s, connect=self.limits.connect_s),
        ) as client:
            for _ in range(self.limits.redirects + 1):
                response = await self._answered(client, url, _headers(asked, url))
                try:
                    if response.status_code not in _REDIRECTS:
                        return await self._taken(response)
                    url = _next_url(url, response)
                finally:
                    await response.aclose()
        raise _Refused("redirects", "It leads on too many times.")

    async def _answered(
        self, client: httpx.AsyncClient, url: str, headers: Mapping[str, str]
    ) -> httpx.Response:
        """The head of the answer, from an address that was looked at. Raises _Refused."""
        try:
            check_url(url, self._http_hosts)
            parts = urlsplit(url)
            host = parts.hostname or ""
            port = parts.port or (443 if parts.scheme == "https" else 80)
            addresses = await resolved(host, port, self._private_hosts, self._lookup)
        except Invalid as error:
            raise _Refused("address_refused", error.message) from error
        except AddressRefused as error:
            raise _Refused(error.code, str(error), fault=error.code == "host_unknown") from error
        for number, address in enumerate(addresses[:_ADDRESSES_TRIED], 1):
            pinned = httpx.URL(url).copy_with(host=address)
            request = client.build_request(
                "GET",
                pinned,
                headers={**headers, "host": parts.netloc},
                extensions={"sni_hostname": host},
            )
            try:
                return await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if number == len(addresses[:_ADDRESSES_TRIED]):
                    raise _not_connected(host, error) from error
            except httpx.HTTPError as error:
                raise _Refused("no_answer", f"{host} does not answer.", fault=True) from error
        raise AssertionError("there is an address")

    async def _taken(self, response: httpx.Response) -> FetchOutcome:
        status = response.status_code
        if status == 304:
            return NotModified()
        if status in {401, 403}:
            raise _Refused("sign_in_refused", f"The server refuses us ({status}).")
        if status != 200:
            raise _Refused("status", f"The server answers {status}.", fault=status >= 500)
        if _PACKED.get(response.headers.get("content-encoding", "").strip().lower()) is None:
            raise _Refused("encoding", "The answer is packed in a way that we did not ask for.")
        length = response.headers.get("content-length", "")
        if length.isdigit() and int(length) > self.limits.most_bytes:
            raise self._too_large()
        handle = tempfile.NamedTemporaryFile(prefix="argosy-feed-", delete=False)  # noqa: SIM115
        path, size, digest = Path(handle.name), 0, hashlib.sha256()
        try:
            with handle:
                # As it was sent: what is packed is unpacked, and bounded, where it is read.
                async for chunk in response.aiter_raw(1 << 16):
                    size += len(chunk)
                    if size > self.limits.most_bytes:
                        raise self._too_large()
                    digest.update(chunk)
                    handle.write(chunk)
            if not size:
                raise _Refused("empty", "The file is empty.")
        except httpx.HTTPError as error:
            _discard(path)
            raise _Refused("broken_off", "The answer broke off.", fault=True) from error
        except BaseException:
            _discard(path)
            raise
        return Fetched(
            path=path,
            byte_size=size,
            sha256=digest.hexdigest(),
            etag=_short(response.headers.get("etag")),
            modified=_short(response.headers.get("last-modified")),
        )

    def _too_large(self) -> _Refused:
        return _Refused("too_large", f"The file is larger than {self.limits.most_bytes} bytes.")


def _discard(path: Path) -> None:
    path.unlink(missing_ok=True)


def _headers(asked: Asked, url: str) -> dict[str, str]:
    headers = {"accept-encoding": "identity", "user-agent": "Argosy feeds", "accept": "*/*"}
    if asked.etag:
        headers["if-none-match"] = asked.etag
    if asked.modified:
        headers["if-modified-since"] = asked.modified
    if _origin(url) == _origin(asked.url):
        if asked.auth == "basic":
            pair = base64.b64encode(f"{asked.auth_user}:{asked.secret}".encode()).decode()
            headers["authorization"] = f"Basic {pair}"
        elif asked.auth == "bearer":
            headers["authorization"] = f"Bearer {asked.secret}"
    return headers


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def _next_url(url: str, response: httpx.Response) -> str:
    found = response.headers.get("location", "")
    if not found:
        raise _Refused("redirects", "It leads on to nowhere.")
    try:
        target: str = urljoin(url, found)
        # Not even to a host that may be asked so: a secret could be read on the way.
        if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
            raise _Refused("address_refused", "It leads on to an address that is not https.")
    except ValueError as error:
        raise _Refused("redirects", "It leads on to what is no address.") from error
    return target


def _not_connected(host: str, error: Exception) -> _Refused:
    if "CERTIFICATE" in str(error).upper():
        return _Refused("certificate", f"The certificate of {host} is not valid.", fault=True)
    return _Refused("not_connected", f"{host} cannot be reached.", fault=True)


def _short(header: str | None) -> str | None:
    return header if header and len(header) <= 500 and header.isascii() else None
