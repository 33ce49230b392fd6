"""GS1 Digital Links of trade items: `/01/{gtin}`, then `/10/{lot}` and `/21/{serial}` (pure).

Sources: GS1 Digital Link standard, URI syntax (release 1.2): primary key 01, key qualifiers in the
order 22, 10, 21, everything but the unreserved characters of RFC 3986 percent-encoded; a GTIN is
written with 14 digits. GS1 General Specifications: lot (AI 10) and serial number (AI 21) are 1 to
20 characters of the invariant subset (the table of 82 characters); check digit of a GTIN.
Consumer product variants (22) are not supported.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from stdnum import ean

from argosy.modules.passports.errors import DigitalLinkInvalid
from argosy.modules.passports.types import Key

_GTIN: Final = re.compile(r"[0-9]{8}|[0-9]{12,14}", re.ASCII)
_PART: Final = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}", re.ASCII)
_ESCAPES: Final = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*", re.ASCII | re.DOTALL)
_QUALIFIERS: Final = {"10": "lot", "21": "serial"}


def gtin_14(gtin: str) -> str:
    """A GTIN of 8, 12, 13 or 14 digits with all 14. Raises DigitalLinkInvalid."""
    if not _GTIN.fullmatch(gtin) or not ean.is_valid(gtin.rjust(14, "0")):
        raise DigitalLinkInvalid("This is no GTIN with a right check digit.", field="gtin")
    return gtin.rjust(14, "0")


def key_of(gtin: str, lot: str = "", serial: str = "") -> Key:
    """What these identify. Raises DigitalLinkInvalid."""
    for field, text in (("lot", lot), ("serial", serial)):
        if text and not _PART.fullmatch(text):
            message = "1 to 20 letters of A to Z, digits and !\"%&'()*+,-./:;<=>?_ are allowed."
            raise DigitalLinkInvalid(message, field=field)
    return Key(gtin_14(gtin), lot, serial)


def link_path(key: Key) -> str:
    """The path of a Digital Link, in the one form that we give out."""
    parts = [("01", key.gtin), ("10", key.lot), ("21", key.serial)]
    return "".join(f"/{name}/{quote(value, safe='')}" for name, value in parts if value)


def read_path(path: str) -> Key:
    """What a Digital Link's path, still percent-encoded, identifies. Raises DigitalLinkInvalid."""
    pieces = path.removeprefix("/").split("/")
    if len(pieces) % 2 or pieces[0] != "01":
        raise DigitalLinkInvalid("This is no GS1 Digital Link.", field="gtin")
    found: dict[str, str] = {}
    names = list(_QUALIFIERS)
    for name, text in zip(pieces[2::2], pieces[3::2], strict=True):
        # Qualifiers stand in one order, each once at most.
        if name not in names or not text:
            raise DigitalLinkInvalid("A lot (10) or serial number (21) is expected.", field="lot")
        names = names[names.index(name) + 1 :]
        found[_QUALIFIERS[name]] = _decoded(text, _QUALIFIERS[name])
    return key_of(_decoded(pieces[1], "gtin"), **found)


def _decoded(text: str, field: str) -> str:
    if not _ESCAPES.fullmatch(text):
        raise DigitalLinkInvalid("A percent sign begins an escape of two digits.", field=field)
    return unquote_to_bytes(text).decode("utf-8", "replace")
