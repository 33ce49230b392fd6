"""Ids are the same whoever makes them."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from argosy.kernel import ids
from argosy.runtime import db


def test_what_the_driver_makes_is_a_uuid_like_any_other() -> None:
    assert db._values.UUID is ids._made
    made = ids.new_id()
    plain = UUID(made.hex)
    assert type(made) is not UUID
    assert isinstance(made, UUID)
    assert (made, hash(made), str(made), made.int) == (plain, hash(plain), str(plain), plain.int)
    assert {made: 1}[plain] == {plain: 1}[made] == 1
    assert sorted([UUID(int=2**128 - 1), made, UUID(int=0)])[1] is made
    assert msgspec.json.encode({"id": made}) == msgspec.json.encode({"id": plain})
    assert msgspec.convert(made, UUID) == plain
    assert ids.decode("order", ids.encode("order", made)) == plain


def test_ids_are_new_and_in_order() -> None:
    made = [ids.new_id() for _ in range(5_000)]
    assert len(set(made)) == 5_000
    assert made == sorted(made)
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}


def test_without_the_driver_ids_are_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_made", ids._plain)
    assert type(ids.new_id()) is UUID
