"""Which media something names: every island that refers to any is asked.

An island refers to media by the id of an entry (`catalog.media`), or to the file itself by its
storage key, in a column or within texts and values. Each has one function that tells which of the
given ones it names; a new column of that kind needs one, and a place here (a test sees to it).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from argosy.modules import (
    brands,
    catalog,
    changesets,
    collections,
    compliance,
    fields,
    imports,
    orders,
    passports,
    translations,
)
from argosy.runtime.db import Tx

Namer = Callable[[Tx, Sequence[str]], Awaitable[set[str]]]

NAMERS: Final[Mapping[str, Namer]] = {
    # The cheapest first: who is named already is not asked about again.
    "catalog": catalog.named_media,
    "brands": brands.named_media,
    "collections": collections.named_media,
    "translations": translations.named_media,
    "fields": fields.named_media,
    "compliance": compliance.named_media,
    "passports": passports.named_media,
    "changesets": changesets.named_media,
    "imports": imports.named_media,
    "orders": orders.named_media,
}


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Those of these that something names: storage keys, and ids of entries as text.

    Many statements, each short: read it outside of a transaction.
    """
    found: set[str] = set()
    for namer in NAMERS.values():
        rest = [ref for ref in refs if ref not in found]
        if not rest:
            break
        found |= await namer(tx, rest)
    return found
