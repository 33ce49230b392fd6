"""The embedded index: what is found, in which order, and what survives."""

import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
import tantivy

from argosy.adapters.search.analysing import makers
from argosy.adapters.search.tantivy_index import TantivyIndex
from argosy.modules.search import Cursor, Explained, SearchText, SearchUnavailable

SHOP, OTHER = UUID(int=100), UUID(int=101)
START = Cursor(xid=7, id=9)
SYNONYMS = [("laptop", "notebook")]


def text(number: int, title: str, **more: object) -> SearchText:
    return SearchText(product_id=UUID(int=number), title=title, **more)  # type: ignore[arg-type]


GOODS = [
    text(1, "Acme notebook 15.6 silver", brand="Acme", codes=("NB-1", "4006381333931")),
    text(2, "Power adapter for notebook", brand="Acme"),
    text(3, "Wireless headset", description="with a long cable for your music"),
    text(4, "Running shoes", attributes=("Blue",), flags=("Waterproof",)),
    text(5, "Running shirt", categories=("Tops",)),
    text(6, "Coffee machine"),
]


@pytest.fixture
def index(tmp_path: Path) -> TantivyIndex:
    made = TantivyIndex(tmp_path)
    assert made.rebuild(SHOP, "en-US", GOODS, START) == len(GOODS)
    return made


def found(index: TantivyIndex, query: str) -> list[int]:
    return [one.int for one in index.find(SHOP, query, 10, SYNONYMS).product_ids]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("notebook", [1, 2]),  # what it is before what it is for
        ("notebooks", [1, 2]),
        ("laptop", [1, 2]),  # nothing is called so: the synonym
        ("head set", [3]),
        ("coffeemachine", [6]),
        ("cofee machine", [6]),
        ("NB-1", [1]),
        ("4006381333931", [1]),
        ("waterproof running", [4, 5]),  # all words before some of them
        ("blue shoe", [4]),
        ("tops", [5]),
        ("the", []),
        ("???", []),
        ("unheardof", []),
    ],
)
def test_what_is_found(index: TantivyIndex, query: str, expected: list[int]) -> None:
    assert found(index, query) == expected


def test_products_are_told_apart_by_both_halves_of_their_ids(tmp_path: Path) -> None:
    twins = [1 << 64 | 5, 2 << 64 | 5, 5, 6]
    index = TantivyIndex(tmp_path)
    index.rebuild(SHOP, "en", [text(n, f"Vase n{at}") for at, n in enumerate(twins)], START)
    for _ in range(2):
        assert sorted(found(index, "vase")) == sorted(twins)
        assert [found(index, f"vase n{at}")[0] for at in range(4)] == twins


def test_a_phrase_counts_where_it_names_the_thing(tmp_path: Path) -> None:
    goods = [
        text(1, "Gaming mouse pad", description="gaming mouse"),
        text(2, "Wireless laser mouse, for gaming"),
        text(3, "Doll with a head and a hair styling set"),
        text(4, "Stereo headset"),
        text(5, "Monitor 27 in"),
    ]
    index = TantivyIndex(tmp_path)
    index.rebuild(SHOP, "en", goods, START)
    assert found(index, "gaming mouse") == [2, 1]
    assert found(index, "head set") == [4, 3]
    assert found(index, "27in monitor") == [5]


def test_a_correction_is_told(index: TantivyIndex) -> None:
    assert index.find(SHOP, "cofee", 10, ()).corrections == (("cofee", "coffee"),)
    assert index.find(SHOP, "coffee", 10, ()).corrections == ()


def test_a_typo_is_corrected_as_it_is_written_whatever_its_stem(tmp_path: Path) -> None:
    goods = [text(1, "Juno Jacket"), text(2, "Miko Pullover"), text(3, "Socken", brand="Patagonia")]
    index = TantivyIndex(tmp_path)
    index.rebuild(SHOP, "de-DE", goods, START)
    # Stemmed as German, these are "jak", "pulov" and "patagonja".
    for typed, meant, number in (
        ("jaket", "jacket", 1), ("pulover", "pullover", 2), ("patagonja", "patagonia", 3),
    ):  # fmt: skip
        answer = index.find(SHOP, typed, 10, ())
        assert [one.int for one in answer.product_ids] == [number], typed
        assert answer.corrections == ((typed, meant),)


def test_words_that_look_alike_are_told_for_those_that_no_product_has(index: TantivyIndex) -> None:
    near = index.near(SHOP, ["wirless hedset", "running", "zzz", ""], 5)
    assert set(near[0]) >= {"wireless", "headset"}
    assert near[1:] == [[], [], []]


def test_suggestions_complete_the_last_word(index: TantivyIndex) -> None:
    suggested = index.suggest(SHOP, "Run", 5)
    assert suggested.completions == ("running",)
    assert {one.int for one in suggested.product_ids} == {4, 5}
    assert index.suggest(SHOP, "running sh", 5).completions[0] in {"running shirt", "running shoes"}
    assert index.suggest(SHOP, " ", 5).completions == ()


