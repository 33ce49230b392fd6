"""Change sets as requests and answers write them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.modules import changesets
from argosy.modules.cart import MAX_LINES
from argosy.modules.changesets import ChangeSet, Due, Edit, Kind
from argosy.modules.projections import ProductDocument
from argosy.modules.quote import Quote
from argosy.web.api.admin.fee_trials import TrialLine
from argosy.web.api.admin.import_plans import ChangeView
from argosy.web.api.admin.wall_times import Instant, LocalTime, TimeNotice, Times
from argosy.workflows.change_preview import ProductPreview, QuotePreview
from argosy.workflows.change_rollback import Decision
from argosy.workflows.change_staging import MAX_STAGED, Conflict, Mode, changes_of
from argosy.workflows.change_writing import Wish, public_id
from argosy.workflows.fee_trials import FeeTrial
from argosy.workflows.placement import WantedItem

Id = Annotated[str, Meta(max_length=60)]
Name = Annotated[str, Meta(pattern=r"\S", min_length=1, max_length=200, examples=["Autumn launch"])]
Note = Annotated[str, Meta(max_length=5_000)]
Path = Annotated[str, Meta(max_length=1_000, examples=["variants[MUG-1].prices.usd"])]


class ChangeSetBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a change set is called, and what for."""

    name: Name
    note: Note = ""


class EditBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An edit of one product or promotion.

    `change` of a product is a record of the product format with what is to
    change: left out is kept, null cleared; variants by `sku`, with `prices` by price list. Of a
    promotion: `name`, `document`, `channels`, `needs_coupon`, `limits`, `state`.
    """

    entity_id: Id
    change: Annotated[dict[str, Any], Meta(min_length=1)]


class EditsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Edits to stage, all or none. `merge` adds to what the set has of the same thing, `replace`
    takes its place.
    """

    edits: Annotated[list[EditBody], Meta(min_length=1, max_length=MAX_STAGED)]
    mode: Mode = "merge"

    def wishes(self) -> list[Wish]:
        """The wishes. Raises MalformedId."""
        found = []
        for number, edit in enumerate(self.edits):
            kind, entity_id = entity_of(edit.entity_id, field=f"edits.{number}.entity_id")
            found.append(Wish(entity_id, kind, edit.change))
        return found


class ResolutionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of the conflicts of an edit: what stands at the paths in `theirs` is left to the
    others, all else is staged anew over what they did. `version` is that of the conflict.
    """

    version: Annotated[int, Meta(ge=0, le=2**53)]
    theirs: Annotated[list[Path], Meta(max_length=1_000)] = msgspec.field(default_factory=list)


class ScheduleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When to publish: an instant, or what the clocks of a zone show."""

    at: Instant | LocalTime

    def due(self, times: Times) -> Due:
        """The instant, with how it was written. Raises ZoneUnknown, TimeOutOfRange."""
        instant = times.read(self.at, "at")
        assert instant is not None
        if isinstance(self.at, LocalTime):
            shown = self.at.local.isoformat()
            return Due(at=instant, local_time=shown, time_zone=self.at.time_zone)
        return Due(at=instant)


class DecisionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of the fields of a thing that were changed since: `keep` them, or `put_back`."""

    entity_id: Id
    decision: Decision


class RollbackBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Decisions about things that were changed since; `otherwise` is for all others of them."""

    decisions: Annotated[list[DecisionBody], Meta(max_length=1_000)] = msgspec.field(
        default_factory=list
    )
    otherwise: Literal["keep", "put_back"] | None = None

    def decided(self) -> dict[UUID, Decision]:
        """By the id of the thing. Raises MalformedId."""
        return {
            entity_of(one.entity_id, field=f"decisions.{number}.entity_id")[1]: one.decision
            for number, one in enumerate(self.decisions)
        }


class QuotePreviewBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A purchase to quote as of an instant (now without it)."""

    channel_id: Id
    lines: Annotated[list[TrialLine], Meta(min_length=1, max_length=MAX_LINES)]
    at: Instant | None = None
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", examples=["US"])] | None = None
    shipping_method: Annotated[str, Meta(max_length=100)] | None = None

    def trial(self) -> FeeTrial:
        """The purchase. Raises MalformedId."""
        return FeeTrial(
            items=tuple(
                WantedItem(
                    variant_id=decode("variant", line.variant_id, field=f"lines.{n}.variant_id"),
                    quantity=line.quantity,
                    configuration=line.configuration,
                )
                for n, line in enumerate(self.lines)
            ),
            country=self.country,
            shipping_method=self.shipping_method,
        )


class ChangeSetView(msgspec.Struct, frozen=True, kw_only=True):
    """A change set. `problem`: why it was not published when its time came. `notices` tell of a
    local time that a clock change skips or repeats.
    """

    id: str
    name: str
    note: str
    state: changesets.State
    version: int
    edits: int
    created_by: str
    created_at: datetime
    updated_at: datetime
    scheduled_for: datetime | None
    local_time: str | None
    time_zone: str | None
    scheduled_by: str | None
    published_at: datetime | None
    published_by: str | None
    rolled_back_at: datetime | None
    rolled_back_by: str | None
    problem: str
    notices: tuple[TimeNotice, ...] = ()

    @classmethod
    def of(cls, found: ChangeSet, notices: Sequence[TimeNotice] = ()) -> "ChangeSetView":
        """As answers show it."""
        shown = msgspec.structs.asdict(found) | {"id": encode("change_set", found.id)}
        return cls(**shown, notices=tuple(notices))


class EditView(msgspec.Struct, frozen=True, kw_only=True):
    """An edit: the input as it was staged, and what it changes. Of a published set: what it did."""

    entity_id: str
    kind: Kind
    label: str
    change: dict[str, Any]
    changes: tuple[ChangeView, ...]
    base_version: int
    staged_by: str
    staged_at: datetime

    @classmethod
    def of(cls, edit: Edit) -> "EditView":
        """As answers show it."""
        return cls(
            entity_id=public_id(edit.kind, edit.entity_id),
            kind=edit.kind,
            label=edit.label,
            change=edit.change,
            changes=tuple(
                ChangeView(path=one.path, before=one.before, after=one.after)
                for one in changes_of(edit)
            ),
            base_version=edit.base_version,
            staged_by=edit.staged_by,
            staged_at=edit.staged_at,
        )


class ClashView(msgspec.Struct, frozen=True, kw_only=True):
    """A field that two have changed: what it was, what the set makes it, and what it is by now.
    Without a path: the thing itself is gone.
    """

    path: str
    base: Any
    mine: Any
    theirs: Any


class ConflictView(msgspec.Struct, frozen=True, kw_only=True):
    """A product or promotion whose fields others have changed; `by` and `at`: who last did so."""

    entity_id: str
    kind: Kind
    label: str
    version: int | None
    by: str | None
    at: datetime | None
    clashes: tuple[ClashView, ...]

    @classmethod
    def of(cls, found: Conflict) -> "ConflictView":
        """As answers show it."""
        edit = found.edit
        return cls(
            entity_id=public_id(edit.kind, edit.entity_id),
            kind=edit.kind,
            label=edit.label,
            version=found.version,
            by=found.by,
            at=found.at,
            clashes=tuple(ClashView(**msgspec.structs.asdict(one)) for one in found.clashes),
        )


class ConflictsView(msgspec.Struct, frozen=True, kw_only=True):
    """The first hundred conflicts, and how many there are."""

    count: int
    conflicts: tuple[ConflictView, ...]

    @classmethod
    def of(cls, found: Sequence[Conflict]) -> "ConflictsView":
        """As answers show them."""
        shown = tuple(ConflictView.of(one) for one in found[:100])
        return cls(count=len(found), conflicts=shown)


class ProductPreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """A product as the channel would show it at that instant, without and with the set; null: not
    shown.
    """

    at: datetime
    before: ProductDocument | None
    after: ProductDocument | None

    @classmethod
    def of(cls, at: datetime, found: ProductPreview) -> "ProductPreviewView":
        """As answers show it."""
        return cls(at=at, before=found.before, after=found.after)


class PreviewedLineView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a quote: its price for one, and its total after discounts."""

    variant_id: str
    quantity: int
    unit_price: Money
    discount: Money
    total: Money


class PreviewedQuoteView(msgspec.Struct, frozen=True, kw_only=True):
    """What a purchase costs."""

    lines: tuple[PreviewedLineView, ...]
    discount: Money
    tax: Money
    total: Money

    @classmethod
    def of(cls, found: Quote) -> "PreviewedQuoteView":
        """As answers show it."""
        lines = tuple(
            PreviewedLineView(
                variant_id=encode("variant", line.variant_id),
                quantity=line.quantity,
                unit_price=line.unit_price,
                discount=line.discount,
                total=line.total,
            )
            for line in found.lines
        )
        return cls(
            lines=lines, discount=found.discount_total, tax=found.tax_total, total=found.total
        )


class QuotePreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """What a purchase would cost at that instant, without and with the set."""

    at: datetime
    before: PreviewedQuoteView
    after: PreviewedQuoteView

    @classmethod
    def of(cls, at: datetime, found: QuotePreview) -> "QuotePreviewView":
        """As answers show it."""
        return cls(
            at=at,
            before=PreviewedQuoteView.of(found.before),
            after=PreviewedQuoteView.of(found.after),
        )


def entity_of(text: str, *, field: str = "entity_id") -> tuple[Kind, UUID]:
    """The product or promotion of an id. Raises MalformedId."""
    kind: Kind = "promotion" if text.startswith("prm_") else "product"
    return kind, decode(kind, text, field=field)
