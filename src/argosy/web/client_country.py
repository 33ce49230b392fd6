"""The country of the shopper's IP address, as a proxy in front tells it."""

import re
from typing import Any

from litestar import Request

from argosy.web.auth import shop
from argosy.web.limits import is_trusted

_COUNTRY = re.compile(r"[A-Z]{2}")
_UNKNOWN = frozenset({"XX", "ZZ", "T1"})
"""What proxies say when they do not know, or of networks that hide it."""


def client_country(request: Request[Any, Any, Any]) -> str:
    """ISO 3166-1 alpha-2, or nothing: no such header is set up, or it does not come from a proxy
    that is trusted, or it says nothing.
    """
    settings = shop(request).settings
    client = request.client
    if not settings.client_country_header or client is None:
        return ""
    if not is_trusted(client.host, tuple(settings.trusted_proxies)):
        return ""
    told = request.headers.get(settings.client_country_header, "").strip().upper()
    return told if _COUNTRY.fullmatch(told) and told not in _UNKNOWN else ""
