"""Translations out of files and into files: what a file would do, and doing it.

a file's rows, what is there --decide--> given translations, and what is not taken and why
  -- plan: nothing more;  apply: kept, a batch a transaction --> the same report

A row of an older text than the catalogue has now is kept as what it is, stale, but never in the
place of a translation of the present text. The file that was exported changes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from itertools import islice
from typing import Final, Literal, cast

import msgspec

from argosy.kernel.errors import ArgosyError
from argosy.modules import staff, translations
from argosy.modules.staff import Actor
from argosy.modules.translations import Given, Kind, Place, Translation
from argosy.modules.translations.ports import (
    TranslationFault,
    TranslationRow,
    TranslationSource,
)
from argosy.reads.translatable import SourceText, source_texts
from argosy.runtime.db import Database, Tx
from argosy.workflows.translating import KINDS, Status, Work, all_work, entity_key

BATCH: Final = 500
MAX_FAULTS: Final = 10_000

State = Literal["file", "draft", "approved"]
"""Who says whether translations of a file are approved: the file (a draft where it does not tell),
or whoever imports it, for all of them.
"""


class FileReport(msgspec.Struct, kw_only=True):
    """What a file does, or would do. Each row is in one of the counts; `stale` are among the new
    and changed ones.
    """

    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    empty: int = 0
    failed: int = 0
    stale: int = 0
    applied: bool = False
    faults: list[TranslationFault] = []


class Taking(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is taken. `broken`: also what lost or gained markup or placeholders."""

    state: State = "file"
    broken: bool = False


async def take_file(
    db: Database,
    source: TranslationSource,
    taking: Taking,
    *,
    apply: bool,
    actor: Actor = staff.SYSTEM,
) -> FileReport:
    """Plan or apply a file of translations; a batch a transaction, and a repeat changes nothing.

    Raises FileUnreadable; the batches before that are kept.
    """
    report = FileReport(applied=apply)
    stream = source.rows()
    while batch := list(islice(stream, BATCH)):
        for fault in batch:
            if isinstance(fault, TranslationFault):
                report.rows += 1
                _note(report, fault)
        rows = [row for row in batch if isinstance(row, TranslationRow)]
        report.rows += len(rows)
        if not apply:
            async with db.reading() as tx:
                await _decided(tx, rows, taking, report)
            continue
        async with db.transaction() as tx:
            given = await _decided(tx, rows, taking, report)
            changed = await translations.put_texts(tx, given)
            if changed:
                await staff.audit(
                    tx,
                    actor,
                    "translations.imported",
                    "translations",
                    None,
                    {"changed": len(changed)},
                )
    return report


async def export_file(
    db: Database,
    locale: str,
    *,
    kinds: Sequence[Kind] = KINDS,
    statuses: Collection[Status] = ("missing", "stale", "draft", "current"),
) -> AsyncIterator[TranslationRow]:
    """Texts with their translations, as rows of a file. Raises TranslationInvalid."""
    number = 0
    async for works in all_work(db, locale, kinds):
        for work in works:
            if work.status in statuses:
                number += 1
                yield _exported(number, work, locale)


def _exported(number: int, work: Work, locale: str) -> TranslationRow:
    return TranslationRow(
        row=number,
        kind=work.kind,
        entity=work.entity,
        field=work.field,
        locale=locale,
        value=work.value or "",
        source=work.source,
        state="stale" if work.status == "stale" else (work.state or ""),
        name=work.name,
    )


# --- deciding ------------------------------------------------------------------------------------


class _There(msgspec.Struct, frozen=True):
    texts: Mapping[Place, SourceText]
    said: Mapping[tuple[Place, str], Translation]


