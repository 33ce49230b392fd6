"""What requests about stock hold and what answers show."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from argosy.kernel.errors import Invalid
from argosy.kernel.ids import decode, encode
from argosy.kernel.wall_clock import in_utc
from argosy.modules import inventory
from argosy.modules.inventory import MAX_QUANTITY, Count, Fact, FactPosted, Movement
from argosy.reads.stock_list import LevelInList
from argosy.workflows.stock_facts import FeedItem, FeedMessage

Id = Annotated[str, msgspec.Meta(max_length=60)]
Reason = Annotated[
    str, msgspec.Meta(pattern=r"\S", min_length=1, max_length=200, examples=["Broken in transit"])
]
Change = Annotated[int, msgspec.Meta(ge=-MAX_QUANTITY, le=MAX_QUANTITY, examples=[5])]
Units = Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)]
Counted = Annotated[int, msgspec.Meta(ge=0, le=MAX_QUANTITY)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Sku = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=63, examples=["main"])]
_SOME = msgspec.Meta(min_length=1, max_length=inventory.MAX_ITEMS)


class FeedItemInvalid(Invalid):
    """An item of a stock message gives both a count (`on_hand`) and a movement (`moved`), or
    neither. Give exactly one of them.
    """

    code = "inventory.feed_item_invalid"
    usual_cure = "Send either `on_hand` or `moved` for each item."


class AdjustmentItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units came (positive) or went. `expected` must be the present on_hand, if given."""

    variant_id: Id
    location_id: Id
    quantity: Change
    expected: Change | None = None


class AdjustmentBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units that came or went, and why."""

    reason: Reason
    items: Annotated[list[AdjustmentItem], _SOME]

    def fact(self, key: str, by: str) -> Fact:
        """The fact in the body."""
        items = tuple(
            Movement(
                variant_id=_variant(item, n),
                location_id=_location(item, n),
                on_hand=item.quantity,
                expected=item.expected,
            )
            for n, item in enumerate(self.items)
        )
        return Fact(key=key, kind="adjustment", reason=self.reason, actor=by, items=items)


class CountItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units were on the shelf as of `as_of` (now, if left out), quarantine included.

    `expected`, if given, must be what was recorded as of then.
    """

    variant_id: Id
    location_id: Id
    on_hand: Counted
    as_of: Instant | None = None
    expected: Change | None = None


class CountBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was counted, and on which occasion."""

    reason: Reason
    items: Annotated[list[CountItem], _SOME]

    def fact(self, key: str, by: str) -> Fact:
        """The fact in the body."""
        items = tuple(
            Count(
                variant_id=_variant(item, n),
                location_id=_location(item, n),
                on_hand=item.on_hand,
                as_of=in_utc(item.as_of, f"items.{n}.as_of"),
                expected=item.expected,
            )
            for n, item in enumerate(self.items)
        )
        return Fact(key=key, kind="count", reason=self.reason, actor=by, items=items)


class ReturnItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units came back."""

    variant_id: Id
    location_id: Id
    quantity: Units


class ReturnBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Goods that came back."""

    reason: Reason
    items: Annotated[list[ReturnItem], _SOME]

    def fact(self, key: str, by: str) -> Fact:
        """The fact in the body."""
        items = tuple(
            inventory.returned(_variant(item, n), _location(item, n), item.quantity)
            for n, item in enumerate(self.items)
        )
        return Fact(key=key, kind="return", reason=self.reason, actor=by, items=items)


class DispositionItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units leave quarantine: for sale again if `sellable`, else off the shelf."""

    variant_id: Id
    location_id: Id
    quantity: Units
    sellable: bool


class DispositionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the inspection of goods in quarantine found."""

    reason: Reason
    items: Annotated[list[DispositionItem], _SOME]

    def fact(self, key: str, by: str) -> Fact:
        """The fact in the body."""
        items = tuple(
            inventory.disposed(
                _variant(item, n), _location(item, n), item.quantity, sellable=item.sellable
            )
            for n, item in enumerate(self.items)
        )
        return Fact(key=key, kind="disposition", reason=self.reason, actor=by, items=items)


class FeedItemBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A SKU at a location, by their codes: either counted (`on_hand`) or changed (`moved`).

    `as_of` is when it was so; left out, it is now. A till may report less than nothing on hand.
    """

    sku: Sku
    location: Code
    on_hand: Change | None = None
    moved: Change | None = None
    as_of: Instant | None = None
    expected: Change | None = None


class FeedMessageBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message of another system. `sequence` orders its counts, however they arrive."""

    message_id: Annotated[
        str, msgspec.Meta(pattern="^[!-~]{1,200}$", max_length=200, examples=["wms-20261121-0200"])
    ]
    items: Annotated[
        list[FeedItemBody],
        msgspec.Meta(
            min_length=1,
            max_length=inventory.MAX_ITEMS,
            examples=[[{"sku": "WS12-M-Orange", "location": "main", "on_hand": 12}]],
        ),
    ]
    sequence: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None

    def message(self, feed: str) -> FeedMessage:
        """The message in the body. Raises FeedItemInvalid, TimeOutOfRange."""
        for n, item in enumerate(self.items):
            if (item.on_hand is None) == (item.moved is None):
                raise FeedItemInvalid(
                    "An item is a count or a movement.",
                    field=f"items.{n}",
                    cure="Give exactly one of on_hand and moved.",
                )
        return FeedMessage(
            feed=feed,
            message=self.message_id,
            sequence=self.sequence,
            items=tuple(
                FeedItem(
                    **msgspec.structs.asdict(item)
                    | {"as_of": in_utc(item.as_of, f"items.{n}.as_of")}
                )
                for n, item in enumerate(self.items)
            ),
        )


class SellingBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a level sells; a member left out (or null) stays.

    `safety_stock` is kept back (below zero: oversold on purpose), `backorder_limit` is how many may
    be promised beyond the shelf, and from `low_threshold` downwards it is shown as low.
    """

    safety_stock: Change | None = None
    backorder_limit: Counted | None = None
    low_threshold: Counted | None = None


class LevelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A variant at a location. `sellable` is on_hand less reserved, allocated, quarantine and
    safety_stock.

    `oversold`: units promised beyond stock and backorder limit, after a physical fact.
    """

    variant_id: str
    location_id: str
    on_hand: int
    reserved: int
    allocated: int
    quarantine: int
    incoming: int
    sellable: int
    safety_stock: int
    backorder_limit: int
    low_threshold: int
    oversold: int
    counted_as_of: datetime | None

    @classmethod
    def of(cls, level: inventory.Level) -> "LevelRow":
        """As answers show it."""
        shown = msgspec.structs.asdict(level) | _shown_key(level) | {"sellable": level.sellable}
        return cls(**shown)


class StockRow(msgspec.Struct, frozen=True, kw_only=True):
    """A level, what it is of and where. `standing`: oversold, out, low or available."""

    level: LevelRow
    sku: str
    title: str
    location: str
    standing: str

    @classmethod
    def of(cls, row: LevelInList) -> "StockRow":
        """As answers show it."""
        named = {name: getattr(row, name) for name in inventory.Level.__struct_fields__}
        return cls(
            level=LevelRow.of(inventory.Level(**named)),
            sku=row.sku,
            title=row.name,
            location=row.location_code,
            standing=row.standing,
        )


class StockPostedItem(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an item: applied, unchanged, stale (a newer count is known) or mismatch.

    `moved` is the change of on_hand; on_hand and sellable are as they are after it.
    """

    variant_id: str
    location_id: str
    outcome: str
    moved: int
    on_hand: int
    sellable: int


class StockPosted(msgspec.Struct, frozen=True, kw_only=True):
    """The items in the order they were sent. `repeated`: this was applied before, and not again."""

    key: str
    repeated: bool
    items: list[StockPostedItem]

    @classmethod
    def of(cls, posted: FactPosted) -> "StockPosted":
        """As answers show it."""
        items = [
            StockPostedItem(**(msgspec.structs.asdict(item) | _shown_key(item)))
            for item in posted.items
        ]
        return cls(key=posted.key, repeated=posted.repeated, items=items)


class JournalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a level's buckets, its cause, and what it left.

    `source` is an order's id, or the id of a stock document.
    """

    occurred_at: datetime
    recorded_at: datetime
    reason: str
    source_kind: str
    source: str
    actor: str
    request_id: str | None
    on_hand: int
    reserved: int
    allocated: int
    quarantine: int
    incoming: int
    on_hand_after: int
    sellable_after: int

    @classmethod
    def of(cls, entry: inventory.JournalEntry) -> "JournalRow":
        """As answers show it."""
        shown: dict[str, Any] = msgspec.structs.asdict(entry)
        of_order = entry.source_kind == "order"
        source = encode("order", entry.source_id) if of_order else str(entry.source_id)
        shown |= {"source": source, "request_id": shown.pop("correlation")}
        del shown["id"], shown["source_id"]
        return cls(**shown)


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """How far a feed has come: the newest sequence and as-of time it told."""

    name: str
    sequence: int | None
    as_of: datetime
    last_message: str
    messages: int
    received_at: datetime

    @classmethod
    def of(cls, feed: inventory.FeedState) -> "FeedRow":
        """As answers show it."""
        return cls(**msgspec.structs.asdict(feed))


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded fact about stock. `id` is the `source` of its entries in the journal."""

    id: str
    key: str
    kind: str
    reason: str
    actor: str
    feed: str | None
    sequence: int | None
    item_count: int
    created_at: datetime

    @classmethod
    def of(cls, document: inventory.Document) -> "DocumentRow":
        """As answers show it."""
        return cls(
            id=str(document.id),
            key=document.key,
            kind=document.kind,
            reason=document.reason,
            actor=document.actor,
            feed=document.feed,
            sequence=document.sequence,
            item_count=len(document.items),
            created_at=document.created_at,
        )


def _shown_key(item: inventory.Level | inventory.FactItem) -> dict[str, str]:
    return {
        "variant_id": encode("variant", item.variant_id),
        "location_id": encode("location", item.location_id),
    }


Item = AdjustmentItem | CountItem | ReturnItem | DispositionItem


def _variant(item: Item, number: int) -> UUID:
    return decode("variant", item.variant_id, field=f"items.{number}.variant_id")


def _location(item: Item, number: int) -> UUID:
    return decode("location", item.location_id, field=f"items.{number}.location_id")
