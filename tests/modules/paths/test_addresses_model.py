"""Random histories of a shop's paths against a small model (DOMAIN.md E8, E9).

Products and categories are made, renamed, moved, named otherwise in a channel or language, and
deleted with every decision; after each step every path that was ever somebody's is asked for in
every scope: it is somebody's, leads in one step to whoever had it last, or is gone as decided.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import new_id
from argosy.modules import catalog, paths
from argosy.modules.catalog import ProductInput, VariantInput
from argosy.modules.paths import EVERYWHERE, Ending, Gone, Here, Moved, NameTaken, Scope, Thing
from argosy.runtime.db import Database, Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.addressing import end_thing, locate, name_thing, part_names

T = TypeVar("T")

CHANNEL, OTHER = UUID(int=1), UUID(int=2)
VISITS = [
    Scope(channel_id=CHANNEL, locale="de"),
    Scope(channel_id=CHANNEL, locale="de-AT"),
    Scope(channel_id=OTHER, locale="de"),
    Scope(channel_id=OTHER, locale="fr"),
]
NAMED = st.sampled_from(
    [
        Scope(locale="de"),
        Scope(locale="de-AT"),
        Scope(channel_id=CHANNEL),
        Scope(channel_id=CHANNEL, locale="de"),
        Scope(channel_id=OTHER, locale="de"),
    ]
)
SLUGS = st.sampled_from("abc")
PICK = st.integers(0, 1000)


@dataclass
class Item:
    """What the model knows of a thing."""

    thing: Thing
    slug: str
    parent: UUID | None = None
    ending: Ending | None = None


def news_of(thing: Thing, at: datetime) -> Delivered:
    """That it changed."""
    kind = catalog.ProductChanged if thing.kind == "product" else catalog.CategoryChanged
    return Delivered(
        event_id=new_id(),
        type=kind.TYPE,
        subject="",
        seq=1,
        data={f"{thing.kind}_id": str(thing.id)},
        occurred_at=at,
        trace=None,
    )


class Paths(RuleBasedStateMachine):
    """Merchandisers in any order."""

    database_url: str
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.at = datetime(2026, 1, 1, tzinfo=UTC)
        self.db: Database = self.wait(
            Database.open(self.database_url, clock=lambda: self.at, min_size=1, max_size=2)
        )
        self.mark = new_id().hex[-10:]
        self.items: dict[UUID, Item] = {}
        self.own_names: dict[UUID, dict[Scope, str]] = {}
        self.last: dict[tuple[str, str, Scope], UUID] = {}

    def wait(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)

    def inside(self, work: Callable[[Tx], Awaitable[T]]) -> T | ArgosyError:
        self.at += timedelta(seconds=1)

        async def run() -> T | ArgosyError:
            try:
                async with self.db.transaction() as tx:
                    return await work(tx)
            except ArgosyError as error:
                return error

        return self.wait(run())

    # --- the model ---

    def alive(self, kind: str | None = None) -> list[Item]:
        return [i for i in self.items.values() if i.ending is None and kind in {None, i.thing.kind}]

    def base(self, item: Item) -> str:
        above = self.items[item.parent] if item.parent else None
        return f"{self.base(above)}/{item.slug}" if above else item.slug

    def below(self, item: Item) -> set[UUID]:
        found = {item.thing.id}
        while True:
            more = {i.thing.id for i in self.alive("category") if i.parent in found}
            if more <= found:
                return found
            found |= more

    def called(self, item: Item, visit: Scope) -> str:
        own = self.own_names.get(item.thing.id, {})
        for channel in (visit.channel_id, EVERYWHERE):
            for locale in paths.preference(visit.locale):
                name = own.get(Scope(channel_id=channel, locale=locale))
                if name is not None:
                    return name
        return self.base(item)

    def holder(self, kind: str, name: str, visit: Scope) -> UUID | None:
        for channel in (visit.channel_id, EVERYWHERE):
            for locale in paths.preference(visit.locale):
                scope = Scope(channel_id=channel, locale=locale)
                for item in self.alive(kind):
                    if self.own_names.get(item.thing.id, {}).get(scope) == name:
                        return item.thing.id
        return next((i.thing.id for i in self.alive(kind) if self.base(i) == name), None)

    def expected(self, item: Item, visit: Scope, asked: str, *, instead: bool = False) -> object:
        if item.ending is None:
            path = paths.path_of(item.thing.kind, self.called(item, visit))
            # No channel shows a product here: none is offered in place of what is gone.
            shown = item.thing.kind == "category"
            if instead:
                return Gone(replacement=path if shown else None)
            if path == asked:
                return Here(thing=item.thing, path=path, shown=shown)
            return Moved(target=path, thing=item.thing, shown=shown)
        target = item.ending.target
        if target is None:
            return Gone()
        instead = instead or item.ending.answer == "gone"
        return self.expected(self.items[target.id], visit, asked, instead=instead)

    # --- what happens ---

    @rule(slug=SLUGS)
    def make_product(self, slug: str) -> None:
        slug = f"{slug}-{self.mark}"
        taken = any(i.slug == slug for i in self.alive("product"))

        async def run(tx: Tx) -> UUID:
            variant = VariantInput(sku=new_id().hex)
            made = await catalog.create_product(
                tx, ProductInput(slug=slug, title=slug, variants=(variant,))
            )
            return made.row.id

        self.made("product", self.inside(run), slug, None, refused=taken)

    @rule(slug=SLUGS, under=PICK)
    def make_category(self, slug: str, under: int) -> None:
        above = [None, *(i.thing.id for i in self.alive("category"))]
        parent = above[under % len(above)]
        slug = f"{slug}-{self.mark}"
        taken = any(i.slug == slug and i.parent == parent for i in self.alive("category"))

        async def run(tx: Tx) -> UUID:
            made = await catalog.create_category(tx, parent_id=parent, name="X", slug=slug)
            return made.id

        deep = parent is not None and self.base(self.items[parent]).count("/") >= 3
        if not deep:
            self.made("category", self.inside(run), slug, parent, refused=taken)

    def made(
        self, kind: str, answer: object, slug: str, parent: UUID | None, *, refused: bool
    ) -> None:
        assert isinstance(answer, ArgosyError) == refused, answer
        if isinstance(answer, UUID):
            thing = Thing(kind=kind, id=answer)  # type: ignore[arg-type]
            self.items[answer] = Item(thing, slug, parent)
            self.told(thing)

    @precondition(lambda self: self.alive("product"))
    @rule(which=PICK, slug=SLUGS)
    def rename_product(self, which: int, slug: str) -> None:
        item = self.alive("product")[which % len(self.alive("product"))]
        slug = f"{slug}-{self.mark}"
        others = [i for i in self.alive("product") if i is not item]

        async def run(tx: Tx) -> None:
            await catalog.update_product(tx, item.thing.id, ProductInput(slug=slug))

        answer = self.inside(run)
        assert isinstance(answer, ArgosyError) == any(i.slug == slug for i in others), answer
        if answer is None:
            item.slug = slug
            self.told(item.thing)

    @precondition(lambda self: self.alive("category"))
    @rule(which=PICK, under=PICK, slug=SLUGS)
    def move_category(self, which: int, under: int, slug: str) -> None:
        item = self.alive("category")[which % len(self.alive("category"))]
        above = [None, *(i.thing.id for i in self.alive("category"))]
        parent = above[under % len(above)]
        slug = f"{slug}-{self.mark}"
        circle = parent in self.below(item)
        others = [i for i in self.alive("category") if i is not item and i.parent == parent]
        taken = any(i.slug == slug for i in others)

        async def run(tx: Tx) -> None:
            await catalog.update_category(tx, item.thing.id, parent_id=parent, slug=slug)

        answer = self.inside(run)
        assert isinstance(answer, ArgosyError) == (circle or taken), answer
        if answer is None:
            item.parent, item.slug = parent, slug
            self.told(item.thing)

    @precondition(lambda self: self.alive())
    @rule(which=PICK, scope=NAMED, name=st.none() | SLUGS)
    def name_it(self, which: int, scope: Scope, name: str | None) -> None:
        item = self.alive()[which % len(self.alive())]
        wanted = None if name is None else f"{name}-{self.mark}"
        answer = self.inside(lambda tx: name_thing(tx, item.thing, scope, wanted))
        assert answer is None or isinstance(answer, NameTaken), answer
        if wanted is not None:
            rivals = [i for i in self.alive(item.thing.kind) if i is not item]
            taken = any(self.base(i) == wanted for i in rivals) or any(
                name == wanted and paths.overlap(where, scope)
                for i in rivals
                for where, name in self.own_names.get(i.thing.id, {}).items()
            )
            assert isinstance(answer, NameTaken) == taken

    @precondition(lambda self: self.alive())
    @rule(which=PICK, to=PICK, how=st.sampled_from(["gone", "replaced", "moved"]))
    def delete(self, which: int, to: int, how: str) -> None:
        item = self.alive()[which % len(self.alive())]
        targets = [i.thing for i in self.alive() if i is not item]
        if item.thing.kind == "category" and len(self.below(item)) > 1:
            return
        ending = Ending(answer="gone")
        if how != "gone" and targets:
            target = targets[to % len(targets)]
            ending = Ending(answer="moved" if how == "moved" else "gone", target=target)

        async def run(tx: Tx) -> None:
            if item.thing.kind == "product":
                await catalog.delete_product(tx, item.thing.id)
            else:
                await catalog.delete_category(tx, item.thing.id)
            await end_thing(tx, item.thing, ending)

        assert self.inside(run) is None
        item.ending = ending

    def told(self, thing: Thing) -> None:
        """What the worker does with the news."""
        news = news_of(thing, self.at)
        assert self.inside(lambda tx: part_names(tx, [news])) is None

    # --- what holds ---

    @invariant()
    def every_path_that_was_somebodys_leads_somewhere(self) -> None:
        async def read() -> dict[UUID, dict[Scope, str]]:
            async with self.db.reading() as tx:
                return {
                    i.thing.id: {
                        n.scope: n.name for n in await paths.names_of(tx, i.thing.id) if n.present
                    }
                    for i in self.alive()
                }

        self.own_names = self.wait(read())
        for visit in VISITS:
            called = [(i.thing.kind, self.called(i, visit)) for i in self.alive()]
            assert len(called) == len(set(called)), "two things are called alike"
            names = set(called) | {(k, n) for k, n, at in self.last if at == visit}
            for kind, name in names:
                holder = self.holder(kind, name, visit)
                if holder is not None:
                    self.last[kind, name, visit] = holder
        self.wait(self.ask_for_all())

    async def ask_for_all(self) -> None:
        async with self.db.reading() as tx:
            for (kind, name, visit), last in self.last.items():
                asked = paths.path_of(kind, name)  # type: ignore[arg-type]
                found = await locate(tx, asked, visit)
                assert found == self.expected(self.items[last], visit, asked), (asked, visit)

    def teardown(self) -> None:
        self.wait(self.db.close())


def test_E8_E9_every_path_resolves_or_is_gone_as_decided(database_url: str) -> None:
    with asyncio.Runner() as runner:
        machine = type(
            "PathsHere", (Paths,), {"database_url": database_url, "loop": runner.get_loop()}
        )
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=10,
                stateful_step_count=20,
                deadline=None,
                phases=(Phase.explicit, Phase.generate),
                suppress_health_check=list(HealthCheck),
            ),
        )


async def test_E8_a_name_that_keeps_two_things_apart_stays(db: Database) -> None:
    scope = Scope(channel_id=UUID(int=2), locale="de")

    async def product(slug: str) -> Thing:
        async with db.transaction() as tx:
            variant = VariantInput(sku=new_id().hex)
            wanted = ProductInput(slug=slug, title=slug, variants=(variant,))
            thing = Thing(kind="product", id=(await catalog.create_product(tx, wanted)).row.id)
        async with db.transaction() as tx:
            await part_names(tx, [news_of(thing, tx.now)])
        return thing

    async def name(thing: Thing, text: str | None) -> None:
        async with db.transaction() as tx:
            await name_thing(tx, thing, scope, text)

    async def found(thing: Thing, text: str) -> None:
        path = paths.path_of("product", text)
        async with db.reading() as tx:
            assert await locate(tx, path, scope) == Here(thing=thing, path=path, shown=False)

    first = await product("first")
    await name(first, "cup")
    second = await product("cup")
    await found(second, "cup-2")
    with pytest.raises(paths.NameTaken):
        await name(second, None)
    await found(second, "cup-2")
    await name(first, None)
    await name(second, None)
    await found(second, "cup")


@pytest.mark.parametrize("how", ["moved", "gone"])
async def test_what_is_deleted_cannot_answer_for_itself(db: Database, how: str) -> None:
    thing = Thing(kind="product", id=new_id())
    with pytest.raises(paths.RedirectInvalid):
        async with db.transaction() as tx:
            await end_thing(tx, thing, Ending(answer=how, target=thing))  # type: ignore[arg-type]
    with pytest.raises(paths.PathUnknown):
        async with db.transaction() as tx:
            gone = Thing(kind="category", id=new_id())
            await end_thing(tx, thing, Ending(answer=how, target=gone))  # type: ignore[arg-type]
