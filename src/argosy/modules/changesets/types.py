"""What a change set is made of. Images are in the shape of the product format, or of a promotion's
input; instants are UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

State = Literal["draft", "scheduled", "published", "rolled_back", "cancelled"]
Kind = Literal["product", "promotion"]
Side = Literal["mine", "theirs"]
Image = dict[str, Any]


class ChangeSet(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of edits; they are read page by page. `version` counts every change of it.

    `problem`: why it was not published when its time came. `local_time` is what the clocks of
    `time_zone` show at `scheduled_for`, where it was scheduled by them.
    """

    id: UUID
    name: str
    note: str
    state: State
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


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """What a set does to one thing. `change` is the tri-state input; `base` the thing as it was
    when that was staged, at `base_version`, and `staged` as it was to be then.

    `before` and `after` are the thing around the publication; None until then.
    """

    entity_id: UUID
    kind: Kind
    label: str
    change: Image
    base: Image
    staged: Image
    base_version: int
    staged_by: str
    staged_at: datetime
    before: Image | None = None
    after: Image | None = None


class NewEdit(msgspec.Struct, frozen=True, kw_only=True):
    """An edit that takes the place of the one of the same thing."""

    entity_id: UUID
    kind: Kind
    label: str
    change: Image
    base: Image
    staged: Image
    base_version: int


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What a thing was like before and after its set was published."""

    entity_id: UUID
    before: Image
    after: Image


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """When a set is to be published: the instant, and what the clocks of a zone show then."""

    at: datetime
    local_time: str | None = None
    time_zone: str | None = None


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """One field that two have changed: what it was, what the set makes it, what it is by now.

    `path` is such as `variants[MUG-1].prices.usd`; empty: the thing itself is gone.
    """

    path: str
    base: Any
    mine: Any
    theirs: Any
