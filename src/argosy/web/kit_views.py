"""Kits in carts, quotes and orders, as answers show them."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.modules.quote import Quote, QuoteKit
from argosy.reads.order_view import ViewLine
from argosy.reads.sellable import Sellable
from argosy.web.answer_views import AnswerView, answers_shown


class ComponentView(msgspec.Struct, frozen=True, kw_only=True):
    """A component of a kit: `quantity` units in all, and what they cost of the kit's price."""

    variant_id: str
    sku: str
    title: str
    variant_title: str
    quantity: int
    image_key: str | None
    total: Money


class KitView(msgspec.Struct, frozen=True, kw_only=True):
    """A kit, whose components are lines: `line_ids` names them, the amounts are their sums."""

    id: str
    variant_id: str
    product_id: str | None
    sku: str
    title: str
    variant_title: str
    image_key: str | None
    quantity: int
    unit_price: Money
    subtotal: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    line_ids: list[str]
    answers: list[AnswerView]


def components_of(
    quote: Quote, kit: QuoteKit, named: Callable[[UUID], Sellable]
) -> list[ComponentView]:
    """What is in a kit of a cart, in the kit's order."""
    parts = [(line, named(line.variant_id)) for line in quote.lines if line.kit == kit.key]
    return [
        ComponentView(
            variant_id=encode("variant", line.variant_id),
            sku=line.sku,
            title=goods.title,
            variant_title=goods.variant_title,
            quantity=line.quantity,
            image_key=goods.image_key,
            total=line.total,
        )
        for line, goods in parts
    ]


def quoted_kits(quote: Quote) -> list[KitView]:
    """The kits of a quote; lines go by their keys."""
    return [_view(kit, kit.key, list(kit.parts), None) for kit in quote.kits]


def order_kits(frozen: Mapping[str, Any], said_by_line: Mapping[str, ViewLine]) -> list[KitView]:
    """The kits in an order's frozen quote; lines go by the ids of the order's lines."""
    kits = msgspec.convert(frozen.get("kits", ()), tuple[QuoteKit, ...])
    found = []
    for kit in kits:
        line_ids = [_line_id(key) for key in kit.parts]
        said = next((said_by_line[one] for one in line_ids if one in said_by_line), None)
        found.append(_view(kit, _line_id(kit.key), line_ids, said))
    return found


def _line_id(key: str) -> str:
    return encode("order_line", decode("cart_line", key))


def _view(kit: QuoteKit, shown_id: str, line_ids: list[str], said: ViewLine | None) -> KitView:
    return KitView(
        id=shown_id,
        variant_id=encode("variant", kit.variant_id),
        product_id=None if kit.product_id is None else encode("product", kit.product_id),
        sku=kit.sku,
        title=kit.title,
        variant_title=kit.variant_title,
        image_key=kit.image_key,
        quantity=kit.quantity,
        unit_price=kit.unit_price,
        subtotal=kit.subtotal,
        discount=kit.discount,
        net=kit.net,
        tax=kit.tax,
        total=kit.total,
        line_ids=line_ids,
        answers=answers_shown(
            kit.answers,
            {} if said is None else said.configuration,
            kit.total.currency,
            {} if said is None else said.files,
        ),
    )
