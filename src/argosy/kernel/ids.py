"""Identifiers: UUIDv7 inside (sortable by time), TypeID outside (self-describing, not mixed up).

Source: TypeID specification 0.3 (prefix, underscore, 26 characters of Crockford base32).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from uuid import UUID

import uuid_utils
from typeid import TypeID
from typeid.errors import TypeIDException

from argosy.kernel.errors import Invalid

PREFIXES: dict[str, str] = {
    "address": "adr",
    "attachment": "att",
    "attribute": "atb",
    "audit": "aud",
    "brand": "brd",
    "cart": "cart",
    "cart_line": "cln",
    "category": "ctg",
    "change_set": "chg",
    "channel": "chn",
    "collection": "col",
    "contract": "ctr",
    "coupon_batch": "cpb",
    "customer": "cus",
    "download_file": "dfl",
    "event": "evt",
    "factor": "fac",
    "feed": "feed",
    "feed_run": "frn",
    "field": "fld",
    "fee": "fee",
    "hold": "hld",
    "import": "imp",
    "import_plan": "ipl",
    "invoice": "inv",
    "key": "key",
    "ledger_transaction": "ltx",
    "legal_entity": "len",
    "location": "loc",
    "mail": "mail",
    "mapping": "map",
    "merchandising_rule": "mrl",
    "media": "med",
    "media_upload": "mup",
    "order": "ord",
    "order_line": "oln",
    "party": "pty",
    "passkey": "psk",
    "passport": "ppt",
    "passport_access": "pac",
    "payment": "pay",
    "payment_operation": "pop",
    "price": "prc",
    "price_assignment": "pas",
    "price_list": "pls",
    "product": "prd",
    "product_type": "ptp",
    "promotion": "prm",
    "question": "qst",
    "redirect": "rdr",
    "review": "rev",
    "saved_method": "spm",
    "session": "ses",
    "shipping_method": "shm",
    "shipping_zone": "shz",
    "simulation": "sim",
    "staff": "stf",
    "translation": "trn",
    "tax_certificate": "txc",
    "tax_check": "txk",
    "tax_rate": "txr",
    "tax_zone": "txz",
    "transfer": "trf",
    "variant": "var",
    "view": "viw",
    "webhook": "whk",
}


class MalformedId(Invalid):
    """An identifier is not well formed or is of another kind of object.

    Identifiers look like `ord_01h455vb4pex5vsknk084sn02q`: a prefix that names the kind, an
    underscore and 26 lower-case characters. Send the identifier exactly as the API gave it.
    """

    code = "id.malformed"
    usual_cure = "Send the id exactly as the API gave it."


def new_id() -> UUID:
    """A new UUIDv7: unique, ordered by creation time to the millisecond."""
    return _made(uuid_utils.uuid7().bytes)


def _plain(value: bytes) -> UUID:
    return UUID(bytes=value)


_made: Callable[[bytes], UUID] = _plain


def make_with(make: Callable[[bytes], UUID]) -> None:
    """Let `make` make UUIDs of 16 bytes from here on: the driver has a subclass of its own, equal
    in everything, that is made, hashed and sent at a fraction of the cost.
    """
    global _made  # noqa: PLW0603 - one for the process
    _made = make


def encode(kind: str, value: UUID) -> str:
    """The public form of `value`, for example `encode("order", u)` gives `ord_01h4...`."""
    return f"{PREFIXES[kind]}_{_suffix(value.int)}"


_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)


@lru_cache(maxsize=16_384)
def _suffix(n: int) -> str:
    # The library builds a validated object per call (about 20 times slower); answers hold many ids,
    # so the 130-bit base32 is unrolled here and checked against the library in the tests. The calls
    # of a purchase show the same ids again and again.
    return "".join([_PAIRS[(n >> shift) & 1023] for shift in range(120, -1, -10)])


def decode(kind: str, text: str, *, field: str | None = None) -> UUID:
    """The UUID inside a public id of that kind. Raises MalformedId naming `field`."""
    prefix = PREFIXES[kind]
    try:
        found, value = _parsed(text)
    except TypeIDException:
        found, value = None, None
    if value is None or found != prefix:
        article = "an" if kind[0] in "aeio" else "a"
        raise MalformedId(
            f"{text[:80]!r} is not the id of {article} {kind.replace('_', ' ')}.",
            field=field,
            cure=f"Send an id that starts with {prefix!r} followed by an underscore.",
        )
    return value


@lru_cache(maxsize=8192)
def _parsed(text: str) -> tuple[str, UUID]:
    # Parsing costs several times what the look-up does, and the calls of a purchase repeat its ids.
    parsed = TypeID.from_string(text)
    return parsed.prefix, _made(parsed.uuid.bytes)
