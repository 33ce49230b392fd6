"""Pure decisions of staff: scopes, rights, passwords, names. No clock, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from argosy.kernel.text import is_storable, tidy
from argosy.modules.staff.errors import (
    BeyondOwnRights,
    Forbidden,
    ProofNeeded,
    RoleUnknown,
    ScopeUnknown,
    SecondFactorRequired,
    StaffInvalid,
)
from argosy.modules.staff.types import Actor, Factor, Role

AREAS = (
    "audit",
    "catalog",
    "changes",
    "channels",
    "costs",
    "customers",
    "events",
    "inventory",
    "keys",
    "ledger",
    "orders",
    "payments",
    "prices",
    "promotions",
    "reviews",
    "settings",
    "shipping",
    "staff",
    "taxes",
)
EVERYTHING = "*"
SCOPES = frozenset(f"{area}:{verb}" for area in AREAS for verb in ("read", "write"))

SESSION_LENGTH = timedelta(hours=12)
SESSION_IDLE = timedelta(hours=2)
LONGEST_KEY = timedelta(days=3653)

SHORTEST_PASSWORD = 12

TICKET_LENGTH = timedelta(minutes=5)
PROOF_HOLDS = timedelta(minutes=15)
CODE_DIGITS = 6
RECOVERY_CODES = 10
RECOVERY_LENGTH = 10
_PROVED_BY = {"passkey": "passkey", "totp": "one_time_code"}
RECOVERY_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without what is read as another (0 and o, 1 and l and i): ten of them are 49 bits."""


def covers(granted: Iterable[str], scope: str) -> bool:
    """Whether `granted` allows `scope`: itself, the area's write for its read, or everything."""
    held = granted if isinstance(granted, frozenset | set) else frozenset(granted)
    area, _, verb = scope.partition(":")
    return scope in held or EVERYTHING in held or (verb == "read" and f"{area}:write" in held)


def missing(granted: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """The wanted scopes that `granted` does not allow, sorted."""
    held = frozenset(granted)
    return sorted(scope for scope in set(wanted) if not covers(held, scope))


def shared(first: Iterable[str], second: Iterable[str]) -> frozenset[str]:
    """What both sets of scopes allow (DOMAIN.md Q6: a key acts within its owner's rights)."""
    one, two = frozenset(first), frozenset(second)
    return frozenset(
        {s for s in one | two if covers(one, s) and covers(two, s)}
        | ({EVERYTHING} if EVERYTHING in one and EVERYTHING in two else set())
    )


def check_allowed(actor: Actor, scope: str) -> None:
    """Raises Forbidden naming the scope that `actor` lacks, SecondFactorRequired."""
    if actor.must_enrol:
        raise SecondFactorRequired("Your role asks for a second factor. Set one up first.")
    if not covers(actor.scopes, scope):
        raise Forbidden(
            f"This needs the scope {scope!r}.",
            cure="Use a key or an account that has it.",
            scope=scope,
        )


def check_proved(actor: Actor, now: datetime) -> None:
    """Raises ProofNeeded when a person last showed who they are more than fifteen minutes ago. Keys
    and the machine itself hold nothing that somebody could have left open: scopes limit them.
    `methods` of the problem says what counts as a proof for this person.
    """
    if actor.kind == "staff" and (actor.proved_at is None or actor.proved_at <= now - PROOF_HOLDS):
        methods = ways_to_prove(actor.factors)
        raise ProofNeeded("Show once more that it is you.", methods=methods)


def ways_to_prove(kinds: Iterable[str]) -> list[str]:
    """How a person with these kinds of factors shows who they are; without any, by password."""
    held = set(kinds)
    ways = [way for kind, way in _PROVED_BY.items() if kind in held]
    return [*ways, "recovery_code"] if ways else ["password"]


def has_factor(factors: Iterable[Factor]) -> bool:
    """Whether a confirmed factor is among them; recovery codes alone are none."""
    return any(f.kind != "recovery" and f.confirmed_at is not None for f in factors)


def neat_code(code: str) -> str:
    """A code as people type it (`123 456`, `ABCDE-fghjk`), in its compared form."""
    return code.replace(" ", "").replace("-", "").lower()[:40]


def check_within_rights(actor: Actor, scopes: Iterable[str]) -> None:
    """Raises BeyondOwnRights when `scopes` go beyond what `actor` may do (DOMAIN.md Q6)."""
    lacking = missing(actor.scopes, scopes)
    if lacking:
        raise BeyondOwnRights(
            "You cannot give or manage rights that you do not have yourself.", missing=lacking
        )


def scopes_of(roles: Sequence[Role], names: Iterable[str]) -> frozenset[str]:
    """The scopes of the named roles together. Raises RoleUnknown, also for no role at all."""
    by_name = {role.name: role for role in roles}
    wanted = list(names)
    for name in wanted:
        if name not in by_name:
            raise RoleUnknown(
                f"There is no role {name[:60]!r}.",
                field="roles",
                cure="One of: " + ", ".join(by_name) + ".",
            )
    if not wanted:
        raise RoleUnknown("At least one role is needed.", field="roles")
    return frozenset().union(*(by_name[name].scopes for name in wanted))


def checked_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Scopes of a key, each once and sorted. Raises ScopeUnknown, also for none."""
    wanted = sorted(set(scopes))
    for scope in wanted:
        if scope not in SCOPES and scope != EVERYTHING:
            raise ScopeUnknown(
                f"{scope[:60]!r} is not a scope.",
                field="scopes",
                cure="Write `<area>:read` or `<area>:write`; areas: " + ", ".join(AREAS) + ".",
            )
    if not wanted:
        raise ScopeUnknown("A secret key needs at least one scope.", field="scopes")
    return tuple(wanted)


def checked_name(name: str, *, longest: int = 120, field: str = "name") -> str:
    """A name with its spaces tidied. Raises StaffInvalid if empty, long or unreadable."""
    neat = tidy(name)
    if not 0 < len(neat) <= longest or not is_storable(neat):
        raise StaffInvalid(f"A name has 1 to {longest} readable characters.", field=field)
    return neat
