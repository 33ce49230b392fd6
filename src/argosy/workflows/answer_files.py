"""Files among the answers of lines: what a line knows of them, and that they go where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from argosy.kernel.personal import SentFile, file_said
from argosy.modules import attachments
from argosy.modules.cart import Cart
from argosy.runtime.db import Tx
from argosy.workflows.app import App


async def files_said(
    app: App, cart_id: UUID, configuration: Mapping[str, str]
) -> dict[str, SentFile]:
    """Of answers that name files of this cart, what was sent, by code; the clean-up leaves these
    for a day. No statement where no answer looks like a file.
    """
    named = {code: one for code, said in configuration.items() if (one := file_said(said))}
    if not named:
        return {}
    async with app.db.transaction() as tx:
        found = await attachments.touch(tx, cart_id, set(named.values()))
    return {code: found[one].sent for code, one in named.items() if one in found}


async def follow(tx: Tx, cart_id: UUID, now: Cart) -> None:
    """The files of a cart's lines go with them into the cart that they are in now."""
    files = {file.id for line in now.lines for file in line.files.values()}
    await attachments.move(tx, cart_id, now.id, files)
