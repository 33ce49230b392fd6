"""Counted tries at what can be guessed: sign-ins, resets, order look-ups (DOMAIN.md rule 38, G10).

A try is counted before the guess is checked, in one statement, so that parallel guesses cannot
overrun the limit, and it is counted for accounts that do not exist, so that being stopped tells
nothing. After a few free tries each further one must wait, twice as long each time.
"""

from __future__ import annotations

from argosy.kernel.errors import TooMany
from argosy.runtime.db import Database, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "attempts.sql")

FREE_TRIES = 5
FIRST_PAUSE_S = 30
LONGEST_PAUSE_S = 900


class TooManyTries(TooMany):
    """This was tried too often in a short time, with this account or reference. It is the same
    whether or not that account exists. Wait for the seconds in `Retry-After`, then try again.
    """

    code = "auth.too_many_tries"
    usual_cure = "Wait for the seconds in `Retry-After`, then try again."


async def claim_attempt(db: Database, bucket: bytes, *, free_tries: int = FREE_TRIES) -> None:
    """Count one try in `bucket`. Raises TooManyTries while the bucket is paused.

    Its own single statement: the count stands whatever happens to the try.
    """
    async with db.reading() as tx:
        claimed = await tx.maybe(
            SQL.claim_attempt, bucket, tx.now, free_tries, FIRST_PAUSE_S, LONGEST_PAUSE_S
        )
        if claimed is not None:
            return
        row = await tx.maybe(SQL.blocked_until, bucket)
        until = row["blocked_until"] if row else None
        wait = int((until - tx.now).total_seconds()) + 1 if until else 1
    raise TooManyTries("Too many tries.", retry_after=max(wait, 1))


async def forget_attempts(tx: Tx, bucket: bytes) -> None:
    """The try succeeded: the next one starts from nothing."""
    await tx.run(SQL.forget_attempts, bucket)


async def forget_old_attempts(tx: Tx) -> int:
    """Housekeeping: drop buckets without a try for a day; how many there were."""
    return await tx.run(SQL.forget_old_attempts, tx.now)
