"""The process that decodes pictures: bounded, replaceable, and never the one that asks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psutil
import pytest

from argosy.adapters.imaging.studio import ChildStudio, _environment
from argosy.modules import media
from argosy.modules.media import PictureRefused, StudioFailed
from tests.adapters.imaging.pictures import encoded, picture


@pytest.fixture
async def studio() -> AsyncIterator[ChildStudio]:
    made = ChildStudio(limit_s=30)
    yield made
    await made.close()


@pytest.fixture(autouse=True)
def others() -> None:
    """Studios of other tests in this process may have a child of their own."""
    _OTHERS.clear()
    _OTHERS.extend(children())


_OTHERS: list[psutil.Process] = []


def children() -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if "argosy.adapters.imaging.child" in process.cmdline() and process not in _OTHERS:
                found.append(process)
    return found


async def test_a_picture_is_drawn_by_one_child_that_is_kept(studio: ChildStudio) -> None:
    content = encoded(picture(400, 300))
    made = await studio.draw(content, media.cuts(400, 300))
    assert (made.width, made.height, len(made.files)) == (400, 300, 5)
    [child] = children()
    await asyncio.gather(*(studio.draw(content) for _ in range(5)))
    assert children() == [child]
    assert child.nice() == 19
    await studio.close()
    assert children() == []


async def test_E13_a_picture_that_is_refused_ends_nothing(studio: ChildStudio) -> None:
    await studio.draw(encoded(picture(40, 30)))
    [child] = children()
    with pytest.raises(PictureRefused):
        await studio.draw(encoded(picture(400, 300))[:900])
    await studio.draw(encoded(picture(40, 30)))
    assert children() == [child]


async def test_a_child_that_ends_is_replaced(studio: ChildStudio) -> None:
    await studio.draw(encoded(picture(40, 30)))
    [child] = children()
    child.kill()
    child.wait(10)
    with pytest.raises(StudioFailed):
        await studio.draw(encoded(picture(40, 30)))
    assert (await studio.draw(encoded(picture(40, 30)))).width == 40


async def test_E13_a_picture_that_takes_too_long_ends_its_child() -> None:
    studio = ChildStudio(limit_s=0.001)
    with pytest.raises(StudioFailed):
        await studio.draw(encoded(picture(40, 30)))
    assert children() == []


async def test_a_caller_that_goes_away_leaves_no_answer_for_the_next(studio: ChildStudio) -> None:
    asking = asyncio.create_task(studio.draw(encoded(picture(2000, 1500)), media.cuts(2000, 1500)))
    await asyncio.sleep(0.3)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await studio.draw(encoded(picture(40, 30)))).width == 40


def test_the_child_is_given_no_secret() -> None:
    given = _environment({"PATH": "/bin", "ARGOSY_SECRET_KEY": "x", "ARGOSY_DATABASE_URL": "y"})
    assert given == {"PATH": "/bin"}
