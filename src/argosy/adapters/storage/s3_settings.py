"""Which bucket, how to reach it, and what its server's refusals mean."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import msgspec
from obstore.store import S3Store

from argosy.runtime.settings import Settings

_CODE: Final = re.compile(r"<Code>(\w{1,80})</Code>")
_STATUS: Final = re.compile(r"status code: (\d{3})")
_BY_STATUS: Final = {"301": "PermanentRedirect", "401": "AccessDenied", "403": "AccessDenied"}
TRIES: Final = 3


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket and how to reach it. Without keys the environment or the machine's role has them."""

    name: str
    region: str
    endpoint: str | None
    path_style: bool
    access_key_id: str
    secret_access_key: str
    prefix: str
    timeout_s: float

    def open(self) -> S3Store:
        """A client; it asks nobody yet."""
        config: dict[str, Any] = {
            "bucket": self.name,
            "region": self.region,
            "virtual_hosted_style_request": not self.path_style,
            "checksum_algorithm": "SHA256",
            "disable_tagging": True,
        }
        if self.endpoint:
            config["endpoint"] = self._endpoint(self.endpoint)
        if self.access_key_id:
            config["access_key_id"] = self.access_key_id
            config["secret_access_key"] = self.secret_access_key
        timeout = timedelta(seconds=self.timeout_s)
        return S3Store(
            prefix=self.prefix.strip("/") or None,
            config=config,  # type: ignore[arg-type]
            client_options={
                "timeout": timeout,
                "connect_timeout": timedelta(seconds=min(3.0, self.timeout_s)),
                "allow_http": bool(self.endpoint and self.endpoint.startswith("http://")),
                "user_agent": "argosy",
            },
            retry_config={"max_retries": TRIES, "retry_timeout": timeout},
        )

    def _endpoint(self, address: str) -> str:
        """With the bucket before the host's name where that is how it is spoken to."""
        parts = urlsplit(address.rstrip("/"))
        host = parts.netloc if self.path_style else f"{self.name}.{parts.netloc}"
        return urlunsplit(parts._replace(netloc=host))

    @property
    def origin(self) -> str:
        """Scheme and host that files are sent to: what a page's policy has to allow."""
        if self.endpoint:
            parts = urlsplit(self._endpoint(self.endpoint))
            return f"{parts.scheme}://{parts.netloc}"
        host = f"s3.{self.region}.amazonaws.com"
        return f"https://{host}" if self.path_style else f"https://{self.name}.{host}"


def bucket_of(settings: Settings) -> Bucket:
    """The bucket that the settings name."""
    return Bucket(
        name=settings.s3_bucket,
        region=settings.s3_region,
        endpoint=settings.s3_endpoint_url,
        path_style=settings.s3_path_style,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=settings.s3_secret_access_key.get_secret_value(),
        prefix=settings.s3_prefix,
        timeout_s=settings.s3_timeout_s,
    )


def fault_code(error: BaseException) -> str:
    """The code of the server's refusal (`NoSuchBucket`, `AccessDenied`), or what its status says;
    empty when it did not answer.
    """
    text = str(error)
    found = _CODE.search(text)
    if found:
        return found.group(1)
    status = _STATUS.search(text)
    return _BY_STATUS.get(status.group(1), f"Status{status.group(1)}") if status else ""
