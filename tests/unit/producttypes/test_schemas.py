"""Schemas of product types and the score of a product: pure rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.producttypes import (
    BUILT_IN,
    AttributeFacts,
    Group,
    Schema,
    TypeAttribute,
    Weights,
    is_required,
    score,
)
from argosy.modules.producttypes.rules import check_schema

KNOWN = {
    "material": AttributeFacts(
        code="material", kind="choice", level="product", choices=("Wool", "Silk")
    ),
    "mass": AttributeFacts(code="mass", kind="number", level="product"),
    "made": AttributeFacts(code="made", kind="date", level="product"),
    "care": AttributeFacts(code="care", kind="text", level="variant"),
}


def faults(*attributes: TypeAttribute, **more: Any) -> list[str]:
    schema = Schema(attributes=attributes, **more)
    return [f.column for f in check_schema(schema, KNOWN, {"us", "eu"})]


@pytest.mark.parametrize(
    ("entry", "column"),
    [
        (TypeAttribute(code="nothing"), "attributes[0].code"),
        (TypeAttribute(code="care", group="none"), "attributes[0].group"),
        (TypeAttribute(code="care", required=("us", "moon")), "attributes[0].required"),
        (TypeAttribute(code="care", choices=("x",)), "attributes[0].choices"),
        (TypeAttribute(code="material", choices=("Iron",)), "attributes[0].choices"),
        (TypeAttribute(code="care", minimum="1"), "attributes[0].minimum"),
        (TypeAttribute(code="mass", minimum="2", maximum="1"), "attributes[0].maximum"),
        (TypeAttribute(code="mass", maximum="2026-01-01"), "attributes[0].maximum"),
        (TypeAttribute(code="made", minimum="2026-02-30"), "attributes[0].minimum"),
    ],
)
def test_what_makes_no_sense_is_named_by_its_place(entry: TypeAttribute, column: str) -> None:
    assert faults(entry) == [column]


def test_nothing_is_there_twice() -> None:
    twice = (TypeAttribute(code="care"), TypeAttribute(code="care"))
    groups = (Group(code="a", label="A"), Group(code="a", label="B"))
    assert faults(*twice, groups=groups) == ["groups[1].code", "attributes[1].code"]


def test_a_schema_that_makes_sense() -> None:
    assert not faults(
        TypeAttribute(code="material", group="a", required=("us",), choices=("Wool",)),
        TypeAttribute(code="mass", minimum="0.5", maximum="1"),
        TypeAttribute(code="made", minimum="2026-01-01", required=True),
        groups=(Group(code="a", label="A"),),
    )


codes = st.sampled_from(["a", "b", "c", "d"])
entries = st.builds(
    TypeAttribute,
    code=codes,
    required=st.one_of(
        st.booleans(), st.lists(st.sampled_from(["us", "eu"]), min_size=1).map(tuple)
    ),
    weight=st.integers(1, 100),
)
schemas = st.builds(
    Schema,
    attributes=st.lists(entries, unique_by=lambda e: e.code).map(tuple),
    weights=st.builds(
        Weights,
        photograph=st.integers(0, 100), price=st.integers(0, 100), description=st.integers(0, 100),
    ),
)  # fmt: skip
sets = st.sets(codes)
built_ins = st.sets(st.sampled_from(BUILT_IN))


@given(schemas, sets, built_ins)
def test_only_a_product_that_lacks_nothing_has_a_hundred(
    schema: Schema, held: set[str], built_in: set[str]
) -> None:
    made = score(schema, "us", held=held, built_in=built_in)
    assert 0 <= made.score <= 100
    assert (made.score == 100) == (not made.lacks)
    wanted = {e.code for e in schema.attributes if is_required(e, "us")}
    assert {lack.what for lack in made.lacks if not lack.built_in} == wanted - held


@given(schemas, sets, built_ins, codes)
def test_having_more_never_lowers_the_score(
    schema: Schema, held: set[str], built_in: set[str], more: str
) -> None:
    before = score(schema, "us", held=held, built_in=built_in)
    after = score(schema, "us", held=held | {more}, built_in=built_in)
    assert after.score >= before.score


@given(schemas, sets, built_ins)
def test_the_score_is_the_share_of_the_weights(
    schema: Schema, held: set[str], built_in: set[str]
) -> None:
    made = score(schema, "eu", held=held, built_in=built_in)
    required = [e for e in schema.attributes if is_required(e, "eu")]
    total = sum(e.weight for e in required) + sum(getattr(schema.weights, n) for n in BUILT_IN)
    has = sum(e.weight for e in required if e.code in held)
    has += sum(getattr(schema.weights, n) for n in built_in)
    assert made.score == (has * 100 // total if total else 100)


def test_a_channel_asks_for_its_own() -> None:
    schema = Schema(
        attributes=(TypeAttribute(code="ce_mark", required=("eu",), weight=2),),
        weights=Weights(photograph=1, price=0, description=0),
    )
    assert score(schema, "us", held=(), built_in=("photograph",)).score == 100
    assert score(schema, "eu", held=(), built_in=("photograph",)).score == 33
