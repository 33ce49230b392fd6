"""Things with a public path, where their names hold, and what a path answers."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

Kind = Literal["product", "category", "collection", "brand"]
KINDS: Final[tuple[Kind, ...]] = ("product", "category", "collection", "brand")
EVERYWHERE: Final = UUID(int=0)
"""As a channel: every channel."""


class Scope(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Where a name or a redirect holds: a channel (EVERYWHERE: all), a locale (empty: all)."""

    channel_id: UUID = EVERYWHERE
    locale: str = ""


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """Something with a path of its own."""

    kind: Kind
    id: UUID


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A slug (of a category: its path) that a thing has or had in a scope. `version` guards changes
    of a present one.
    """

    thing: Thing
    scope: Scope
    name: str
    present: bool
    version: int = 0


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What answers for a deleted thing: `moved` leads to `target`; `gone` may suggest it."""

    answer: Literal["moved", "gone"]
    target: Thing | None = None


class GivenRedirect(msgspec.Struct, frozen=True, kw_only=True):
    """A redirect to make: a thing, or a path or https address as `target`; `gone` needs neither."""

    path: str
    scope: Scope = Scope()
    answer: Literal["moved", "gone"] = "moved"
    thing: Thing | None = None
    target: str | None = None


class Redirect(msgspec.Struct, frozen=True, kw_only=True):
    """A redirect that somebody made."""

    id: UUID
    path: str
    scope: Scope
    answer: Literal["moved", "gone"]
    thing: Thing | None
    target: str | None
    made_at: datetime


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """The path is that of this thing. `shown`: the channel shows it now."""

    thing: Thing
    path: str
    shown: bool


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What was here is at `target`: a path of the shop, or an address elsewhere."""

    target: str
    thing: Thing | None = None
    shown: bool = True


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """What was here was taken away for good; `replacement` may be shown in its place."""

    replacement: str | None = None


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is and nothing ever was here."""
