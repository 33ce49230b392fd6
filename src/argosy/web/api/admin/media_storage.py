"""Where files lie, what they take, what nothing names, and cleaning that up."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.modules import media, staff
from argosy.modules.media import CleanFiles, Move, Progress, Tally
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.workflows.media_unshown import unshown

AnyRequest = Request[Any, Any, Any]


class LooseView(msgspec.Struct, frozen=True, kw_only=True):
    """Entries older than the time of grace that nothing shows, and their bytes; `more` when not
    all were looked at.
    """

    entries: int
    bytes: int
    more: bool


class MediaStorageView(msgspec.Struct, frozen=True, kw_only=True):
    """Where files lie, and what they take: `tally` as of the last look through all files, None
    before the first; `move` the last one to another storage; `renditions` how many files wait.
    """

    storage: Literal["files", "s3"]
    bucket: str | None
    grace_days: int
    tally: Tally | None
    loose: LooseView
    move: Move | None
    renditions: Progress


class CleanUpBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes: nothing (the files are looked through), `files` that nothing has named for the
    time of grace, or `entries` as old that no product, brand or collection shows, and then files.
    """

    delete: Literal["nothing", "files", "entries"] = "nothing"


class CleanUpAsked(msgspec.Struct, frozen=True, kw_only=True):
    """When the worker was asked. UTC."""

    asked_at: datetime


@get(
    "/admin/v1/media-storage",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def get_media_storage(request: AnyRequest) -> MediaStorageView:
    """Where files lie and what they take, as of the last look through all of them, which the worker
    takes once a day.
    """
    app = shop(request)
    settings = app.settings
    async with app.db.reading() as tx:
        tally, move, drawn = (
            await media.tally(tx), await media.latest_move(tx), await media.progress(tx)
        )  # fmt: skip
    loose = await unshown(app)
    return MediaStorageView(
        storage=settings.media_storage,
        bucket=settings.s3_bucket if settings.media_storage == "s3" else None,
        grace_days=settings.media_grace_days,
        tally=tally,
        loose=LooseView(
            entries=len(loose.entries),
            bytes=sum(entry.byte_size for entry in loose.entries),
            more=loose.more,
        ),
        move=move,
        renditions=drawn,
    )


@post(
    "/admin/v1/media-clean-ups",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    status_code=202,
    example={"delete": "files"},
)
async def clean_up_media(request: AnyRequest, data: CleanUpBody) -> CleanUpAsked:
    """Have the worker look through all files, and delete what nothing names. Asked again while one
    like it waits, it is done once; the figures change when it is done.
    """
    deletes, entries = data.delete != "nothing", data.delete == "entries"
    job = CleanFiles(delete=deletes, unshown=entries)
    async with shop(request).db.transaction() as tx:
        tx.enqueue(job, dedupe=f"media.clean {data.delete}")
        if deletes:
            shown = {"unshown": entries}
            await staff.audit(tx, actor(request), "media.cleaned", "media", None, shown)
        return CleanUpAsked(asked_at=tx.now)


ROUTES: list[HTTPRouteHandler] = [get_media_storage, clean_up_media]
