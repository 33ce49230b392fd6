"""What a line of a cart or an order is called: as the page of its product calls it.

Each text looks for its translation by itself, along the channel's chain of languages (DOMAIN.md
E8). What promotions and stock compare stays in the catalogue's own words. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from argosy.modules.channels import Channel, language_chain
from argosy.modules.orders import LineWords
from argosy.reads.sellable import Sellable
from argosy.workflows.speaking import Voice


def chain_of(channel: Channel, locale: str) -> tuple[str, ...]:
    """In which languages to look for the words of a line; `locale` "": the channel's own."""
    return language_chain(channel, locale or channel.locale)


def in_words(goods: Sellable, chain: Sequence[str]) -> Sellable:
    """The goods with the title, variant title and options that the languages of the chain have."""
    if not goods.spoken:
        return goods
    voice = Voice(tuple(chain), goods.source_locale, goods.spoken)
    return msgspec.structs.replace(
        goods,
        title=voice.text("product", str(goods.product_id), "title", goods.title),
        variant_title=voice.text("variant", str(goods.variant_id), "title", goods.variant_title),
        options={
            voice.text("option", name, "name", name): voice.text(
                "option", name, f"value:{value}", value
            )
            for name, value in goods.options.items()
        },
    )


def words_of(goods: Sellable) -> LineWords:
    """What the goods are called as they are."""
    return LineWords(title=goods.title, variant_title=goods.variant_title, options=goods.options)
