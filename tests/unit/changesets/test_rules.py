"""Three-way merges and tri-state inputs: what both sides changed is kept, what clashes is told."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.changesets import combined, differing, merged, narrowed, transition, without

Image = dict[str, Any]


def a_product(**more: Any) -> Image:
    return {
        "kind": "product",
        "title": "Mug",
        "description": "",
        "attributes": {"colour": "red"},
        "categories": ["cups"],
        "publications": [{"channel": "us", "from": "2026-01-01T00:00:00Z", "until": None}],
        "media": [{"key": "a", "alt": ""}, {"key": "b", "alt": ""}],
        "variants": [
            {"sku": "M-1", "title": None, "attributes": {}, "prices": {"usd": [{"amount": "5"}]}},
            {"sku": "M-2", "title": None, "attributes": {}},
        ],
        **more,
    }


SCALARS = st.sampled_from([None, "", "a", "b"])
VARIANTS = st.lists(st.sampled_from(["A", "B", "C"]), unique=True).flatmap(
    lambda skus: st.tuples(
        *(st.fixed_dictionaries({"sku": st.just(s), "title": SCALARS}) for s in skus)
    ).map(list)
)
IMAGES = st.fixed_dictionaries(
    {"title": SCALARS, "attributes": st.dictionaries(st.sampled_from("xyz"), SCALARS)},
    optional={"fields": st.dictionaries(st.sampled_from("fg"), SCALARS), "variants": VARIANTS},
)


@given(base=IMAGES, other=IMAGES)
def test_what_only_one_side_changed_is_taken_without_a_clash(base: Image, other: Image) -> None:
    assert merged(base, base, other) == (other, [])
    assert merged(base, other, base) == (other, [])
    assert merged(base, other, other) == (other, [])


@given(base=IMAGES, mine=IMAGES, theirs=IMAGES)
def test_a_merge_is_the_same_from_both_sides_but_for_clashes(
    base: Image, mine: Image, theirs: Image
) -> None:
    before = copy.deepcopy((base, mine, theirs))
    found, clashes = merged(base, mine, theirs)
    turned, others = merged(base, theirs, mine, taking="mine")
    assert {c.path for c in clashes} == {c.path for c in others}
    assert _sorted(found) == _sorted(turned)
    assert (base, mine, theirs) == before, "the images are left alone"
    if not clashes:
        assert _sorted(merged(base, mine, theirs, taking="mine")[0]) == _sorted(found)


def _sorted(image: Image) -> Image:
    if "variants" not in image:
        return image
    return {**image, "variants": sorted(image["variants"], key=lambda v: v["sku"])}


def test_both_sides_are_kept_where_their_fields_differ() -> None:
    base = a_product()
    mine = a_product(title="Cup", attributes={"colour": "red", "size": "L"})
    mine["variants"][0]["prices"] = {"usd": [{"amount": "4"}]}
    theirs = a_product(description="Fine.", attributes={}, media=base["media"][::-1])
    theirs["variants"][0]["title"] = "One"
    theirs["publications"] += [{"channel": "eu", "from": "2026-02-01T00:00:00Z", "until": None}]
    found, clashes = merged(base, mine, theirs)
    assert not clashes
    assert (found["title"], found["description"]) == ("Cup", "Fine.")
    assert found["attributes"] == {"size": "L"}
    assert [p["channel"] for p in found["publications"]] == ["us", "eu"]
    assert [m["key"] for m in found["media"]] == ["b", "a"]
    assert found["variants"][0] == {
        "sku": "M-1", "title": "One", "attributes": {}, "prices": {"usd": [{"amount": "4"}]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("mine", "theirs", "path"),
    [
        ({"title": "Cup"}, {"title": "Beaker"}, "title"),
        ({"categories": ["cups", "new"]}, {"categories": []}, "categories"),
        ({"attributes": {}}, {"attributes": {"colour": "blue"}}, "attributes.colour"),
        (
            {"variants": [{"sku": "M-1", "title": "x"}, {"sku": "M-2"}]},
            {"variants": [{"sku": "M-2"}]},
            "variants[M-1]",
        ),
    ],
)
def test_a_field_that_both_changed_clashes(mine: Image, theirs: Image, path: str) -> None:
    base = a_product(variants=[{"sku": "M-1"}, {"sku": "M-2"}])
    clean = base["variants"]
    found, clashes = merged(base, {**base, **mine}, {**base, **theirs})
    assert [clash.path for clash in clashes] == [path]
    assert found == {**base, **theirs}
    insisted, _ = merged(base, {**base, **mine}, {**base, **theirs}, taking="mine")
    assert {**insisted, "variants": clean} == {**base, **mine, "variants": clean}


def test_orders_of_entries_clash_only_when_both_moved_them() -> None:
    three = [{"key": key} for key in "abc"]
    base = {"media": three}
    mine, theirs = {"media": three[::-1]}, {"media": [three[1], three[0], three[2]]}
    assert merged(base, mine, base) == (mine, [])
    found, [clash] = merged(base, mine, theirs)
    assert (clash.path, found) == ("media (order)", theirs)
    assert merged(base, mine, theirs, taking="mine")[0] == mine


def test_a_transition_names_what_differs_and_no_more() -> None:
    now = a_product(fields={"a": 1})
    wanted = a_product(title="Cup", attributes={"size": "L"}, categories=[], publications=[])
    wanted["variants"][0]["prices"] = {"eur": [{"amount": "6"}]}
    wanted["variants"][1]["prices"] = {"usd": [{"amount": "7"}]}
    assert transition(now, now) == {}
    assert transition(now, wanted) == {
        "title": "Cup",
        "attributes": {"colour": None, "size": "L"},
        "fields": {"a": None},
        "categories": [],
        "categories_mode": "replace",
        "publications": [],
        "publications_mode": "replace",
        "variants": [
            {"sku": "M-1", "prices": {"usd": None, "eur": [{"amount": "6"}]}},
            {"sku": "M-2", "prices": {"usd": [{"amount": "7"}]}},
        ],
    }


def test_inputs_are_combined_as_if_one_came_after_the_other() -> None:
    first = {
        "title": "A", "attributes": {"x": "1", "y": "2"}, "categories": ["a"],
        "variants": [{"sku": "1", "title": "x", "prices": {"usd": [1]}}],
    }  # fmt: skip
    then = {
        "title": None, "attributes": {"y": None}, "categories": ["a", "b"],
        "variants": [{"sku": "1", "prices": {"eur": None}}, {"sku": "2", "title": None}],
    }  # fmt: skip
    assert combined(first, then) == {
        "title": None, "attributes": {"x": "1", "y": None}, "categories": ["a", "b"],
        "variants": [
            {"sku": "1", "title": "x", "prices": {"usd": [1], "eur": None}},
            {"sku": "2", "title": None},
        ],
    }  # fmt: skip
    replacing = {"attributes": {"z": "3"}, "attributes_mode": "replace", "categories": []}
    assert combined(first, replacing) == {**first, **replacing}


def test_clashing_fields_are_taken_out_of_an_input() -> None:
    change = {
        "title": "A", "options": [{"name": "Size", "values": ["S"]}], "attributes": {"x": "1"},
        "categories": ["a"], "categories_mode": "replace",
        "variants": [{"sku": "a.b", "title": "x", "prices": {"usd": [1], "eur": [2]}}],
    }  # fmt: skip
    gone = ["options[Size].values", "attributes.x", "categories", "variants[a.b].prices.usd"]
    assert without(change, gone) == {
        "title": "A", "variants": [{"sku": "a.b", "title": "x", "prices": {"eur": [2]}}],
    }  # fmt: skip
    assert without(change, ["variants[a.b]"])["title"] == "A"
    assert "variants" not in without(change, ["variants[a.b]"])
    assert without({"title": "A"}, ["title"]) == {}
    assert without(change, []) == change


def test_images_are_narrowed_to_the_variants_that_matter() -> None:
    old, new = a_product(), a_product()
    new["variants"][1]["title"] = "Two"
    assert differing(old, new) == {"M-2"}
    assert [v["sku"] for v in narrowed(new, {"M-2"})["variants"]] == ["M-2"]
    assert narrowed({"name": "x"}, {"M-2"}) == {"name": "x"}
