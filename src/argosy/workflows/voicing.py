"""What the windows of all languages need to speak: translations, and names that products go by.

products, windows --gather_voices--> Voices      (at most two statements for any number of them)
a product's source, window --Voices.in_window--> the source in the window's words         (pure)

Collections are decided by the words of the catalogue itself: a product is in the same ones whatever
language it is shown in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from argosy.modules import brands, collections, paths, projections, translations
from argosy.modules.brands import Brand
from argosy.modules.catalog import CategoryDeleted, ProductDeleted, VariantDeleted
from argosy.modules.channels import Channel, language_chain
from argosy.modules.collections import Collection, Live
from argosy.modules.paths import Name, Scope
from argosy.modules.projections import Collect, ProductDocument, SourceCollection, SourceProduct
from argosy.modules.translations import Spoken, TextsTranslated
from argosy.reads import product_document as reads
from argosy.reads import translatable
from argosy.reads.product_document import CategoryRow
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.speaking import Voice, in_language, things_of
from argosy.workflows.windows import Window

_MARK_BATCH = 10_000

T = TypeVar("T", Brand, Collection)


class Voices(msgspec.Struct, frozen=True):
    """How a batch of products is told in each window."""

    source_locale: str | None
    spoken: Spoken
    names: Mapping[UUID, Sequence[Name]]

    def voice(self, channel: Channel, locale: str) -> Voice:
        """How the channel speaks this language."""
        return Voice(language_chain(channel, locale), self.source_locale, self.spoken)

    def in_window(self, source: SourceProduct, window: Window) -> SourceProduct:
        """The product in the words of the window, under the name that it goes by there (E8)."""
        told = in_language(source, self.voice(window.channel, window.locale))
        if window.language is None or source.id not in self.names:
            return told
        scope = Scope(channel_id=window.channel.id, locale=window.locale)
        name = paths.name_in(self.names[source.id], scope)
        return told if name is None else msgspec.structs.replace(told, slug=name)

    def collecting(self, collect: Collect) -> Callable[[Window], Collect]:
        """`collect` for each window of a product in turn: asked once, and told in its language."""
        known: dict[datetime, list[SourceCollection]] = {}

        def of(window: Window) -> Collect:
            voice = self.voice(window.channel, window.locale)

            def told(document: ProductDocument, at: datetime) -> Iterable[SourceCollection]:
                if at not in known:
                    known[at] = list(collect(document, at))
                for one in known[at]:
                    title = voice.text("collection", str(one.id), "title", one.title)
                    yield msgspec.structs.replace(one, title=title)

            return told

        return of


async def gather_voices(
    tx: Tx, sources: Sequence[SourceProduct], windows: Sequence[Window], live: Sequence[Live]
) -> Voices:
    """What to say of these products in these windows."""
    things = {thing for source in sources for thing in things_of(source)}
    things |= {("collection", str(one.id)) for one in live}
    if not things:
        return Voices(None, {}, {})
    names: dict[UUID, list[Name]] = {}
    if any(window.language is not None for window in windows):
        names = await paths.present_names(tx, "product", [source.id for source in sources])
    source_locale, spoken = await translations.spoken(tx, things)
    return Voices(source_locale, spoken, names)


async def voice_of(
    tx: Tx, channel: Channel, locale: str, things: Iterable[tuple[str, str]]
) -> Voice:
    """How a channel speaks of these things, as (kind, entity), in one of its languages."""
    source_locale, spoken = await translations.spoken(tx, set(things))
    return Voice(language_chain(channel, locale), source_locale, spoken)


async def spoken_tree(tx: Tx, channel: Channel, window_id: UUID, locale: str) -> list[CategoryRow]:
    """The categories in which a window shows something, in its words; one statement."""
    rows = await reads.category_tree(tx, window_id)
    chain = language_chain(channel, locale)
    return [_told_category(row, chain) for row in rows]


def _told_category(row: CategoryRow, chain: Sequence[str]) -> CategoryRow:
    if not row.said:
        return row
    texts: dict[str, dict[str, str]] = {}
    for field, at, text in row.said:
        texts.setdefault(field, {})[at] = text
    told = {
        field: translations.said(getattr(row, field), by_locale, chain, row.source_locale).text
        for field, by_locale in texts.items()
    }
    return msgspec.structs.replace(row, **told)


async def spoken_collections(
    tx: Tx, found: Sequence[Collection], channel: Channel, locale: str
) -> list[Collection]:
    """Collections in the words of a channel's language; one statement."""
    voice = await voice_of(tx, channel, locale, (("collection", str(one.id)) for one in found))
    return [_told(one, "collection", translations.FIELDS["collection"], voice) for one in found]


