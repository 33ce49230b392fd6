"""The log of changes that indexes of the search follow."""

from __future__ import annotations

from argosy.kernel.ids import new_id
from argosy.modules import search
from argosy.modules.search import Cursor
from argosy.runtime.db import Database


async def test_what_came_with_a_dump_of_another_server_makes_indexes_anew_once(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        await search.mark_shown(tx, [new_id()])
        here = await search.present_cursor(tx)
    theirs = Cursor(xid=here.xid + 10**9, id=5)
    await db.pool.execute(
        "update search.change set xid = (xid::text::bigint + 1000000000)::text::xid8"
    )
    await db.pool.execute(
        "insert into search.retention (forgotten_until, last_xid) values (now(), $1)", theirs.xid
    )
    async with db.reading() as tx:
        assert not (await search.changes_after(tx, theirs, 5)).complete, "it is to be made anew"
        made = await search.present_cursor(tx)
        assert (await search.changes_after(tx, made, 5)).complete
        assert await search.seconds_behind(tx, made) == 0
    async with db.transaction() as tx:
        await search.forget_changes(tx)
        assert (await search.changes_after(tx, made, 5)).complete
