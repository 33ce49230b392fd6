"""The writing use cases of media."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from argosy.modules.media import store
from argosy.modules.media.errors import AssetNotFound
from argosy.modules.media.types import Asset, File, Focal, Picture, Rendition
from argosy.runtime.db import Tx

LEASE = timedelta(minutes=10)
MAX_TRIES = 3
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
