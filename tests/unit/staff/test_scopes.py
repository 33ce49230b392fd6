"""The algebra of scopes, and who may give which rights to whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.staff import (
    SCOPES,
    SYSTEM,
    Actor,
    BeyondOwnRights,
    Forbidden,
    Role,
    RoleUnknown,
    ScopeUnknown,
    check_allowed,
    covers,
)
from argosy.modules.staff.rules import (
    check_within_rights,
    checked_scopes,
    missing,
    scopes_of,
    shared,
)

scope_sets = st.frozensets(st.sampled_from([*sorted(SCOPES), "*"]), max_size=8)


def an_actor(*scopes: str) -> Actor:
    return Actor(kind="key", id=None, name="a key", scopes=frozenset(scopes))


def test_write_includes_read_and_nothing_else() -> None:
    assert covers({"orders:write"}, "orders:read")
    assert covers({"orders:write"}, "orders:write")
    assert not covers({"orders:read"}, "orders:write")
    assert not covers({"orders:write"}, "payments:read")
    assert not covers(set(), "orders:read")


def test_everything_covers_every_scope_and_itself() -> None:
    assert all(covers({"*"}, scope) for scope in [*SCOPES, "*"])
    assert not covers(SCOPES, "*")


@given(scope_sets, scope_sets)
def test_Q6_what_is_shared_is_within_both(first: frozenset[str], second: frozenset[str]) -> None:
    both = shared(first, second)
    assert not missing(first, both)
    assert not missing(second, both)
    for scope in SCOPES:
        assert covers(both, scope) == (covers(first, scope) and covers(second, scope))


@given(scope_sets)
def test_nobody_lacks_their_own_scopes(scopes: frozenset[str]) -> None:
    assert missing(scopes, scopes) == []


def test_Q6_nobody_gives_what_they_do_not_have() -> None:
    check_within_rights(an_actor("orders:write", "keys:write"), ["orders:read"])
    check_within_rights(SYSTEM, ["*"])
    with pytest.raises(BeyondOwnRights) as refused:
        check_within_rights(an_actor("orders:read"), ["orders:write", "orders:read", "*"])
    assert refused.value.details["missing"] == ["*", "orders:write"]


def test_forbidden_names_the_missing_scope() -> None:
    check_allowed(an_actor("ledger:write"), "ledger:read")
    with pytest.raises(Forbidden) as refused:
        check_allowed(an_actor("ledger:read"), "ledger:write")
    assert refused.value.details["scope"] == "ledger:write"


def test_roles_add_up_and_unknown_ones_are_refused() -> None:
    roles = [
        Role(name=n, title=n, description=n, scopes=frozenset(s))
        for n, s in {"a": {"orders:read"}, "b": {"prices:write"}}.items()
    ]
    assert scopes_of(roles, ["a", "b"]) == {"orders:read", "prices:write"}
    for names in (["c"], []):
        with pytest.raises(RoleUnknown):
            scopes_of(roles, names)


def test_scopes_of_a_key_are_known_words() -> None:
    assert checked_scopes(["orders:read", "catalog:write", "orders:read"]) == (
        "catalog:write",
        "orders:read",
    )
    for scopes in ([], ["orders"], ["orders:delete"], ["*:read"], ["orders:read "]):
        with pytest.raises(ScopeUnknown):
            checked_scopes(scopes)