class _Refused(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


async def _decided(
    tx: Tx, rows: Sequence[TranslationRow], taking: Taking, report: FileReport
) -> list[Given]:
    placed: list[tuple[TranslationRow, Place]] = []
    for row in rows:
        try:
            placed.append((row, _place(row)))
        except _Refused as refused:
            _note(report, TranslationFault(row=row.row, column=refused.column, reason=str(refused)))
    there = await _there(tx, {place for _, place in placed})
    source_locale = await translations.source_locale(tx)
    given: dict[tuple[Place, str], Given] = {}
    for row, place in placed:
        try:
            one = _given(row, place, there, taking, source_locale)
            if (place, row.locale) in given:
                raise _Refused("field", "The file says this text twice.")
        except _Refused as refused:
            _note(report, TranslationFault(row=row.row, column=refused.column, reason=str(refused)))
            continue
        _count(report, one, there.said.get((place, row.locale)), there.texts[place], row)
        if one is not None:
            given[place, row.locale] = one
    return list(given.values())


def _place(row: TranslationRow) -> Place:
    if row.kind not in KINDS:
        raise _Refused("kind", f"{row.kind[:40]!r} is no kind of thing.")
    try:
        entity = entity_key(row.kind, row.entity)
        translations.checked_locale(row.locale)
    except ArgosyError as error:
        raise _Refused(error.field or "entity", str(error)) from error
    if "\x00" in entity or "\x00" in row.field:
        raise _Refused("entity", "There is no such thing.")
    return Place(kind=row.kind, entity=entity, field=row.field)


async def _there(tx: Tx, places: Collection[Place]) -> _There:
    entities: dict[str, set[str]] = {}
    for place in places:
        entities.setdefault(place.kind, set()).add(place.entity)
    texts: dict[Place, SourceText] = {}
    for kind, wanted in sorted(entities.items()):
        found = await source_texts(tx, kind, entities=sorted(wanted), limit=len(wanted))
        for text in found:
            place = Place(kind=cast("Kind", kind), entity=text.entity, field=text.field)
            texts[place] = text
    things = {(place.kind, place.entity) for place in texts}
    said = await translations.translations_of(tx, things)
    return _There(texts, {(one.place, one.locale): one for one in said})


def _given(
    row: TranslationRow,
    place: Place,
    there: _There,
    taking: Taking,
    source_locale: str | None,
) -> Given | None:
    """What is to be kept; None: nothing new. Raises _Refused."""
    text = there.texts.get(place)
    if text is None:
        raise _Refused("entity", "There is no such text.")
    if row.locale == source_locale:
        raise _Refused("locale", f"The catalogue itself is written in {source_locale}.")
    kept = there.said.get((place, row.locale))
    if not row.value.strip():
        return None
    if row.state == "stale" and kept is not None and kept.value == row.value:
        # Nobody has looked at it since it was exported: it is of the older text still.
        return None
    source = text.text if row.source is None else row.source
    lost = translations.difference(source, row.value)
    if lost is not None and not taking.broken:
        raise _Refused("value", f"Markup differs: missing {lost.missing}, added {lost.added}.")
    given = _checked(row, place, text, source, taking)
    if given.source_hash != translations.source_hash(text.text) and (
        kept is not None and not translations.is_stale(kept, text.text)
    ):
        raise _Refused("source", "The text has changed since, and its translation is newer.")
    same = kept is not None and (kept.value, kept.source_hash, kept.state) == (
        given.value,
        given.source_hash,
        given.state,
    )
    return None if same else given


def _checked(
    row: TranslationRow, place: Place, text: SourceText, source: str, taking: Taking
) -> Given:
    state = taking.state
    if state == "file":
        state = "approved" if row.state == "approved" else "draft"
    try:
        return translations.checked(
            Given(
                place=place,
                locale=row.locale,
                value=row.value,
                source_hash=translations.source_hash(source),
                state=state,
                html=text.html,
            )
        )
    except ArgosyError as error:
        raise _Refused(error.field or "value", str(error)) from error


def _count(
    report: FileReport,
    given: Given | None,
    kept: Translation | None,
    text: SourceText,
    row: TranslationRow,
) -> None:
    if given is None:
        if row.value.strip():
            report.unchanged += 1
        else:
            report.empty += 1
        return
    if kept is None:
        report.created += 1
    else:
        report.changed += 1
    report.stale += given.source_hash != translations.source_hash(text.text)


def _note(report: FileReport, fault: TranslationFault) -> None:
    report.failed += 1
    if len(report.faults) < MAX_FAULTS:
        report.faults.append(fault)
