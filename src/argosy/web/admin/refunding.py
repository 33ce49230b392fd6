"""What units of an order come to, for a refund that is meant by lines and made as an amount."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.reads.order_view import OrderView, ViewLine
from argosy.web.pages.forms import Form, whole_number


def wanted_units(form: Form, lines: Sequence[ViewLine]) -> dict[UUID, int]:
    """How many units of each line the form names (`units.<line>`); what makes no sense is none."""
    found = {}
    for line in lines:
        text = form[f"units.{encode('order_line', line.id)}"]
        found[line.id] = whole_number(text, least=0, most=line.quantity) or 0
    return found


def amount_of(order: OrderView, units: Mapping[UUID, int], *, shipping: bool) -> Money:
    """What these units cost with tax and after discounts; of a line in parts, the earlier units
    have the larger cents, so that all parts together are the line. `shipping`: with all of it.
    """
    minor = order.shipping_minor if shipping else 0
    for line in order.lines:
        wanted = units.get(line.id, 0)
        # -(-a // b) rounds up: so many units from the first on, by largest remainder.
        minor += -(-line.total_minor * wanted // line.quantity)
    return Money(minor, order.currency)