def test_updates_replace_and_remove_and_move_the_cursor(index: TantivyIndex) -> None:
    index.update(SHOP, [text(1, "Acme tablet")], [UUID(int=3)], Cursor(xid=8, id=1))
    fresh = TantivyIndex(index._folder)
    assert found(fresh, "tablet") == [1]
    assert found(fresh, "silver") == []
    assert found(fresh, "headset") == []
    assert fresh.cursor(SHOP, "en-US") == Cursor(xid=8, id=1)


def test_what_has_the_same_words_moves_only_the_cursor(
    index: TantivyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("argosy.adapters.search.tantivy_index._LOOK_EVERY_S", 0.0)
    before = index.stamp(SHOP)
    index.update(SHOP, GOODS[:3], [UUID(int=99)], Cursor(xid=8, id=1))
    assert index.stamp(SHOP) == before
    assert TantivyIndex(index._folder).cursor(SHOP, "en-US") == Cursor(xid=8, id=1)
    index.update(SHOP, [*GOODS[:2], text(3, "Tablet")], [], Cursor(xid=8, id=2))
    assert index.stamp(SHOP) != before
    assert (found(index, "tablet"), found(index, "headset")) == ([3], [])
    after = index.stamp(SHOP)
    assert index.cursor(SHOP, "en-US") == Cursor(xid=8, id=2)
    index.update(SHOP, GOODS[3:], [], Cursor(xid=10, id=1))
    index.update(SHOP, GOODS[3:], [], Cursor(xid=10, id=2))
    assert (index.stamp(SHOP), index.cursor(SHOP, "en-US")) == (after, Cursor(xid=10, id=2))
    index.update(SHOP, [], [UUID(int=3)], Cursor(xid=11, id=1))
    assert found(index, "tablet") == []


def test_ids_of_any_size_come_back_whole(index: TantivyIndex) -> None:
    ids = [UUID(int=number) for number in (1, 2**63, 2**64 - 1, 2**64, 2**127 + 5, 2**128 - 1)]
    goods = [SearchText(product_id=one, title="Anything") for one in ids]
    index.rebuild(SHOP, "en-US", goods, START)
    for _ in range(2):
        assert sorted(index.find(SHOP, "anything", 10, ()).product_ids) == ids
    assert index.find(SHOP, "cursor 7 9", 10, ()).product_ids == ()


def test_a_reader_that_is_open_sees_what_another_process_wrote(
    index: TantivyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("argosy.adapters.search.tantivy_index._LOOK_EVERY_S", 0.0)
    reader = TantivyIndex(index._folder)
    assert found(reader, "tablet") == []
    index.update(SHOP, [text(9, "Tablet")], [], Cursor(xid=8, id=1))
    assert found(reader, "tablet") == [9]
    index.rebuild(SHOP, "en-US", [text(10, "Tablet")], Cursor(xid=9, id=1))
    assert found(reader, "tablet") == [10]


def test_an_update_that_fails_changes_nothing(
    index: TantivyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("argosy.adapters.search.tantivy_index.move", fail)
    with pytest.raises(RuntimeError):
        index.update(SHOP, [text(1, "Acme tablet")], [UUID(int=3)], Cursor(xid=8, id=1))
    fresh = TantivyIndex(index._folder)
    assert (found(fresh, "tablet"), found(fresh, "headset")) == ([], [3])
    assert fresh.cursor(SHOP, "en-US") == START


def test_an_index_of_another_language_or_layout_has_to_be_made_anew(
    index: TantivyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert index.cursor(SHOP, "en-GB") == START
    assert index.cursor(SHOP, "de-DE") is None
    assert index.cursor(OTHER, "en-US") is None
    monkeypatch.setattr("argosy.adapters.search.tantivy_index.LAYOUT", "other")
    assert index.cursor(SHOP, "en-US") is None
    for one in (index, TantivyIndex(index._folder)):
        assert found(one, "headset") == [3]  # it answers until the new one is there


def test_an_index_of_a_release_with_other_fields_answers_until_it_is_made_anew(
    index: TantivyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "argosy.adapters.search.tantivy_index"
    known = ("title", "brand", "description", "codes")
    with monkeypatch.context() as earlier:
        earlier.setattr(f"{module}.LAYOUT", "1")
        earlier.setattr(f"{module}.schema", lambda: schema_of(*known, "spelled"))
        earlier.setattr(f"{module}.document", lambda one, seal, analyser: tantivy.Document(
            key=one.product_id.hex, title=" ".join(analyser.words(one.title)),
            spelled=one.title.lower(), codes=" ".join(one.codes).lower(),
        ))  # fmt: skip
        index.rebuild(SHOP, "en-US", GOODS[2:], START)
    later = TantivyIndex(index._folder)
    assert found(later, "notebook") == []
    assert set(found(later, "running shoe")) == {4, 5}
    assert later.suggest(SHOP, "runn", 5).completions == ("running",)
    assert later.explain(SHOP, "headset", UUID(int=3), 10, ()).indexed
    assert later.cursor(SHOP, "en-US") is None, "the worker makes it anew"
    later.rebuild(SHOP, "en-US", GOODS, START)
    assert later.cursor(SHOP, "en-US") == START
    assert found(later, "notebook") == [1, 2]

    # One that cannot be read at all: what was there before answers, but nothing half made does.
    place = index._folder / str(SHOP)
    (place / "9-99999999999999999999").mkdir()
    half = place / "9-88888888888888888888"
    half.mkdir()
    (half / "locale").write_text("en-US")
    tantivy.Index(schema_of(*known, "spelled"), path=str(half))
    (place / "current").write_text("9-99999999999999999999")
    again = TantivyIndex(index._folder)
    assert found(again, "notebook") == [1, 2]
    assert again.cursor(SHOP, "en-US") == START


def schema_of(*fields: str) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for field in ("key", "cursor"):
        builder.add_text_field(field, stored=True, tokenizer_name="raw", index_option="basic")
    for field in fields:
        builder.add_text_field(field, tokenizer_name="whitespace")
    return builder.build()


def test_a_search_is_explained_by_what_it_is_made_of(index: TantivyIndex) -> None:
    def why(query: str, number: int) -> Explained:
        return index.explain(SHOP, query, UUID(int=number), 10, SYNONYMS)

    for query in ("laptop", "head set", "waterproof running", "cofee machine", "NB-1", "acme x"):
        plain = index.find(SHOP, query, 10, SYNONYMS)
        for place, id_ in enumerate(plain.product_ids):
            explained = why(query, id_.int)
            assert explained.rank == place + 1
            assert explained.score == pytest.approx(plain.scores[place], rel=1e-4)
            assert explained.score == sum(explained.scores.values())
    by_synonym = why("silver laptop", 1)
    assert [(p.how, p.by, p.fields) for p in by_synonym.parts] == [
        ("exact", ("silver",), ("title",)), ("synonym", ("notebook",), ("title",))
    ]  # fmt: skip
    assert "all_parts" in by_synonym.scores
    assert "all_words" not in by_synonym.scores
    assert why("headset", 3).scores["is_head"]
    assert why("head set", 3).parts[0].how == "joined"
    assert why("cofee", 6).corrections == (("cofee", "coffee"),)
    missed = why("running laptop", 4)
    assert [p.how for p in missed.parts] == ["exact", None]
    assert missed.parts[1].tried == (("laptop",), ("notebook",))
    assert why("laptop", 4).rank is None
    gone = why("laptop", 99)
    assert (gone.indexed, gone.rank, gone.score) == (False, None, 0)
    assert why("???", 1).words == ()


def test_what_a_brand_made_comes_before_what_fits_to_it(index: TantivyIndex) -> None:
    for_acme = "Battery for Acme notebook, Acme tablet and Acme phone"
    goods = [
        text(1, for_acme, brand="Origin Storage"),
        text(2, "Acme drum with all that is needed for some thousands of pages", brand="ACME"),
        text(3, "Storage box", brand="Casio"),
        text(4, "Box", brand="Origin Storage", description="storage"),
        text(5, "Storage", description="origin", brand="Casio"),
    ]
    index.rebuild(SHOP, "en-US", goods, START)
    assert found(index, "acme") == [2, 1]
    assert found(index, "storage")[:2] == [5, 3]  # no brand is called so
    assert found(index, "acme battery") == [1, 2]  # all words first


def test_a_brand_may_be_of_several_words() -> None:
    assert makers(["origin", "storage", "box"]) == [
        "origin",
        "origin_storage",
        "origin_storage_box",
        "storage",
        "storage_box",
        "box",
    ]
    assert max(maker.count("_") for maker in makers(list("abcdef"))) == 3


def test_old_generations_are_dropped_but_the_last(index: TantivyIndex, tmp_path: Path) -> None:
    for _ in range(4):
        index.rebuild(SHOP, "en-US", GOODS, START)
    assert len([one for one in (tmp_path / str(SHOP)).iterdir() if one.is_dir()]) == 2
    assert found(index, "headset") == [3]


def test_a_channel_without_an_index_says_so(index: TantivyIndex) -> None:
    with pytest.raises(SearchUnavailable):
        index.find(OTHER, "notebook", 10, ())


_OTHER_PROCESS = """
import pathlib, sys
from argosy.adapters.search.tantivy_index import TantivyIndex
with TantivyIndex(pathlib.Path(sys.argv[1])).try_writing() as may_write:
    print(may_write)
"""


def test_only_one_writes(index: TantivyIndex, tmp_path: Path) -> None:
    def elsewhere() -> str:
        command = [sys.executable, "-c", _OTHER_PROCESS, str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    with index.try_writing() as first, index.try_writing() as second:
        assert (first, second, elsewhere()) == (True, False, "False")
    assert elsewhere() == "True"
    with index.try_writing() as again:
        assert again


def test_german_is_stemmed_and_folded(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path)
    index.rebuild(SHOP, "de-DE", [text(1, "Häuser aus Holz"), text(2, "Netzteil")], START)
    assert found(index, "haus") == [1]
    assert found(index, "netzteile") == [2]
