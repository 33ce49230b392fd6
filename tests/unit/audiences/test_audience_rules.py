"""Who belongs to which audience, and what is hidden from whom (C10)."""

from uuid import UUID

import pytest

from argosy.modules.audiences import (
    OPEN,
    Audience,
    AudienceInvalid,
    Hides,
    Restriction,
    RestrictionInvalid,
    SetAudience,
    SubjectKind,
    Visibility,
    audience_of,
    hidden_from,
)
from argosy.modules.audiences.rules import check_audience, check_restrictions

CHANNEL, PRODUCT, VARIANT = UUID(int=1), UUID(int=2), UUID(int=3)


def audience(code: str, *groups: str, priority: int = 0) -> Audience:
    return Audience(
        id=UUID(int=hash(code) % 2**64),
        channel_id=CHANNEL,
        code=code,
        name=code,
        groups=groups,
        priority=priority,
        active=True,
    )


def only(
    subject: UUID, *codes: str, hides: Hides = "goods", kind: SubjectKind = "product"
) -> Restriction:
    return Restriction(subject_kind=kind, subject_id=subject, hides=hides, audiences=codes)


def seen(who: str | None, *restrictions: Restriction) -> Hides | None:
    visibility = Visibility(restrictions={one.subject_id: one for one in restrictions})
    return hidden_from(visibility, who, channel_id=CHANNEL, product_id=PRODUCT, variant_id=VARIANT)


def test_a_customer_belongs_to_one_audience_by_priority_then_code() -> None:
    every = Visibility(
        audiences=(
            audience("members", priority=-1),
            audience("b", "dealers", "staff"),
            audience("a", "dealers"),
            audience("top", "vip", priority=9),
        )
    )

    def code(*groups: str, signed_in: bool = True) -> str | None:
        found = audience_of(every, groups, signed_in=signed_in)
        return None if found is None else found.code

    assert [code(), code("dealers"), code("staff"), code("dealers", "vip")] == [
        "members",
        "a",
        "b",
        "top",
    ]
    assert code("vip", signed_in=False) is None
    assert audience_of(OPEN, ["vip"], signed_in=True) is None


def test_channel_product_and_variant_restrict_together() -> None:
    assert seen(None) is None
    assert seen("trade", only(PRODUCT, "trade")) is None
    assert seen(None, only(PRODUCT, "trade")) == "goods"
    assert seen("other", only(VARIANT, "trade", hides="price")) == "price"
    both = (only(CHANNEL, "a", "b", hides="price"), only(VARIANT, "b"))
    assert [seen(who, *both) for who in (None, "a", "b")] == ["goods", "goods", None]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("code", SetAudience(code="Bad", name="x")),
        ("name", SetAudience(code="x", name=" ")),
        ("groups", SetAudience(code="x", name="x", groups=("A B",))),
        ("priority", SetAudience(code="x", name="x", priority=1001)),
    ],
)
def test_impossible_audiences_are_refused(field: str, given: SetAudience) -> None:
    with pytest.raises(AudienceInvalid) as refused:
        check_audience(given)
    assert refused.value.field == field


def test_restrictions_name_known_audiences_each_subject_once() -> None:
    good = only(PRODUCT, "trade")
    check_restrictions([good, only(VARIANT, "trade")], channel_id=CHANNEL, known={"trade"})
    for bad in (
        [good, good],
        [only(PRODUCT)],
        [only(PRODUCT, "trade", "none")],
        [only(PRODUCT, "trade", kind="channel")],
    ):
        with pytest.raises(RestrictionInvalid):
            check_restrictions(bad, channel_id=CHANNEL, known={"trade"})
