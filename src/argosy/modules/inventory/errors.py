"""Why an inventory use case stops.

ArgosyError
├── NotFound ─┬─ LocationNotFound
│             ├─ LevelNotFound
│             ├─ ReservationNotFound
│             └─ TransferNotFound
├── Invalid ──┬─ QuantityInvalid     not a whole number in range
│             ├─ TooManyItems        split the message
│             ├─ InstantInFuture      nothing is counted tomorrow
             ├─ TransferInvalid     to the place it comes from, or more than is on its way
             └─ BucketBelowZero     more than is in quarantine or expected
└── Conflict ─┬─ OutOfStock          some lines cannot be promised
              ├─ AlreadyAllocated    the order is allocated with other lines
              ├─ NotAllocated        nothing to ship
              ├─ TooManyShipped      more than is left to ship
              ├─ FactReused          same key, other content
              ├─ LocationCodeTaken
              └─ LocationChanged     edited by somebody else meanwhile
"""

from __future__ import annotations

from collections.abc import Sequence

from argosy.kernel import ids
from argosy.kernel.errors import Conflict, Invalid, NotFound
from argosy.modules.inventory.types import ShortLine


class OutOfStock(Conflict):
    """Some lines want more than can be promised from the channel's locations.

    `lines` names each of them with the quantity wanted and the quantity available. Nothing was
    reserved, for the other lines either. Reduce those quantities or remove the lines, then try
    again; stock that others hold unpaid becomes free after some minutes.
    """

    code = "inventory.out_of_stock"
    usual_cure = "Reduce the quantity to what is available, or remove the line."

    def __init__(self, lines: Sequence[ShortLine]) -> None:
        self.lines = tuple(lines)
        super().__init__(
            "Not enough stock for some lines.",
            cure="Reduce the quantity to what is available, or remove the line.",
            lines=[
                {
                    "variant_id": ids.encode("variant", line.variant_id),
                    "wanted": line.wanted,
                    "available": line.available,
                }
                for line in self.lines
            ],
        )


class AlreadyAllocated(Conflict):
    """The order's stock is already allocated, with other lines than these.

    Cancel the allocation before reserving other lines for the same order.
    """

    code = "inventory.already_allocated"
    usual_cure = "Cancel the allocation before other lines are reserved for the same order."


class NotAllocated(Conflict):
    """The order has no allocated stock, so nothing can be shipped for it.

    It was not confirmed, or it was cancelled, or everything has been shipped.
    """

    code = "inventory.not_allocated"
    usual_cure = "Confirm the order first; look at its timeline if it was shipped or cancelled."


class TooManyShipped(Conflict):
    """A shipment names more units than are left to ship of the order.

    `lines` tells what remains for each. Correct the quantities, or look for an earlier shipment.
    """

    code = "inventory.too_many_shipped"
    usual_cure = "Ship at most what `lines` says is left of each."


class FactReused(Conflict):
    """The key of this stock message was used before, with other content.

    A message is applied once. Give a correction an identifier of its own.
    """

    code = "inventory.message_reused"
    usual_cure = "Give a correction an identifier of its own."


class LocationCodeTaken(Conflict):
    """Another location has this code. Codes are unique; choose another."""

    code = "inventory.location_code_taken"
    usual_cure = "Choose another code."


class LocationChanged(Conflict):
    """The location was changed since you read it. Read it again, then decide."""

    code = "inventory.location_changed"
    usual_cure = "Read the location again, and repeat the change with its new `ETag` in `If-Match`."


class LocationNotFound(NotFound):
    """There is no location with this id or code."""

    code = "inventory.location_not_found"
    usual_cure = "Use the id or code of a location that `GET /admin/v1/locations` lists."


class LevelNotFound(NotFound):
    """This variant has never had stock at this location. Count or adjust it there first."""

    code = "inventory.level_not_found"
    usual_cure = "Count or adjust the variant at this location first."


class ReservationNotFound(NotFound):
    """No stock was ever reserved for this order."""

    code = "inventory.reservation_not_found"
    usual_cure = "Check the order's id; stock is reserved when the order is placed."


class TransferNotFound(NotFound):
    """There is no stock transfer with this id. The answer to the transfer gave it."""

    code = "inventory.transfer_not_found"
    usual_cure = "Use the id that `POST /admin/v1/stock-transfers` answered."


class TransferInvalid(Invalid):
    """A transfer goes to the place it comes from, or a receipt names more of a variant than is
    still on its way with this transfer. Nothing was moved.
    """

    code = "inventory.transfer_invalid"
    usual_cure = "Name two locations, and receive at most what `in_transit` says is on its way."


class QuantityInvalid(Invalid):
    """A quantity is not a whole number in the range allowed here.

    Ordered quantities are 1 to 1,000,000,000 stock units, counts 0 to that, movements up to that in
    either direction.
    """

    code = "inventory.quantity_invalid"
    usual_cure = "Send a whole number of at most 1,000,000,000."


class TooManyItems(Invalid):
    """A stock message has no items or more than 1,000. Send it in parts, each with its own id."""

    code = "inventory.too_many_items"
    usual_cure = "Send 1 to 1,000 items at once, each part with its own id."


class InstantInFuture(Invalid):
    """A count or a movement says that it happens in the future.

    It would make every count until then look outdated. Correct the clock or the time zone of what
    sent it, then send it again.
    """

    code = "inventory.instant_in_future"
    usual_cure = "Correct the clock or the time zone of what sent it."


class BucketBelowZero(Invalid):
    """More units would leave quarantine, or stop being expected, than there are.

    Read the level, then correct the quantity. (Stock on hand itself may fall below zero.)
    """

    code = "inventory.bucket_below_zero"
    usual_cure = "Read the level, then correct the quantity."
