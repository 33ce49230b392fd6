"""The writing use cases of media."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from argosy.modules.media import store
from argosy.modules.media.errors import AssetNotFound
from argosy.modules.media.types import Asset, File, Focal, Move, Picture, Rendition, Tally, Upload
from argosy.runtime.db import Tx

LEASE = timedelta(minutes=10)
MAX_TRIES = 3
HELD = timedelta(days=1)
"""How long whoever stores a file may take until something names it."""
REMOVING = timedelta(minutes=15)
"""How long whoever deletes files may take; they stop well before."""
ALIKE_WITHIN = 6
"""Bits of 64; see adapters/imaging/drawing.py for what was measured."""
MOST_ALIKE = 20


async def note_files(tx: Tx, files: Sequence[File]) -> int:
    """Remember stored files, so that renditions are made of pictures; a repeat changes nothing."""
    return await store.note_files(tx, files) if files else 0


async def claim_waiting(tx: Tx, limit: int) -> list[Asset]:
    """The next pictures to draw. They come again after LEASE unless they are settled by then."""
    return await store.claim_waiting(tx, limit, tx.now + LEASE)


async def save_picture(
    tx: Tx, asset: Asset, picture: Picture, renditions: Sequence[Rendition]
) -> bool:
    """Keep what was drawn for an asset; renditions of before are noted as discarded.

    False, and nothing is kept, when the focal point has been moved since `asset` was claimed: it
    waits again.
    """
    saved = await store.save_picture(tx, asset, picture, renditions)
    if saved and picture.likeness:  # 0: a picture of one colour, which looks like every other
        await store.note_likeness(
            tx, asset.key, picture.likeness, within=ALIKE_WITHIN, most=MOST_ALIKE
        )
    return saved


async def try_later(tx: Tx, asset: Asset, fault: str) -> bool:
    """Let the picture wait for another try, or give it up after MAX_TRIES; whether it waits."""
    again = asset.tries < MAX_TRIES
    if again:
        due_at = tx.now + timedelta(seconds=30 * 4**asset.tries)
        await store.set_state(
            tx, asset.key, "waiting", fault=fault, due_at=due_at, tries=asset.tries
        )
    else:
        await give_up(tx, asset, fault)
    return again


async def give_up(tx: Tx, asset: Asset, fault: str) -> None:
    """Note why no renditions can be made; pages show the original."""
    await store.set_state(tx, asset.key, "failed", fault=fault, due_at=tx.now, tries=asset.tries)


async def set_focal(tx: Tx, key: str, focal: Focal | None) -> bool:
    """Move the point that crops must show (None: the middle); whether that is a change.

    The crops of before are shown until new ones are made. Raises AssetNotFound.
    """
    if not await store.assets_of(tx, [key]):
        raise AssetNotFound("There is no such file.")
    return bool(await store.set_focal(tx, key, focal))


async def retry(tx: Tx, *, everything: bool) -> int:
    """Let failed pictures wait for another try, or all pictures for new renditions; how many."""
    return await store.retry_failed(tx) + (await store.renew(tx) if everything else 0)


async def forget_discarded(tx: Tx, keys: Sequence[str]) -> list[str]:
    """Forget discarded renditions; the keys whose files may be deleted now."""
    return await store.forget_discarded(tx, keys)


async def hold_files(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Keep files from being deleted for HELD, because something will name them; those of which
    that is sure. The others are just being deleted: wait, and store them again.
    """
    return await store.hold_files(tx, keys, tx.now + HELD) if keys else set()


async def claim_removal(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Be the one who deletes files within REMOVING; those that nobody holds or deletes.

    From here on nobody can come to name them: look now whether anything does, delete, and release.
    """
    return await store.claim_removal(tx, keys, tx.now + REMOVING) if keys else set()


async def release_removal(tx: Tx, keys: Sequence[str]) -> None:
    """Have deleted or spared them; whoever waits to store them may."""
    if keys:
        await store.release_removal(tx, keys)


async def forget_guards(tx: Tx, limit: int) -> int:
    """Forget holds and claims that are over; how many."""
    return await store.forget_guards(tx, tx.now - HELD, limit)


async def mark_files(tx: Tx, *, used: Sequence[str], unused: Sequence[str]) -> None:
    """Note which files something names and which nothing does, since now or since before."""
    await store.mark(tx, used=used, unused=unused)


async def delete_unused(tx: Tx, keys: Sequence[str], before: datetime) -> set[str]:
    """Forget files that nothing named since before then; which they were."""
    return await store.delete_unused(tx, keys, before) if keys else set()


async def save_tally(tx: Tx, found: Tally) -> None:
    """Keep what a look through all files found, in place of what the one before found."""
    await store.save_tally(tx, found)


async def begin_upload(tx: Tx, upload: Upload) -> None:
    """Write down a file that will be sent to the storage."""
    await store.add_upload(tx, upload)


async def end_upload(tx: Tx, upload_id: UUID, media_id: UUID) -> bool:
    """Note what an upload became; False when somebody else did, or it was refused."""
    return await store.end_upload(tx, upload_id, "done", fault=None, media_id=media_id)


async def refuse_upload(tx: Tx, upload_id: UUID, fault: str) -> bool:
    """Note why an upload became nothing; False when it has ended already."""
    return await store.end_upload(tx, upload_id, "refused", fault=fault, media_id=None)


async def forget_uploads(tx: Tx, ids: Sequence[UUID]) -> None:
    """Forget uploads whose files are gone."""
    await store.forget_uploads(tx, ids)


async def begin_move(tx: Tx, target: str) -> Move:
    """The move of all files to a storage: from where it was broken off, else from the start."""
    return await store.begin_move(tx, target)


async def note_moved(
    tx: Tx, target: str, after_key: str, *, files: int, bytes_: int, missing: int = 0
) -> None:
    """All files up to this key are in the new storage, compared by hash. A repeat adds nothing."""
    await store.note_moved(tx, target, after_key, files=files, bytes_=bytes_, missing=missing)


async def end_move(tx: Tx, target: str) -> None:
    """All files are in the new storage."""
    await store.end_move(tx, target)
