"""Which renditions a picture gets, and what they show of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.media import Focal, cuts

sides = st.integers(1, 16_000)
shares = st.integers(0, 1000).map(lambda n: n / 1000)


def test_a_photograph_gets_each_width_in_both_formats_and_one_jpeg() -> None:
    made = cuts(2000, 1000)
    whole = [c for c in made if c.crop == "none"]
    assert [(c.width, c.format) for c in whole] == [
        (320, "avif"), (320, "webp"), (640, "avif"), (640, "webp"), (960, "avif"), (960, "webp"),
        (1600, "avif"), (1600, "webp"), (960, "jpeg"),
    ]  # fmt: skip
    assert {c.height for c in whole if c.width == 640} == {320}
    assert [(c.width, c.height) for c in made if c.crop == "square"] == [
        (320, 320), (320, 320), (640, 640), (640, 640),
    ]  # fmt: skip


def test_a_small_picture_is_not_made_larger() -> None:
    assert {(c.width, c.height) for c in cuts(100, 80)} == {(100, 80), (80, 80)}


@given(sides, sides, shares, shares)
def test_no_rendition_is_larger_than_the_picture_and_all_lie_within(
    width: int, height: int, x: float, y: float
) -> None:
    for cut in cuts(width, height, Focal(x=x, y=y)):
        left, upper, right, lower = cut.box
        assert 0 <= left < right <= width
        assert 0 <= upper < lower <= height
        assert 1 <= cut.width <= right - left
        assert cut.height <= max(1, lower - upper)


@given(sides, sides, shares, shares)
def test_a_square_shows_the_focal_point_as_near_the_middle_as_it_can(
    width: int, height: int, x: float, y: float
) -> None:
    [box, *rest] = {c.box for c in cuts(width, height, Focal(x=x, y=y)) if c.crop == "square"}
    assert not rest
    left, upper, right, lower = box
    assert right - left == lower - upper == min(width, height)
    for low, high, length, share in ((left, right, width, x), (upper, lower, height, y)):
        assert low <= share * length <= high
        middle = (low + high) / 2
        assert abs(middle - share * length) <= 1 or low == 0 or high == length


def test_the_middle_is_shown_when_nobody_says_otherwise() -> None:
    assert {c.box for c in cuts(300, 100) if c.crop == "square"} == {(100, 0, 200, 100)}
    left_edge = Focal(x=0.0, y=0.0)
    assert {c.box for c in cuts(300, 100, left_edge) if c.crop == "square"} == {(0, 0, 100, 100)}
