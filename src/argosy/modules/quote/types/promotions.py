"""A promotion as data, and what can be wrong with it."""

from typing import Annotated, Literal

import msgspec

from argosy.modules.quote.types.actions import Action
from argosy.modules.quote.types.conditions import Condition
from argosy.modules.quote.types.values import Floor, Name, Whole, Window

Phase = Literal["sale", "line", "order", "shipping"]
"""In this order (D2): the price list's sale, goods one by one, the cart as a whole, shipping."""
PHASES: tuple[Phase, ...] = ("sale", "line", "order", "shipping")


class Promotion(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One version of a promotion: under which conditions what is given, and how it combines.

    Promotions are applied phase by phase; within a phase by `priority` (low first), then fixed
    prices before percentages before amounts (D2), then by id: never by time of creation. All that
    qualify are applied, unless they exclude each other: by `combines_with` (the phases a promotion
    may share a cart with; both must agree), `exclusive` (with none), or `group`. In a group a unit
    is used once, or (`group_scope` "cart") one promotion a cart. Among those that exclude each
    other the choice is what is best for the customer (D3). `stop`: none after it, once it applied.

    `reason` is what the shopper reads. `honour_s`: how long after its end it still holds for carts
    that had it before (D16). `budget` names the pot that pays for it; the engine passes it on.
    """

    id: Name
    name: Name
    phase: Phase
    action: Action
    version: Annotated[int, msgspec.Meta(ge=1)] = 1
    reason: str = ""
    when: Condition | None = None
    window: Window | None = None
    honour_s: Whole = 0
    priority: int = 0
    combines_with: tuple[Phase, ...] = PHASES
    exclusive: bool = False
    group: Name | None = None
    group_scope: Literal["unit", "cart"] = "unit"
    stop: bool = False
    floor: Floor | None = None
    budget: Name | None = None


class Disabled(msgspec.Struct, frozen=True, kw_only=True):
    """A stored promotion that this version cannot evaluate: it is left out, the cart is not."""

    id: str
    version: int
    path: str
    reason: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a promotion's document, and where. An error keeps it from being saved."""

    path: str
    code: str
    reason: str
    severity: Literal["error", "warning"] = "error"
