"""Paths without a database: what is one, which scope goes first, and that nothing goes round."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.paths import (
    EVERYWHERE,
    PathInvalid,
    RedirectInvalid,
    Scope,
    checked_path,
    checked_target,
    loop_through,
    overlap,
    path_of,
    preference,
    thing_of,
)

ONE, TWO = UUID(int=1), UUID(int=2)
LOCALES = ("", "de", "de-AT", "de-CH", "fr")
SCOPES = st.builds(
    Scope, channel_id=st.sampled_from((EVERYWHERE, ONE, TWO)), locale=st.sampled_from(LOCALES)
)
VISITORS = [Scope(channel_id=c, locale=x) for c in (ONE, TWO) for x in LOCALES]
PATHS = ("/a", "/b", "/c", "/d")


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("/a/b/", "/a/b"),
        ("/", "/"),
        ("/a?x=1#y", "/a"),
        ("/a#y?x", "/a"),
        ("/u\u0308", "/\u00fc"),
        (" /a ", "/a"),
    ],
)
def test_a_path_is_stored_in_one_form(given: str, stored: str) -> None:
    assert checked_path(given) == stored


@pytest.mark.parametrize(
    "bad", ["", "a", "//evil.example", "/a//b", "/a b", "/a\x00", "/\\evil", "/" + "a" * 2000]
)
def test_what_is_no_path_is_refused(bad: str) -> None:
    with pytest.raises(PathInvalid):
        checked_path(bad)


@given(st.text(max_size=60))
def test_a_stored_path_stays_as_it_is(text: str) -> None:
    try:
        path = checked_path("/" + text)
    except PathInvalid:
        return
    assert checked_path(path) == path


@pytest.mark.parametrize("bad", ["http://x.example/a", "javascript:alert(1)", "https://", "x"])
def test_a_target_is_a_path_or_https(bad: str) -> None:
    with pytest.raises(RedirectInvalid):
        checked_target(bad)
    assert checked_target("https://blog.example/a?b=c") == "https://blog.example/a?b=c"


def test_paths_and_names_are_each_others_inverse() -> None:
    assert thing_of("/categories/men/tops") == ("category", "men/tops")
    assert thing_of("/products/tee") == ("product", "tee")
    assert thing_of("/products/tee/reviews") is None
    assert thing_of("/products/") is None
    assert thing_of("/about") is None
    assert path_of("category", "men/tops") == "/categories/men/tops"


def test_E8_the_nearest_language_goes_first() -> None:
    assert preference("zh-Hant-TW") == ("zh-Hant-TW", "zh-Hant", "zh", "")
    assert preference("de") == ("de", "")
    assert preference("") == ("",)


def in_force(scope: Scope, visitor: Scope) -> bool:
    return scope.channel_id in {EVERYWHERE, visitor.channel_id} and scope.locale in preference(
        visitor.locale
    )


@given(SCOPES, SCOPES)
def test_scopes_overlap_when_somebody_is_in_both(one: Scope, other: Scope) -> None:
    both = any(in_force(one, v) and in_force(other, v) for v in VISITORS)
    assert overlap(one, other) == both


@given(
    st.lists(
        st.tuples(st.sampled_from(PATHS), SCOPES, st.sampled_from(PATHS)), min_size=1, max_size=12
    )
)
def test_redirects_that_are_let_in_never_go_round(
    wished: list[tuple[str, Scope, str]],
) -> None:
    kept: dict[str, dict[Scope, str]] = {}
    for path, scope, target in wished:

        def edges(at: str, path: str = path, scope: Scope = scope) -> list[tuple[Scope, str]]:
            there = kept.get(at, {}).items()
            return [(s, t) for s, t in there if not (at == path and s == scope)]

        if loop_through(path, target, scope, edges) is None:
            kept.setdefault(path, {})[scope] = target
    for visitor in VISITORS:
        for start in PATHS:
            # Whichever of the redirects in force is taken: nothing leads back.
            follow = {t for s, t in kept.get(start, {}).items() if in_force(s, visitor)}
            assert start not in _all_from(follow, kept, visitor)


def _all_from(begin: set[str], kept: dict[str, dict[Scope, str]], visitor: Scope) -> set[str]:
    found = set(begin)
    while True:
        more = {t for at in found for s, t in kept.get(at, {}).items() if in_force(s, visitor)}
        if more <= found:
            return found
        found |= more


def test_a_loop_tells_its_way() -> None:
    kept = {"/b": [(Scope(locale="de"), "/c")], "/c": [(Scope(channel_id=ONE), "/a")]}
    assert loop_through("/a", "/b", Scope(), lambda at: kept.get(at, [])) == ["/b", "/c", "/a"]
    # Nobody reads French and German at once.
    assert loop_through("/a", "/b", Scope(locale="fr"), lambda at: kept.get(at, [])) is None
