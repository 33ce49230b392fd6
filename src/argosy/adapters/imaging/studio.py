"""The studio of one process: a child that decodes pictures, started when there is a first one.

A picture that takes too long, or more memory than is allowed, ends the child and nothing else; the
next picture gets another. Source of the limits: DOMAIN.md E13.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence

import msgspec
import structlog

from argosy.adapters.imaging.wire import HEADER_BYTES, MAX_MESSAGE, Drawn, Order, Wanted, framed
from argosy.modules.media import Cut, Picture, PictureRefused, StudioFailed

PICTURE_S = 60.0
PICTURES_OF_A_CHILD = 500
"""Then it is replaced: decoders written in C leak."""

_decode = msgspec.msgpack.Decoder(Drawn).decode
log = structlog.get_logger(__name__)


class ChildStudio:
    """Draws one picture after the other. Close it at the end."""

    def __init__(self, *, limit_s: float = PICTURE_S) -> None:
        self._limit_s = limit_s
        self._child: Process | None = None
        self._drawn = 0
        self._turn = asyncio.Lock()

    async def draw(self, content: bytes, cuts: Sequence[Cut] = ()) -> Picture:
        """See modules/media/ports.py."""
        wanted = tuple(Wanted(c.box, c.width, c.height, c.format) for c in cuts)
        async with self._turn:
            try:
                async with asyncio.timeout(self._limit_s):
                    drawn = await self._asked(Order(content, wanted))
            except TimeoutError as error:
                await self._end()
                raise StudioFailed("Decoding the picture took too long.") from error
            except (OSError, EOFError) as error:
                await self._end()
                raise StudioFailed("The process that decodes pictures ended.") from error
            except BaseException:
                # Half an answer may be on its way: the next picture must not get it.
                await self._end()
                raise
        if drawn.fault:
            raise PictureRefused(drawn.fault, field="file")
        return Picture(
            width=drawn.width,
            height=drawn.height,
            frames=drawn.frames,
            colour=drawn.colour,
            blurhash=drawn.blurhash,
            likeness=drawn.likeness,
            files=drawn.files,
        )

    async def close(self) -> None:
        """End the child; another picture would start a new one."""
        async with self._turn:
            await self._end()

    async def _asked(self, order: Order) -> Drawn:
        if self._drawn >= PICTURES_OF_A_CHILD:
            await self._end()
        child = self._child or await self._start()
        assert child.stdin is not None
        assert child.stdout is not None
        self._drawn += 1
        child.stdin.write(framed(order))
        await child.stdin.drain()
        size = int.from_bytes(await child.stdout.readexactly(HEADER_BYTES), "big")
        if size > MAX_MESSAGE:
            raise EOFError
        return _decode(await child.stdout.readexactly(size))

    async def _start(self) -> Process:
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "argosy.adapters.imaging.child",
            stdin=PIPE,
            stdout=PIPE,
            env=_environment(os.environ),
            start_new_session=True,  # Ctrl-C is for its parent, which ends it in order
        )
        self._drawn = 0
        return self._child

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Nothing of ours but where programs and modules are found: it needs no secret."""
    return {
        name: ours[name]
        for name in ("PATH", "PYTHONPATH", "HOME", "LANG", "TMPDIR")
        if name in ours
    }