async def spoken_brands(
    tx: Tx, found: Sequence[Brand], channel: Channel, locale: str
) -> list[Brand]:
    """Brands in the words of a channel's language; one statement."""
    voice = await voice_of(tx, channel, locale, (("brand", str(one.id)) for one in found))
    return [_told(one, "brand", translations.FIELDS["brand"], voice) for one in found]


def _told(thing: T, kind: str, fields: Iterable[str], voice: Voice) -> T:
    entity = str(thing.id)
    texts = {field: voice.text(kind, entity, field, getattr(thing, field)) for field in fields}
    told: T = msgspec.structs.replace(thing, **texts)
    return told


# --- what changes when a translation does --------------------------------------------------------


async def note_translations(tx: Tx, events: Sequence[Delivered]) -> None:
    """Mark the products on whose pages something is called otherwise now."""
    since = min((e.occurred_at for e in events), default=tx.now)
    told: dict[str, set[str]] = {}
    for event in events:
        if event.type == TextsTranslated.TYPE:
            told.setdefault(event.data["kind"], set()).update(event.data["entities"])
        else:
            projections.forget_all(tx)
            await _mark_each(tx, reads.product_ids_after, since)
            return
    for kind, entities in sorted(told.items()):
        await _mark_of(tx, kind, sorted(entities), since)


async def _mark_of(tx: Tx, kind: str, entities: Sequence[str], since: datetime) -> None:
    if kind == "product":
        await projections.mark_changed(tx, map(UUID, entities), since)
        return
    if kind == "variant":
        found = await reads.products_of_variants(tx, [UUID(one) for one in entities])
        await projections.mark_changed(tx, sorted(found), since)
        return
    # Lists and trees of every channel show these too.
    projections.forget_all(tx)
    match kind:
        case "category":
            ids = await reads.products_of_categories(tx, [UUID(one) for one in entities])
            await projections.mark_changed(tx, sorted(ids), since)
        case "collection":
            for one in entities:
                collection_id = UUID(one)

                async def members(
                    tx: Tx, after: UUID, limit: int, which: UUID = collection_id
                ) -> list[UUID]:
                    return await reads.collected_after(tx, which, after, limit)

                await _mark_each(tx, members, since)
        case "attribute":

            async def having(tx: Tx, after: UUID, limit: int) -> list[UUID]:
                return await reads.products_having(tx, entities, after, limit)

            await _mark_each(tx, having, since)
        case "option":

            async def choosing(tx: Tx, after: UUID, limit: int) -> list[UUID]:
                return await translatable.products_with_options(tx, entities, after, limit)

            await _mark_each(tx, choosing, since)


async def _mark_each(tx: Tx, read: translatable.ReadAfter, since: datetime) -> None:
    after = UUID(int=0)
    while ids := await read(tx, after, _MARK_BATCH):
        await projections.mark_changed(tx, ids, since)
        after = ids[-1]


_DELETED = {
    ProductDeleted.TYPE: ("product", "product_id"),
    VariantDeleted.TYPE: ("variant", "variant_id"),
    CategoryDeleted.TYPE: ("category", "category_id"),
    collections.CollectionDeleted.TYPE: ("collection", "collection_id"),
    brands.BrandDeleted.TYPE: ("brand", "brand_id"),
}


async def forget_translations(tx: Tx, events: Sequence[Delivered]) -> None:
    """Nobody translates what was deleted."""
    gone = {
        (kind, str(UUID(event.data[field])))
        for event in events
        for kind, field in (_DELETED[event.type],)
    }
    await translations.forget_things(tx, gone)
