"""Listings and facets against a brute-force count over variants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argosy.kernel.ids import new_id
from argosy.kernel.paging import CursorInvalid
from argosy.modules import projections
from argosy.modules.projections import (
    ALL_PRODUCTS,
    ListProducts,
    ListRanked,
    ProductList,
    SourceProduct,
)
from argosy.runtime.db import Database, counting_statements
from argosy.runtime.statements import load_statements
from tests.modules.projections.window import (
    LONG_AGO,
    a_category,
    a_channel,
    a_product,
    a_variant,
    altered,
    placed,
    show,
    term_of,
)

COLOURS = ["Blue", "Navy", "Red"]
SIZES = ["S", "M", "XL"]
LEFT, RIGHT = a_category("left"), a_category("right")
BELOW = a_category("left/below")


@st.composite
def products(draw: st.DrawFn) -> list[dict[str, object]]:
    variant = st.fixed_dictionaries(
        {
            "Colour": st.sampled_from(COLOURS),
            "Size": st.sampled_from(SIZES),
            "minor": st.sampled_from([None, 500, 1000, 2000]),
            "stock": st.sampled_from([0, 3]),
        }
    )
    return draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "brand": st.sampled_from(["", "Acme", "Zenith"]),
                    "trail": st.sampled_from([(LEFT,), (RIGHT,), (LEFT, BELOW), None]),
                    "position": st.integers(0, 3),
                    "variants": st.lists(
                        variant,
                        min_size=1,
                        max_size=4,
                        unique_by=lambda v: (v["Colour"], v["Size"]),
                    ),
                }
            ),
            max_size=8,
        )
    )


@st.composite
def questions(draw: st.DrawFn) -> dict[str, object]:
    facets = {}
    if draw(st.booleans()):
        facets["colour"] = draw(st.sets(st.sampled_from(["blue", "navy", "mauve"]), min_size=1))
    if draw(st.booleans()):
        facets["size"] = draw(st.sets(st.sampled_from(["s", "xl"]), min_size=1))
    if draw(st.booleans()):
        facets["brand"] = {"acme"}
    return {
        "facets": {code: tuple(sorted(values)) for code, values in facets.items()},
        "price_max": draw(st.sampled_from([None, 999])),
        "in_stock": draw(st.booleans()),
        "sort": draw(st.sampled_from(["position", "price", "-price", "newest", "name"])),
    }


def _buyable(source: SourceProduct) -> list[tuple[dict[str, str], int]]:
    """What one variant answers to, and its price: published, priced and in stock."""
    return [
        (
            {"colour": v.options["Colour"].lower(), "size": v.options["Size"].lower()}
            | ({"brand": source.brand.lower()} if source.brand else {}),
            v.prices[0].amount_minor,
        )
        for v in source.variants
        if v.prices and v.levels[0].sellable > 0
    ]


def _matches(source: SourceProduct, ask: dict[str, object], *, but: str = "") -> list[dict]:
    """The facet values of the variants that have all that is asked, facet `but` left out."""
    return [
        values
        for values, minor in _buyable(source)
        if all(values.get(c) in wanted for c, wanted in ask["facets"].items() if c != but)
        and (ask["price_max"] is None or minor <= ask["price_max"])
    ]


def _brute_counts(sources: list[SourceProduct], ask: dict[str, object]) -> dict[str, dict]:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for source in sources:
        for code in ("colour", "size", "brand"):
            found = {v[code] for v in _matches(source, ask, but=code) if code in v}
            for value in found:
                counts[code][value] += 1
    return {code: dict(values) for code, values in counts.items()}


async def _ask(db: Database, **ask: object) -> ProductList:
    async with db.reading() as tx:
        answer = await projections.list_products(tx, ListProducts(**ask))
    return msgspec.json.decode(answer.body, type=ProductList)


async def _all_pages(db: Database, **ask: object) -> tuple[list[str], ProductList]:
    first = page = await _ask(db, limit=2, **ask)
    slugs = [card.slug for card in page.items]
    while page.next_cursor:
        page = await _ask(db, limit=2, cursor=page.next_cursor, **ask)
        assert page.facets is None
        slugs += [card.slug for card in page.items]
    return slugs, first


async def _ranked_pages(db: Database, **ask: object) -> tuple[list[str], ProductList]:
    slugs: list[str] = []
    pages: list[ProductList] = []
    while not pages or pages[-1].next_cursor:
        cursor = pages[-1].next_cursor if pages else None
        async with db.reading() as tx:
            body = await projections.list_ranked(tx, ListRanked(limit=2, cursor=cursor, **ask))
        pages.append(msgspec.json.decode(body, type=ProductList))
        slugs += [card.slug for card in pages[-1].items]
    return slugs, pages[0]


_IN_ONE_DATABASE = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_IN_ONE_DATABASE
@given(shop=products(), ask=questions(), there=st.sampled_from([ALL_PRODUCTS, LEFT.id]))
async def test_E7_facets_and_pages_equal_a_count_over_variants(
    db: Database, shop: list[dict], ask: dict, there: UUID
) -> None:
    channel = a_channel()
    sources = [
        a_product(
            channel,
            [
                a_variant(
                    {"Colour": v["Colour"], "Size": v["Size"]}, minor=v["minor"], stock=v["stock"]
                )
                for v in p["variants"]
            ],
            brand=p["brand"],
            title=f"Shirt {n % 3}",
            placements=(placed(*p["trail"], position=p["position"]),) if p["trail"] else (),
        )
        for n, p in enumerate(shop)
    ]
    await show(db, channel, *sources)
    term = await term_of(db, channel, there)
    priced = [s for s in sources if any(v.prices for v in s.variants)]
    inside = [
        s
        for s in priced
        if there == ALL_PRODUCTS or any(c.id == there for p in s.placements for c in p.trail)
    ]
    if term is None:
        assert not inside
        return

    slugs, first = await _all_pages(db, channel_id=channel.id, category=term, **ask)

    narrowed = ask["facets"] or ask["in_stock"] or ask["price_max"]
    expected = [s for s in inside if not narrowed or _matches(s, ask)]
    assert sorted(slugs) == sorted(s.slug for s in expected)
    assert len(set(slugs)) == len(slugs)
    assert first.total == len(expected)
    counted = {f.code: {v.value: v.count for v in f.values} for f in first.facets}
    assert counted == _brute_counts(inside, ask)

    # The same of a search that found these, best first, and some that are gone; and of a list in
    # which some stand elsewhere.
    best = [s.id for s in reversed(sources)]
    found = {"product_ids": (new_id(), *best), "fingerprint": "x", "category": term}
    asked = {name: ask[name] for name in ("facets", "price_max", "in_stock")}
    ranked, first = await _ranked_pages(db, channel_id=channel.id, **found, **asked)
    assert ranked == [s.slug for s in reversed(sources) if s in expected]
    assert first.total == len(expected)
    assert {f.code: {v.value: v.count for v in f.values} for f in first.facets} == counted
    if ask["sort"] == "position" and sources:
        moved = {sources[0].id: 2**50, sources[-1].id: -(2**50)}
        there_now, _ = await _all_pages(
            db, channel_id=channel.id, category=term, moved=moved, **ask
        )
        others = [slug for slug in slugs if slug not in {sources[0].slug, sources[-1].slug}]
        last, first_now = sources[0].slug, sources[-1].slug
        assert there_now == [
            *(one for one in [first_now] if one in slugs),
            *others,
            *(one for one in [last] if one in slugs and last != first_now),
        ]


@pytest.mark.parametrize("narrow", [{}, {"in_stock": True}, {"price_min": 0}])
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("position", "b c a"),
        ("price", "c a b"),
        ("-price", "b a c"),
        ("newest", "b a c"),
        ("name", "c b a"),
    ],
)
async def test_sorting(db: Database, sort: str, expected: str, narrow: dict) -> None:
    channel = a_channel()
    rows = {"a": ("Zebra", 3, 2000, 2), "b": ("émeraude", 1, 3000, 3), "c": ("Apple", 2, 1000, 1)}
    sources = []
    for slug, (title, position, minor, day) in rows.items():
        source = a_product(
            channel,
            [a_variant(minor=minor)],
            slug=slug,
            title=title,
            placements=(placed(LEFT, position=position),),
        )
        published = source.publications[0]
        since = published.publish_from.replace(day=day)
        published = msgspec.structs.replace(published, publish_from=since)
        sources.append(altered(source, publications=(published,)))
    await show(db, channel, *sources)
    term = await term_of(db, channel, LEFT.id)

    slugs, _ = await _all_pages(db, channel_id=channel.id, category=term, sort=sort, **narrow)

    assert " ".join(slugs) == expected


@pytest.mark.parametrize("narrow", [{}, {"in_stock": True}, {"price_min": 0}])
async def test_P1_an_insert_between_two_pages_neither_repeats_nor_skips(
    db: Database, narrow: dict
) -> None:
    channel = a_channel()
    await show(db, channel, *(a_product(channel, slug=s, title=s) for s in "bdfh"))
    term = await term_of(db, channel, ALL_PRODUCTS)
    ask = {"channel_id": channel.id, "category": term, "sort": "name", "limit": 2} | narrow

    first = await _ask(db, **ask)
    await show(db, channel, *(a_product(channel, slug=s, title=s) for s in "aeg"))
    second = await _ask(db, cursor=first.next_cursor, **ask)
    third = await _ask(db, cursor=second.next_cursor, **ask)

    slugs = [c.slug for page in (first, second, third) for c in page.items]
    assert slugs == ["b", "d", "e", "f", "g", "h"]


async def test_P1_a_cursor_is_refused_with_other_filters(db: Database) -> None:
    channel = a_channel()
    await show(db, channel, *(a_product(channel) for _ in range(3)))
    term = await term_of(db, channel, ALL_PRODUCTS)
    first = await _ask(db, channel_id=channel.id, category=term, limit=1)
    for other in ({"sort": "name"}, {"price_max": 5}, {"in_stock": True}):
        with pytest.raises(CursorInvalid):
            await _ask(db, channel_id=channel.id, category=term, cursor=first.next_cursor, **other)


async def test_a_listing_costs_one_statement(db: Database) -> None:
    channel = a_channel()
    await show(db, channel, a_product(channel, [a_variant({"Size": "M"})]))
    term = await term_of(db, channel, ALL_PRODUCTS)
    for narrow in ({}, {"facets": {"size": ("m",)}}):
        with counting_statements() as count:
            page = await _ask(db, channel_id=channel.id, category=term, **narrow)
        assert len(page.items) == 1
        assert count.round_trips == 1


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("page_by_position", "placement_by_position"),
        ("page_by_price_up", "placement_by_price"),
        ("page_by_price_down", "placement_by_price"),
        ("page_by_age", "placement_by_age"),
        ("page_by_name", "placement_by_name"),
    ],
)
async def test_a_page_of_any_category_is_one_range_of_one_index(
    db: Database, statement: str, index: str
) -> None:
    sql = getattr(load_statements("argosy.modules.projections"), statement).sql
    async with db.pool.acquire() as connection:
        # Tables are empty here: what counts is that the order needs no sort at all.
        await connection.execute("set enable_seqscan = off; set enable_bitmapscan = off")
        (plan,) = msgspec.json.decode(
            await connection.fetchval(
                f"explain (format json) {sql}",
                1,
                new_id(),
                LONG_AGO,
                None,
                None,
                25,
                True,
                True,
            )
        )
    nodes = list(_nodes(plan["Plan"]))
    scans = [n for n in nodes if n.get("Relation Name") == "placement" and "Limit" in n["above"]]
    assert [n["Index Name"] for n in scans] == [index]
    assert not any(n["Node Type"] in {"Sort", "Seq Scan"} and "Limit" in n["above"] for n in nodes)


def _nodes(node: dict, above: tuple[str, ...] = ()) -> Iterator[dict]:
    yield node | {"above": above}
    for child in node.get("Plans", ()):
        yield from _nodes(child, (*above, node["Node Type"]))
