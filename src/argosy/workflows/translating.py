"""Translating the catalogue: what there is to say, what was said, and what is stale or missing.

the catalogue's texts (reads), translations (island) --list_work, sheet_of--> Work...
a sheet's changes --change_sheet--> translations, each with the hash of the text it is of

A translation of a text that has changed since is stale: it is shown still, and listed for work.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from hashlib import sha256
from typing import Final, Literal, get_args
from uuid import UUID

import msgspec

from argosy.kernel.ids import decode, encode
from argosy.modules import staff, translations
from argosy.modules.staff import Actor
from argosy.modules.translations import (
    Difference,
    Given,
    Kind,
    Place,
    State,
    Translation,
    TranslationChanged,
    TranslationNotFound,
)
from argosy.reads.translatable import SourceText, source_texts
from argosy.runtime.db import Database, Tx

Status = Literal["missing", "stale", "draft", "current"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
BATCH: Final = 200
_MOST_BATCHES = 25
_NAMED: Final = frozenset({"attribute", "option"})


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A text with its translation into one language. `entity` is a public id, the code of an
    attribute or the name of an option; `name` tells people what it is.

    `stale` comes before `draft`: a draft of an old text is stale.
    """

    kind: Kind
    entity: str
    name: str
    field: str
    source: str
    html: bool
    status: Status
    value: str | None = None
    state: State | None = None
    broken: Difference | None = None


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """All texts of one thing in one language. `version` is another after every change."""

    kind: Kind
    entity: str
    name: str
    locale: str
    version: int
    texts: list[Work]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What to say; None: nothing any more."""

    value: str | None
    state: State = "approved"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of work, and the place (kind, entity) to go on from; None: that was all."""

    items: list[Work]
    following: tuple[str, str] | None


class Completeness(msgspec.Struct, kw_only=True):
    """How far the texts of a kind are translated into a language."""

    kind: Kind
    texts: int = 0
    current: int = 0
    draft: int = 0
    stale: int = 0
    missing: int = 0


def entity_key(kind: str, entity: str) -> str:
    """The entity as it is kept: the UUID of a public id. Raises MalformedId."""
    return entity if kind in _NAMED else str(decode(kind, entity, field="entity"))


def public_entity(kind: str, key: str) -> str:
    """The entity as people are told it."""
    return key if kind in _NAMED else encode(kind, UUID(key))


# --- reading -------------------------------------------------------------------------------------


def status_of(source: str, found: Translation | None) -> Status:
    """How a text stands in a language."""
    if found is None:
        return "missing"
    if translations.is_stale(found, source):
        return "stale"
    return "draft" if found.state == "draft" else "current"


async def works_of(tx: Tx, kind: Kind, locale: str, texts: Sequence[SourceText]) -> list[Work]:
    """These texts with their translations into a language; one statement."""
    found = await _by_field(tx, kind, {text.entity for text in texts}, locale)
    return [_work(kind, text, found.get((text.entity, text.field))) for text in texts]


async def _by_field(
    tx: Tx, kind: Kind, entities: Collection[str], locale: str
) -> dict[tuple[str, str], Translation]:
    found = await translations.translations_of(tx, {(kind, entity) for entity in entities})
    return {(t.place.entity, t.place.field): t for t in found if t.locale == locale}


def _work(kind: Kind, text: SourceText, found: Translation | None) -> Work:
    return Work(
        kind=kind,
        entity=public_entity(kind, text.entity),
        name=text.name,
        field=text.field,
        source=text.text,
        html=text.html,
        status=status_of(text.text, found),
        value=None if found is None else found.value,
        state=None if found is None else found.state,
        broken=None if found is None else translations.difference(text.text, found.value),
    )


async def list_work(
    tx: Tx,
    locale: str,
    *,
    kinds: Sequence[Kind] = KINDS,
    statuses: Collection[Status] = ("missing", "stale", "draft"),
    after: tuple[str, str] | None = None,
    limit: int,
) -> Page:
    """Texts to be worked on, all of a thing together, by kind and thing; at least `limit` if there
    are so many, unless it takes too long to find them: then fewer, and where to go on from.

    Raises TranslationInvalid for what is no language.
    """
    translations.checked_locale(locale)
    items: list[Work] = []
    start = None if after is None else after[1]
    rest = [kind for kind in kinds if after is None or KINDS.index(kind) >= _place(after[0])]
    batches = 0
    for kind in rest:
        if after is not None and kind != after[0]:
            start = None
        while True:
            texts = await source_texts(tx, kind, after=start, limit=BATCH)
            batches += 1
            works = await works_of(tx, kind, locale, texts) if texts else []
            for text, work in zip(texts, works, strict=True):
                if len(items) >= limit and start is not None and text.entity != start:
                    return Page(items=items, following=(kind, start))
                start = text.entity
                items += [work] if work.status in statuses else []
            if not texts:
                break
            if batches >= _MOST_BATCHES:
                return Page(items=items, following=(kind, texts[-1].entity))
    return Page(items=items, following=None)


