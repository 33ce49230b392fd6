"""Reviews from a file and to a file: docs/reference/reviews-jsonl.md says what a line means.

What can be taken is taken, and every other line is reported with its number, field and reason
(DOMAIN.md E4). A review is known by its external id (or, of our own, by its id), so that the same
file again changes nothing; keys that are left out keep what is stored (E3).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from itertools import islice
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from argosy.kernel.ids import MalformedId, decode, encode
from argosy.modules import reviews
from argosy.modules.catalog.ports import ProductSource, SourceRecord
from argosy.modules.reviews import GivenReview, Review, ReviewInvalid, ReviewState
from argosy.reads import product_reviews as reads
from argosy.runtime.db import Database, IntegrityError, Tx

FORMAT_NAME = "argosy.reviews"
FORMAT_VERSION = 1
BATCH = 500
MAX_ISSUES = 10_000

Instant = Annotated[datetime, Meta(tz=True)]


class ReviewRecord(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind",
    tag="review",
):  # fmt: skip
    """One review. `product` is the product's external id, or its slug."""

    external_id: Annotated[str, Meta(min_length=1, max_length=200)]
    product: Annotated[str, Meta(min_length=1, max_length=200)]
    rating: Annotated[int, Meta(ge=1, le=5)]
    author: str
    body: str
    title: str | UnsetType = UNSET
    locale: str | UnsetType = UNSET
    state: ReviewState | UnsetType = UNSET
    verified: bool | UnsetType = UNSET
    written_at: Instant | UnsetType = UNSET


class FormatRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="format"):
    """The first line: what this file is."""

    name: str
    version: int


class ReviewIssue(msgspec.Struct, frozen=True, kw_only=True):
    """A line that was not taken."""

    row: int
    column: str
    key: str
    code: str
    message: str


class ReviewImport(msgspec.Struct, kw_only=True):
    """What became of a file. Every review is counted once."""

    file: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    issues: list[ReviewIssue] = msgspec.field(default_factory=list)

    def fail(self, row: int, column: str, key: str, code: str, message: str) -> None:
        """The line is not taken; beyond MAX_ISSUES it is only counted."""
        self.failed += 1
        if len(self.issues) < MAX_ISSUES:
            issue = ReviewIssue(row=row, column=column, key=key, code=code, message=message)
            self.issues.append(issue)

    @property
    def taken(self) -> int:
        """How many reviews are as the file says."""
        return self.created + self.updated + self.unchanged


class _Line(msgspec.Struct, frozen=True):
    row: int
    record: ReviewRecord
    given: GivenReview


async def import_reviews(
    db: Database,
    source: ProductSource,
    *,
    on_progress: Callable[[ReviewImport], None] = lambda _: None,
) -> ReviewImport:
    """Take the reviews of a file; opens its own transactions, an interrupted run is repeated.

    Raises FileUnreadable, and an Unavailable when the database stays away.
    """
    report = ReviewImport(file=source.file_name)
    seen: dict[str, int] = {}
    records = source.records()
    while batch := list(islice(records, BATCH)):
        read = [(at.row, r) for at in batch if (r := _read(at, report, seen))]
        async with db.reading() as tx:
            named = await reads.products_named(tx, sorted({r.product for _, r in read}))
        lines = [line for row, r in read if (line := _line(row, r, named, report))]
        await _take(db, lines, report)
        on_progress(report)
    return report


def _read(at: SourceRecord, report: ReviewImport, seen: dict[str, int]) -> ReviewRecord | None:
    key = str(at.data.get("external_id") or "")[:200]
    if at.faults:
        report.fail(at.row, "", key, at.faults[0].code, at.faults[0].message)
        return None
    try:
        record: FormatRecord | ReviewRecord = msgspec.convert(at.data, FormatRecord | ReviewRecord)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        report.fail(at.row, path.rstrip("`").removeprefix("."), key, "type", f"{message}.")
        return None
    if isinstance(record, FormatRecord):
        if record.name != FORMAT_NAME or record.version > FORMAT_VERSION:
            message = f"This is no file of {FORMAT_NAME} up to version {FORMAT_VERSION}."
            report.fail(at.row, "name", key, "format_unknown", message)
        return None
    if key in seen:
        message = f"Row {seen[key]} has this external id; this one was left out."
        report.fail(at.row, "external_id", key, "repeated", message)
        return None
    seen[key] = at.row
    return record


def _line(
    row: int, record: ReviewRecord, named: dict[str, UUID], report: ReviewImport
) -> _Line | None:
    product_id, key = named.get(record.product), record.external_id
    if product_id is None:
        message = f"There is no product with the external id or slug {record.product!r}."
        report.fail(row, "product", key, "reference_unknown", message)
        return None
    given = GivenReview(
        product_id=product_id,
        external_id=key,
        id=_own_id(key),
        author=record.author,
        body=record.body,
        rating=record.rating,
        title=record.title,
        locale=record.locale,
        state=record.state,
        verified=record.verified,
        written_at=record.written_at,
    )
    try:
        reviews.check_given(given)
    except ReviewInvalid as error:
        report.fail(row, error.field or "", key, error.code, error.message)
        return None
    return _Line(row, record, given)


def _own_id(key: str) -> UUID | None:
    """The id of one of our own reviews, which an export names by it."""
    try:
        return decode("review", key)
    except MalformedId:
        return None


async def _take(db: Database, lines: Sequence[_Line], report: ReviewImport) -> None:
    """Write a batch; one that the database refuses is halved down to the line at fault."""
    if not lines:
        return
    try:
        async with db.transaction() as tx:
            taken = await reviews.take_reviews(tx, [line.given for line in lines])
    except IntegrityError as error:
        if len(lines) == 1:
            line = lines[0]
            report.fail(line.row, "", line.record.external_id, "refused", str(error))
            return
        middle = len(lines) // 2
        await _take(db, lines[:middle], report)
        await _take(db, lines[middle:], report)
        return
    for one in taken:
        report.created += one.created
        report.updated += one.changed and not one.created
        report.unchanged += not one.changed


async def export_reviews(db: Database) -> AsyncIterator[dict[str, Any]]:
    """All reviews as records of the file, in a stable order, read page by page. Of their authors
    they hold the shown name alone.
    """
    yield {"kind": "format", "name": FORMAT_NAME, "version": FORMAT_VERSION}
    after: UUID | None = None
    while True:
        async with db.reading() as tx:
            page = await reviews.reviews_after(tx, after, BATCH)
            records = await _records(tx, page)
        for record in records:
            yield record
        if len(page) < BATCH:
            return
        after = page[-1].id


async def _records(tx: Tx, page: Sequence[Review]) -> list[dict[str, Any]]:
    names = await reads.names_of_products(tx, sorted({r.product_id for r in page}))
    return [
        {
            "kind": "review",
            "external_id": review.external_id or encode("review", review.id),
            "product": names[review.product_id],
            "rating": review.rating,
            "author": review.author,
            "title": review.title,
            "body": review.body,
            "locale": review.locale,
            "state": review.state,
            "verified": review.verified,
            "written_at": msgspec.to_builtins(review.written_at),
        }
        for review in page
        if review.product_id in names
    ]
