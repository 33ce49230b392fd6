"""Private files that nothing names: their upload was broken off, or what named them is gone; and
halves of files, whose copy was broken off.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog

from argosy.modules import attachments, downloads
from argosy.workflows.app import App

_GRACE: Final = timedelta(days=1)
"""A file is named in the minute after it was stored."""
_AT_ONCE: Final = 500

log = structlog.get_logger(__name__)


async def clean_private(app: App) -> None:
    """Delete what is older than a day and named by nothing. Killed anywhere, the next run goes on.
    Raises Unavailable.
    """
    before, after, deleted = app.db.clock() - _GRACE, "", 0
    while files := await app.storage.private.kept_after(after, _AT_ONCE):
        after = files[-1].key
        old = {file.key for file in files if file.modified_at < before}
        if not old:
            continue
        async with app.db.reading() as tx:
            named = await downloads.keys_named(tx, old)
            named |= await attachments.keys_named(tx, old)
        await app.storage.private.remove(sorted(old - named))
        deleted += len(old - named)
    deleted += await app.storage.private.drop_halves(before)
    if deleted:
        log.info("storage.private_cleaned", files=deleted)
