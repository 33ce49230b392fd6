"""See a change set before its time: products and quotes as they would be at an instant.

The edits that concern what is looked at are written, looked at and taken back, in one transaction
that changes nothing and tells nobody; rules are read in it and kept nowhere. Only this set is
looked at: what others schedule for before that instant is not in the picture.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

import msgspec

from argosy.modules import catalog, changesets, channels, projections
from argosy.modules.changesets import ChangeSetTooLarge, Edit
from argosy.modules.projections import ProductDocument
from argosy.modules.quote import Quote
from argosy.reads.sellable import sellable_variants
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.baskets import basket_of, check_lines
from argosy.workflows.change_staging import TakenBack
from argosy.workflows.change_writing import Wish, read_present, refuse, write
from argosy.workflows.discounting import buyer_of
from argosy.workflows.fee_trials import FeeTrial, imagined_cart
from argosy.workflows.product_offers import references
from argosy.workflows.projecting import projected
from argosy.workflows.shop_rules import read_rules

MAX_PREVIEWED = 50
"""Promotions of a set that a preview of a quote applies."""

_document = msgspec.json.Decoder(ProductDocument).decode
Seen = TypeVar("Seen")


class ProductPreview(NamedTuple):
    """A product as a channel would show it, without and with the set; None: not shown."""

    before: ProductDocument | None
    after: ProductDocument | None


class QuotePreview(NamedTuple):
    """What a purchase would cost, without and with the set."""

    before: Quote
    after: Quote


async def preview_product(
    app: App, set_id: UUID, product_id: UUID, channel_id: UUID, at: datetime
) -> ProductPreview:
    """A product of the set as everybody would see it in the channel at that instant.

    Raises ChangeSetNotFound, EditNotFound, ChannelNotFound, EditInvalid when the edit cannot be
    made any more, ChangeSetTooLarge for a product of very many variants.
    """

    async def look(tx: Tx) -> ProductDocument | None:
        for one in await projected(tx, [product_id], [channel_id], {}):
            if one.channel_id == channel_id and one.current:
                return _document(one.current.document)
        return None

    async with app.db.transaction() as tx:
        await changesets.change_set_by_id(tx, set_id)
        await channels.channel_by_id(tx, channel_id)
        edit = await changesets.edit_of(tx, set_id, product_id)
        product = await catalog.product_by_id(tx, product_id)
        if product.variant_count >= projections.LARGE:
            raise ChangeSetTooLarge(
                f"A product of {product.variant_count:,} variants has no preview.",
                limit=projections.LARGE,
            )
        before, after = await _around(tx, [edit], at, look)
    return ProductPreview(before, after)


async def preview_quote(
    app: App, set_id: UUID, channel_id: UUID, trial: FeeTrial, at: datetime
) -> QuotePreview:
    """What a purchase of these goods would cost at that instant, by the prices and promotions of
    then. Of the set, the edits of these goods and of promotions count.

    Raises ChangeSetNotFound, ChannelNotFound, NotPurchasable, QuantityOutOfRange, CartTooLong,
    EditInvalid, ChangeSetTooLarge.
    """

    async def look(tx: Tx) -> Quote:
        rules = await read_rules(tx, channel_id)
        cart = imagined_cart(rules, trial, at)
        live = rules.promotions
        variants = [line.variant_id for line in cart.lines] + [*(live.gifts if live else ())]
        goods = await sellable_variants(tx, channel_id, rules.book.list_ids, variants, at)
        buyer = await buyer_of(tx, live, cart, goods, payment_method=trial.payment_method)
        basket = basket_of(
            cart, rules.channel, rules, goods, at=at, bound=False, buyer=buyer,
            payment_method=trial.payment_method,
        )  # fmt: skip
        check_lines(basket)
        return basket.quote

    async with app.db.transaction() as tx:
        await changesets.change_set_by_id(tx, set_id)
        edits = await _concerned(tx, set_id, trial)
        before, after = await _around(tx, edits, at, look)
    return QuotePreview(before, after)


async def _concerned(tx: Tx, set_id: UUID, trial: FeeTrial) -> list[Edit]:
    variants = await catalog.variants_by_ids(tx, [item.variant_id for item in trial.items])
    products = {variant.product_id for variant in variants}
    every = await changesets.all_edits(tx, set_id)
    promotions = [edit for edit in every if edit.kind == "promotion"]
    if len(promotions) > MAX_PREVIEWED:
        raise ChangeSetTooLarge(
            f"A preview applies at most {MAX_PREVIEWED} promotions.", limit=MAX_PREVIEWED
        )
    return [*promotions, *(edit for edit in every if edit.entity_id in products)]


async def _around(
    tx: Tx, edits: Sequence[Edit], at: datetime, look: Callable[[Tx], Awaitable[Seen]]
) -> tuple[Seen, Seen]:
    """What is seen at that instant without and with the edits, which do not stay."""
    now = tx.now
    known = await references(tx)
    present = await read_present(tx, [(e.kind, e.entity_id) for e in edits], known)
    wishes = [Wish(e.entity_id, e.kind, e.change) for e in edits if e.entity_id in present.images]
    try:
        tx.now = at
        before = await look(tx)
        async with tx.savepoint():
            tx.now = now
            refuse(await write(tx, wishes, present, known, actor="preview"))
            tx.now = at
            after = await look(tx)
            raise TakenBack
    except TakenBack:
        return before, after
    finally:
        tx.now = now
