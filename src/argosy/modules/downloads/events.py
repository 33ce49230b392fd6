"""Facts that downloads announce."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class DownloadsGranted(Event, frozen=True, kw_only=True):
    """A line of an order is paid, and its files are its buyer's to download."""

    TYPE: ClassVar[str] = "argosy.downloads.downloads_granted.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    line_id: UUID
    variant_id: UUID


class FileDownloaded(Event, frozen=True, kw_only=True):
    """A buyer was given a link to a file, which counts as a download."""

    TYPE: ClassVar[str] = "argosy.downloads.file_downloaded.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    line_id: UUID
    file_id: UUID
    n: int


class DownloadsEnded(Event, frozen=True, kw_only=True):
    """The lines of an order may not be downloaded any more."""

    TYPE: ClassVar[str] = "argosy.downloads.downloads_ended.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    lines: int
