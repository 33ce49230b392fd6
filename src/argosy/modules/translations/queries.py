"""Read translations."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from argosy.modules.translations import rules, store
from argosy.modules.translations.types import Spoken, Translation
from argosy.runtime.db import Tx


async def spoken(tx: Tx, entities: Collection[tuple[str, str]]) -> tuple[str | None, Spoken]:
    """The language of the catalogue itself (None while nobody told), and what people approved of
    these things, as (kind, entity). One statement.
    """
    source, found = await store.approved(tx, entities)
    return source, rules.collected(found)


async def translations_of(tx: Tx, entities: Collection[tuple[str, str]]) -> list[Translation]:
    """All translations of these things, drafts too, by place and locale; one statement."""
    return await store.texts_of(tx, entities) if entities else []


async def source_locale(tx: Tx) -> str | None:
    """The language that the catalogue itself is written in; None while nobody told."""
    return await store.source_locale(tx)


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Which of these storage keys does a translated text hold."""
    keys = [ref for ref in refs if "." in ref]  # ids of entries have none
    if not keys:
        return set()
    return await store.named_media(tx, keys)
