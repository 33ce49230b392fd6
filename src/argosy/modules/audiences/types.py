"""Audiences of a channel, and what is shown to them only."""

from collections.abc import Mapping
from typing import Final, Literal
from uuid import UUID

import msgspec

Hides = Literal["goods", "price"]
"""Goods: not shown at all. Price: shown without its price. Neither can be bought by others."""
SubjectKind = Literal["channel", "product", "variant"]


class SetAudience(msgspec.Struct, frozen=True, kw_only=True):
    """An audience as it is to be: customers of any of the groups; without groups, all customers who
    are signed in. Of several that fit a customer the highest priority is theirs, then the code.
    """

    code: str
    name: str
    groups: tuple[str, ...] = ()
    priority: int = 0


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """A stored audience. Its id is that of the shop window that is kept for it; until that is
    `ready`, its customers are shown what everybody is. Not `active`: it was ended, and nobody
    belongs to it any more.
    """

    id: UUID
    channel_id: UUID
    code: str
    name: str
    groups: tuple[str, ...]
    priority: int
    active: bool
    ready: bool = False


class Restriction(msgspec.Struct, frozen=True, kw_only=True):
    """A product, a variant, or all of a channel, with what is hidden from all but the audiences.

    `subject_id` is the id of the product, the variant, or the channel itself.
    """

    subject_kind: SubjectKind
    subject_id: UUID
    hides: Hides
    audiences: tuple[str, ...]


class Visibility(msgspec.Struct, frozen=True, kw_only=True):
    """The audiences of a channel (those that are active), and its restrictions by their subject."""

    audiences: tuple[Audience, ...] = ()
    restrictions: Mapping[UUID, Restriction] = {}

    @property
    def differs(self) -> bool:
        """Whether anything is shown to some and not to others."""
        return bool(self.audiences or self.restrictions)


OPEN: Final = Visibility()
"""Everybody sees everything."""
