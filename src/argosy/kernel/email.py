"""E-mail addresses: shown as typed, compared normalised (DOMAIN.md rule 38)."""

from __future__ import annotations

import re
from functools import lru_cache

import idna
import msgspec

from argosy.kernel.errors import Invalid
from argosy.kernel.text import folded, is_storable

LONGEST = 254  # RFC 5321 4.5.3.1.3, the path less its brackets
_LOCAL_REFUSED = re.compile(r"""[\s()<>\[\]:;@\\,"]""")


class EmailInvalid(Invalid):
    """The text is not an e-mail address that mail could be sent to.

    An address is written `name@example.com`: one `@`, a domain with a dot, no spaces, at most 254
    characters. Domains in any script are welcome.
    """

    code = "email.invalid"
    usual_cure = "Write it like name@example.com: one @, a domain with a dot, no spaces."


class Email(msgspec.Struct, frozen=True):
    """`shown` is what the person typed (outer spaces removed); `normalised` is what is compared."""

    shown: str
    normalised: str


def checked_email(text: str, *, field: str = "email") -> Email:
    """Both forms of an address. Raises EmailInvalid naming `field`.

    Normalised: NFKC and case folded, the domain in its ASCII form (IDNA 2008 with the UTS 46
    mapping). Mail always goes to the shown form on file, never to what a visitor types, because
    different letters can fold to the same address.
    """
    shown = text.strip()
    if len(shown) <= LONGEST and is_storable(shown):
        local, _, domain = folded(shown).rpartition("@")
        host = _ascii_domain(domain)
        if host is not None and _is_local(local):
            return Email(shown, f"{local}@{host}")
    raise EmailInvalid(
        "This is not an e-mail address.", field=field, cure="Write it as name@example.com."
    )


def _is_local(local: str) -> bool:
    return (
        1 <= len(local.encode()) <= 64
        and _LOCAL_REFUSED.search(local) is None
        and not local.startswith(".")
        and not local.endswith(".")
        and ".." not in local
    )


@lru_cache(maxsize=1024)
def _ascii_domain(domain: str) -> str | None:
    try:
        host = idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return None
    top = host.rpartition(".")[2]
    return host if "." in host and not top.isdigit() and len(host) <= 253 else None
