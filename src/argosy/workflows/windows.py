"""Shop windows: that of everybody, and one for each audience of a channel; each in every language.

channel, audiences --windows_of--> Window...
a product's source, restrictions --seen_in--> the source as the window shows it       (pure)

A window is projected, listed, searched and kept like a channel of its own, under the id of its
audience. So nothing that is not for everybody can get into what is kept for everybody (C10). A
window in another language than the channel's own has an id made from these two, so that sorting,
facets, search and kept answers of a language are those of its texts (E8).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID, uuid5

import msgspec

from argosy.modules import audiences
from argosy.modules.audiences import Audience, Restriction, Visibility
from argosy.modules.channels import Channel
from argosy.modules.projections import SourceProduct, SourceVariant


class Window(NamedTuple):
    """What an audience sees of a channel; None: what everybody sees. `language`: in which of its
    further languages; None: in its own.
    """

    channel: Channel
    audience: Audience | None
    language: str | None = None

    @property
    def base_id(self) -> UUID:
        """The id of this window in the channel's own language."""
        return self.channel.id if self.audience is None else self.audience.id

    @property
    def id(self) -> UUID:
        """The id under which the window is projected and kept."""
        return in_language(self.base_id, self.language)

    @property
    def locale(self) -> str:
        """The language of the window."""
        return self.language or self.channel.locale

    @property
    def active(self) -> bool:
        """Whether anything is shown in it."""
        wanted = self.language is None or self.language in self.channel.locales
        return self.channel.active and wanted and (self.audience is None or self.audience.active)


def in_language(base_id: UUID, language: str | None) -> UUID:
    """The id of a window in one of the channel's further languages; None: in its own."""
    return base_id if language is None else uuid5(base_id, language)


def windows_of(channels: Iterable[Channel], every: Sequence[Audience]) -> list[Window]:
    """The windows of the channels, each followed by those of its audiences, ended ones too; each in
    the channel's own language first, then in its others, former ones too.
    """
    found: list[Window] = []
    for channel in channels:
        others = (*channel.locales, *channel.ended_locales)
        for audience in (None, *(one for one in every if one.channel_id == channel.id)):
            found += [Window(channel, audience, language) for language in (None, *others)]
    return found


def seen_in(
    source: SourceProduct,
    window: Window,
    restrictions: Mapping[UUID, Restriction],
    *,
    whole: bool = True,
) -> SourceProduct:
    """The product as the window shows it: without the variants and prices that are for others.

    `restrictions` are those of the window's channel, by subject. Where the source does not have all
    variants (not `whole`), values of options stay that none of them has.
    """
    if window.id != window.channel.id:
        source = msgspec.structs.replace(
            source,
            publications=tuple(
                msgspec.structs.replace(one, channel_id=window.id)
                for one in source.publications
                if one.channel_id == window.channel.id
            ),
        )
    if not restrictions:
        return source
    variants = tuple(
        one
        for variant in source.variants
        if (one := _seen(source.id, variant, window, restrictions)) is not None
    )
    if variants == source.variants:
        return source
    if not whole:
        return msgspec.structs.replace(source, variants=variants)
    return msgspec.structs.replace(
        source,
        variants=variants,
        options=tuple(
            msgspec.structs.replace(
                option,
                values=tuple(
                    value
                    for value in option.values
                    if any(variant.options.get(option.name) == value for variant in variants)
                ),
            )
            for option in source.options
        ),
    )


def _seen(
    product_id: UUID,
    variant: SourceVariant,
    window: Window,
    restrictions: Mapping[UUID, Restriction],
) -> SourceVariant | None:
    hidden = audiences.hidden_from(
        Visibility(restrictions=restrictions),
        None if window.audience is None else window.audience.code,
        channel_id=window.channel.id,
        product_id=product_id,
        variant_id=variant.id,
    )
    if hidden == "goods":
        return None
    return variant if hidden is None else msgspec.structs.replace(variant, price_hidden=True)