def _place(kind: str) -> int:
    return KINDS.index(kind) if kind in KINDS else 0


async def all_work(
    db: Database, locale: str, kinds: Sequence[Kind] = KINDS
) -> AsyncIterator[list[Work]]:
    """Every text with its translation into a language, batch by batch."""
    translations.checked_locale(locale)
    for kind in kinds:
        start: str | None = None
        while True:
            async with db.reading() as tx:
                texts = await source_texts(tx, kind, after=start, limit=BATCH)
                if not texts:
                    break
                yield await works_of(tx, kind, locale, texts)
            start = texts[-1].entity


async def report(db: Database, locale: str) -> list[Completeness]:
    """How far each kind of texts is translated into a language. Reads all of them, in batches."""
    found = {kind: Completeness(kind=kind) for kind in KINDS}
    async for works in all_work(db, locale):
        for work in works:
            counts = found[work.kind]
            counts.texts += 1
            setattr(counts, work.status, getattr(counts, work.status) + 1)
    return list(found.values())


async def sheet_of(tx: Tx, kind: Kind, entity: str, locale: str) -> Sheet:
    """All texts of a thing (by its kept key) in one language. Raises TranslationNotFound."""
    translations.checked_locale(locale)
    texts = await source_texts(tx, kind, entities=[entity], limit=1)
    if not texts:
        raise TranslationNotFound(f"No {kind} of this name has a text to translate.")
    found = await _by_field(tx, kind, {entity}, locale)
    return Sheet(
        kind=kind,
        entity=public_entity(kind, entity),
        name=texts[0].name,
        locale=locale,
        version=_version(found),
        texts=[_work(kind, text, found.get((text.entity, text.field))) for text in texts],
    )


def _version(found: Mapping[tuple[str, str], Translation]) -> int:
    """A number that stands for all that was said of a thing in a language."""
    told = [(t.place.field, t.version, t.updated_at.isoformat()) for t in found.values()]
    digest = sha256(msgspec.json.encode(sorted(told))).digest()
    return int.from_bytes(digest[:6])


# --- writing -------------------------------------------------------------------------------------


async def change_sheet(
    tx: Tx,
    kind: Kind,
    entity: str,
    locale: str,
    changes: Mapping[str, Change],
    *,
    actor: Actor = staff.SYSTEM,
    expected_version: int | None = None,
) -> Sheet:
    """Say what texts of a thing are in a language; each is of the text as it is now.

    Raises TranslationNotFound also for a field that has no text, TranslationChanged,
    TranslationInvalid.
    """
    before = await sheet_of(tx, kind, entity, locale)
    if expected_version is not None and expected_version != before.version:
        raise TranslationChanged("It was changed since you read it.")
    texts = {work.field: work for work in before.texts}
    given: list[Given] = []
    removed: list[tuple[Place, str]] = []
    for field, change in changes.items():
        work = texts.get(field)
        if work is None:
            raise TranslationNotFound(f"The {kind} has no text {field[:80]!r}.", field=field[:80])
        place = Place(kind=kind, entity=entity, field=field)
        if change.value is None:
            removed.append((place, locale))
            continue
        given.append(
            Given(
                place=place,
                locale=locale,
                value=change.value,
                source_hash=translations.source_hash(work.source),
                state=change.state,
                html=work.html,
            )
        )
    changed = await translations.put_texts(tx, given)
    gone = await translations.remove_texts(tx, removed)
    if not changed and not gone:
        return before
    after = await sheet_of(tx, kind, entity, locale)
    subject = f"{kind} {after.entity} {locale}"
    told = [
        {work.field: work.value for work in sheet.texts if work.field in changes}
        for sheet in (before, after)
    ]
    await staff.audit(tx, actor, "translation.changed", subject, *told)
    return after


async def set_source_locale(tx: Tx, locale: str | None, *, actor: Actor = staff.SYSTEM) -> None:
    """Tell in which language the catalogue is written; None: nobody knows. A repeat does nothing.

    Raises TranslationInvalid.
    """
    before = await translations.set_source_locale(tx, locale)
    if before != locale:
        shown = {"locale": before}, {"locale": locale}
        await staff.audit(tx, actor, "translation.source_told", "catalogue", *shown)
