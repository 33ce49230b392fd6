"""What was decided about goods that come into the EU for a sale, as answers show it."""

from typing import Any

import msgspec

from argosy.kernel.money import Money
from argosy.modules.quote import Imported


class ImportView(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that come into the EU for this purchase. `ioss`: the VAT of the destination is charged
    now. `import_vat`: none is, the recipient owes it and duties on delivery, and `note` says so.

    `value` is that of the goods without tax, shipping and fees; up to `limit` it is `ioss`.
    `reason` is `within_limit`, `over_limit`, `excise` (goods under excise duty) or `business` (a
    buyer with a VAT id).
    """

    scheme: str
    reason: str
    value: Money
    limit: Money
    dispatched_from: str
    note: str

    @classmethod
    def of(cls, found: Imported | None, currency: str) -> "ImportView | None":
        """As answers show it; the seller's number is not for shoppers."""
        if found is None:
            return None
        return cls(
            scheme=found.scheme,
            reason=found.reason,
            value=Money(found.value_minor, currency),
            limit=Money(found.limit_minor, currency),
            dispatched_from=found.dispatched_from,
            note=found.note,
        )


def order_import(frozen: dict[str, Any], currency: str) -> ImportView | None:
    """The same of an order, from its frozen quote."""
    found = frozen.get("imported")
    return None if found is None else ImportView.of(msgspec.convert(found, Imported), currency)
