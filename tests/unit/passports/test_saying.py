"""What a passport may say, what it lacks, and who sees what of it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.passports import (
    SHIPPED,
    Access,
    Contents,
    DataPoint,
    Draft,
    Group,
    PassportIncomplete,
    PassportInvalid,
    Said,
    SchemaFields,
    Value,
    rules,  # the island's own, tried by itself
    seen_by,
)

BATTERIES = SHIPPED["batteries"]
LABEL = {"en": "x"}


def test_the_schema_of_batteries_is_sound_and_names_annex_xiii() -> None:
    rules.check_schema(BATTERIES)
    assert all("Annex XIII, " in one.source for one in BATTERIES.points)
    by_part = {"1": "public", "2": "interest", "3": "authority", "4": "interest"}
    for one in BATTERIES.points:
        assert by_part[one.source.rpartition(" ")[2][0]] == one.access, one.code
    letters = {one.source.rpartition("1(")[2][0] for one in BATTERIES.points if "1(" in one.source}
    # 1(r), the declaration of conformity, is a document.
    assert letters == set("abcdefghijklmnopqs")
    for one in (*BATTERIES.points, *BATTERIES.groups):
        assert {"en", "de"} <= one.labels.keys()


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (Value(code="nothing", value="x"), "values[0].code"),
        (Value(code="rated_capacity", value="12,5"), "values[0].value"),
        (Value(code="rated_capacity", value="1e5"), "values[0].value"),
        (Value(code="rated_capacity", value="5", locale="de"), "values[0].locale"),
        (Value(code="carbon_study", value="http://example.com"), "values[0].value"),
    ],
)
def test_a_value_that_is_not_of_its_kind_is_refused(value: Value, field: str) -> None:
    with pytest.raises(PassportInvalid) as refused:
        rules.check_draft(Draft(schema="batteries", values=(value,)), BATTERIES)
    assert refused.value.field == field


def test_texts_are_said_once_a_language_and_values_need_a_schema() -> None:
    texts = tuple(Value(code="chemistry", value="LFP", locale=at) for at in ("de", "en"))
    rules.check_draft(Draft(schema="batteries", values=texts), BATTERIES)
    for draft, schema in (
        (Draft(schema="batteries", values=(*texts, texts[0])), BATTERIES),
        (Draft(values=texts), None),
    ):
        with pytest.raises(PassportInvalid):
            rules.check_draft(draft, schema)


def test_what_a_level_requires_is_named_with_its_source() -> None:
    with pytest.raises(PassportIncomplete) as refused:
        rules.require(Draft(schema="batteries"), BATTERIES, "item")
    missing = {one["code"]: one["source"] for one in refused.value.details["missing"]}
    assert missing["status"].endswith("4(c)")
    with pytest.raises(PassportIncomplete) as refused:
        rules.require(Draft(schema="batteries"), BATTERIES, "model")
    assert "status" not in {one["code"] for one in refused.value.details["missing"]}


@pytest.mark.parametrize(
    ("points", "field"),
    [
        ((DataPoint(code="a", group="no", labels=LABEL),), "points[0].group"),
        ((DataPoint(code="a", group="g", labels=LABEL, unit="kg"),), "points[0].unit"),
        ((DataPoint(code="a", group="g", labels=LABEL),) * 2, "points"),
    ],
)
def test_a_schema_that_contradicts_itself_is_refused(
    points: tuple[DataPoint, ...], field: str
) -> None:
    groups = (Group(code="g", labels=LABEL),)
    with pytest.raises(PassportInvalid) as refused:
        rules.check_schema(SchemaFields(title="T", groups=groups, points=points))
    assert refused.value.field == field


ACCESS = st.sampled_from(["public", "interest", "authority"])


@given(st.lists(ACCESS, max_size=8), ACCESS)
def test_a_reader_never_sees_a_value_above_their_level(
    levels: list[Access], reader: Access
) -> None:
    """A property of Regulation (EU) 2024/1781, Article 9(2)(f): who has access to what."""
    said = tuple(
        Said(
            point=DataPoint(code=f"p{n}", group=f"g{n}", labels=LABEL, access=level),
            values=(Value(code=f"p{n}", value=f"secret-{level}-{n}"),),
        )
        for n, level in enumerate(levels)
    )
    groups = tuple(Group(code=f"g{n}", labels=LABEL) for n in range(len(levels)))
    seen = msgspec.json.encode(
        seen_by(Contents(titles={}, groups=groups, said=said), reader)
    ).decode()
    order = ["public", "interest", "authority"]
    for n, level in enumerate(levels):
        may = order.index(level) <= order.index(reader)
        assert (f"secret-{level}-{n}" in seen) == may
        assert (f'"g{n}"' in seen) == may
