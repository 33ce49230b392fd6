"""The lines of orders as answers show them."""

from collections.abc import Mapping, Sequence

import msgspec

from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules.quote import Answer
from argosy.reads.order_view import OrderView, ViewLine
from argosy.web.answer_views import AnswerView, answers_shown


class OrderLineView(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was bought. `answers` are what the shopper said; what they added is in the
    unit's price. What was said of a kit stands with the kit.
    """

    id: str
    variant_id: str
    product_id: str
    sku: str
    title: str
    variant_title: str
    options: dict[str, str]
    configuration: dict[str, str]
    image_key: str | None
    quantity: int
    requires_shipping: bool
    unit_price: Money
    subtotal: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    answers: list[AnswerView]

    @classmethod
    def of(
        cls, line: ViewLine, currency: str, said: Mapping[str, Sequence[Answer]], *, told: bool
    ) -> "OrderLineView":
        """As answers show it; `said`: the answers of the order's lines by their public ids; `told`:
        in the words that the shopper read.
        """
        line_id = encode("order_line", line.id)
        words = (line.told if told else None) or line
        return cls(
            id=line_id,
            variant_id=encode("variant", line.variant_id),
            product_id=encode("product", line.product_id),
            sku=line.sku,
            title=words.title,
            variant_title=words.variant_title,
            options=words.options,
            configuration=line.configuration,
            image_key=line.image_key,
            quantity=line.quantity,
            requires_shipping=line.requires_shipping,
            unit_price=Money(line.unit_minor, currency),
            subtotal=Money(line.subtotal_minor, currency),
            discount=Money(line.discount_minor, currency),
            net=Money(line.net_minor, currency),
            tax=Money(line.tax_minor, currency),
            total=Money(line.total_minor, currency),
            answers=answers_shown(said.get(line_id, ()), line.configuration, currency, line.files),
        )


def said_by_line(order: OrderView) -> dict[str, ViewLine]:
    """The lines by their public ids: what was chosen and said of a kit stands with each part."""
    return {encode("order_line", line.id): line for line in order.lines}
