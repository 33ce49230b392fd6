"""Keep translations. Whether there is such a text is not checked here: who calls knows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from argosy.kernel.ids import new_id
from argosy.modules.translations import rules, store
from argosy.modules.translations.errors import (
    TranslationChanged,
    TranslationInvalid,
    TranslationNotFound,
)
from argosy.modules.translations.events import SourceLocaleChanged, TextsTranslated
from argosy.modules.translations.types import Given, Place, Translation
from argosy.runtime.db import Tx

MAX_AT_ONCE: Final = 1000


async def put_texts(tx: Tx, given: Sequence[Given]) -> set[tuple[Place, str]]:
    """Keep up to 1,000 translations, all or none; those that are new or different, as (place,
    locale). A repeat changes nothing. Raises TranslationInvalid.
    """
    if len(given) > MAX_AT_ONCE:
        raise TranslationInvalid(f"At most {MAX_AT_ONCE} at once.", field="translations")
    wanted = {(one.place, one.locale): rules.checked(one) for one in given}
    source = await store.source_locale(tx)
    if source is not None and any(locale == source for _, locale in wanted):
        raise TranslationInvalid(
            f"The catalogue itself is written in {source}: change the text there.", field="locale"
        )
    changed = await store.put_texts(tx, list(wanted.values())) if wanted else []
    _announce(tx, changed)
    return set(changed)


async def locked_text(
    tx: Tx, place: Place, locale: str, *, expected_version: int | None
) -> Translation | None:
    """The translation as it is, for who changes it; None: there is none, of version 0.

    Raises TranslationChanged.
    """
    found = await store.lock_text(tx, place, locale)
    version = 0 if found is None else found.version
    if expected_version is not None and expected_version != version:
        raise TranslationChanged("It was changed since you read it.", current_version=version)
    return found


async def remove_text(
    tx: Tx, place: Place, locale: str, *, expected_version: int | None = None
) -> Translation:
    """Remove a translation, which is returned. Raises TranslationNotFound, TranslationChanged."""
    found = await locked_text(tx, place, locale, expected_version=expected_version)
    if found is None:
        raise TranslationNotFound("There is no such translation.")
    _announce(tx, await store.remove_texts(tx, [(place, locale)]))
    return found


async def remove_texts(tx: Tx, wanted: Sequence[tuple[Place, str]]) -> int:
    """Remove translations; how many there were."""
    removed = await store.remove_texts(tx, wanted) if wanted else []
    _announce(tx, removed)
    return len(removed)


async def forget_things(tx: Tx, entities: Collection[tuple[str, str]]) -> None:
    """Deleted things, as (kind, entity), have no translations. A repeat does nothing."""
    if entities:
        await store.forget(tx, entities)


async def set_source_locale(tx: Tx, locale: str | None) -> str | None:
    """Tell in which language the catalogue is written, or that nobody knows; what was told before.

    Raises TranslationInvalid.
    """
    wanted = None if locale is None else rules.checked_locale(locale)
    before = await store.source_locale(tx)
    if wanted != before:
        await store.set_source_locale(tx, wanted)
        tx.emit(SourceLocaleChanged(change_id=new_id(), locale=wanted or ""))
    return before


def _announce(tx: Tx, changed: Iterable[tuple[Place, str]]) -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for place, locale in changed:
        found.setdefault((place.kind, locale), set()).add(place.entity)
    for (kind, locale), entities in sorted(found.items()):
        tx.emit(
            TextsTranslated(
                change_id=new_id(), kind=kind, locale=locale, entities=tuple(sorted(entities))
            )
        )
