"""The editor of rich texts knows what the server keeps."""

from __future__ import annotations

import re

import nh3
import pytest

from argosy.web.admin import brands, collections
from argosy.web.admin.struct_forms import Shaping, as_typed, nodes_of
from argosy.web.admin.things import Things, shape_of
from argosy.web.pages.assets import asset_text

# What the editor writes into the `rel` of a link is the server's to say; it lets it pass.
_OF_LINKS = {"rel"}


def listed(name: str) -> set[str]:
    """The words of one of the editor's lists."""
    found = re.search(
        rf"const {name} = \((.*?)\)\.split", asset_text("admin-rich-html.js"), re.DOTALL
    )
    assert found is not None
    return set(" ".join(re.findall(r'"([^"]*)"', found[1])).split())


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("TAGS", set(nh3.ALLOWED_TAGS)),
        ("SCHEMES", set(nh3.ALLOWED_URL_SCHEMES)),
        (
            "ATTRIBUTES",
            _OF_LINKS
            | {"lang", "title"}
            | {
                one
                for tag, names in nh3.ALLOWED_ATTRIBUTES.items()
                if tag in nh3.ALLOWED_TAGS
                for one in names
            },
        ),
    ],
)
def test_the_editor_lets_in_what_the_server_keeps_and_nothing_else(
    name: str, kept: set[str]
) -> None:
    assert listed(name) == kept


def test_what_stands_for_another_element_is_one_that_is_kept() -> None:
    script = asset_text("admin-rich-html.js")
    pairs = re.search(r"const STAND_INS = \{(.*?)\};", script, re.DOTALL)
    assert pairs is not None
    for tag, other in re.findall(r'(\w+): "(\w+)"', pairs[1]):
        assert {tag, other} <= set(nh3.ALLOWED_TAGS)


@pytest.mark.parametrize("kind", [brands.BRANDS, collections.COLLECTIONS])
def test_a_form_of_a_schema_has_an_editor_where_it_is_said(kind: Things) -> None:
    assert kind.change is not None
    how = Shaping(str, rich=frozenset({"description"}))
    nodes = nodes_of(shape_of(kind.change), {"description": "<p>a</p>"}, how)
    assert [one.path for one in nodes if one.kind == "rich"] == ["description"]
    again = as_typed(nodes, {"description": "<p>b"})
    assert next(one.value for one in again if one.kind == "rich") == "<p>b"
