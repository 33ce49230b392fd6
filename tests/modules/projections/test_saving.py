"""Saving projections: newer wins, schedules take effect on time, differences are told."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import new_id
from argosy.modules import projections
from argosy.modules.projections import (
    ALL_PRODUCTS,
    ListProducts,
    ProductDocument,
    ProductList,
    ProductNotFound,
    SourceChannel,
    SourcePublication,
    VariantPage,
)
from argosy.runtime.db import Database, counting_statements
from tests.modules.projections.window import (
    LONG_AGO,
    a_category,
    a_channel,
    a_price,
    a_product,
    a_variant,
    altered,
    placed,
    show,
    term_of,
)


async def _page(db: Database, channel: SourceChannel, slug: str) -> ProductDocument:
    async with db.reading() as tx:
        answer = await projections.product_page(tx, channel.id, slug)
    return msgspec.json.decode(answer.body, type=ProductDocument)


async def _listed(db: Database, channel: SourceChannel, category: UUID = ALL_PRODUCTS) -> list[str]:
    term = await term_of(db, channel, category)
    async with db.reading() as tx:
        answer = await projections.list_products(
            tx, ListProducts(channel_id=channel.id, category=term)
        )
    page = msgspec.json.decode(answer.body, type=ProductList)
    assert page.total == await db.pool.fetchval(
        "select products from projections.facet_count where category = $1 and term = $1", term
    )
    return sorted(card.slug for card in page.items)


async def test_E12_an_older_projection_never_overwrites_a_newer_one(db: Database) -> None:
    channel = a_channel()
    source = a_product(channel, [a_variant({"Size": "M"}, minor=900)])
    await show(db, channel, altered(source, title="Newer"), revision=20)

    late = await show(
        db, channel, altered(source, title="Older", slug="older", variants=()), revision=19
    )

    assert late.written == 0
    assert not late.stale_topics
    assert (await _page(db, channel, source.slug)).title == "Newer"
    assert await _listed(db, channel) == [source.slug]


async def test_E12_an_older_projection_does_not_bring_back_what_is_gone(db: Database) -> None:
    channel = a_channel()
    source = a_product(channel)
    await show(db, channel, source, revision=1)
    await show(db, channel, altered(source, status="archived"), revision=3)
    await show(db, channel, source, revision=2)
    with pytest.raises(ProductNotFound):
        await _page(db, channel, source.slug)
    assert await _listed(db, channel) == []


async def test_C8_a_price_takes_effect_at_its_instant_without_a_projection(
    db: Database, clock: MovableClock
) -> None:
    channel = a_channel()
    begins = clock.now() + timedelta(hours=1)
    sale = (
        a_price(2000, valid_until=begins),
        a_price(1500, compare_at_minor=2000, valid_from=begins),
    )
    source = a_product(channel, [a_variant(prices=sale)])
    await show(db, channel, source)
    async with db.reading() as tx:
        before = await projections.product_page(tx, channel.id, source.slug)
    assert before.expires_at == begins
    assert (await _page(db, channel, source.slug)).price.min.minor == 2000

    clock.advance(hours=1)

    page = await _page(db, channel, source.slug)
    assert (page.price.min.minor, page.price.compare_at.minor) == (1500, 2000)
    term = await term_of(db, channel, ALL_PRODUCTS)
    async with db.reading() as tx:
        cheap = ListProducts(channel_id=channel.id, category=term, price_max=1500)
        listed = await projections.list_products(tx, cheap)
    assert len(msgspec.json.decode(listed.body, type=ProductList).items) == 1


async def test_E10_a_publication_begins_and_ends_on_time(db: Database, clock: MovableClock) -> None:
    channel = a_channel()
    window = SourcePublication(
        channel_id=channel.id,
        publish_from=clock.now() + timedelta(hours=1),
        publish_until=clock.now() + timedelta(hours=2),
    )
    source = a_product(channel, slug="soon", publications=(window,))
    await show(db, channel, source, a_product(channel, slug="always"))
    term = await term_of(db, channel, ALL_PRODUCTS)
    async with db.reading() as tx:
        listing = await projections.list_products(
            tx, ListProducts(channel_id=channel.id, category=term)
        )
    assert [c.slug for c in msgspec.json.decode(listing.body, type=ProductList).items] == ["always"]
    assert listing.expires_at == window.publish_from

    clock.advance(hours=1)
    assert (await _page(db, channel, "soon")).slug == "soon"
    async with db.transaction() as tx:
        claimed = await projections.claim_changed(tx, 100)
    assert claimed.product_ids == (source.id,)
    await show(db, channel, source)
    assert await _listed(db, channel) == ["always", "soon"]

    clock.advance(hours=1)
    with pytest.raises(ProductNotFound):
        await _page(db, channel, "soon")
    await show(db, channel, source)
    assert await _listed(db, channel) == ["always"]


async def test_a_schedule_that_is_called_off_leaves_nothing_behind(
    db: Database, clock: MovableClock
) -> None:
    channel = a_channel()
    begins = clock.now() + timedelta(hours=1)
    variant = a_variant(prices=(a_price(2000), a_price(1500, valid_from=begins, min_quantity=10)))
    source = a_product(channel, [variant])
    await show(db, channel, source)
    plain = msgspec.structs.replace(variant, prices=(a_price(2000),))
    await show(db, channel, altered(source, variants=(plain,)))
    clock.advance(hours=2)
    assert (await _page(db, channel, source.slug)).variants.items[0].tiers == []
    assert await db.pool.fetchval(
        """select (select count(*) from projections.product)
                + (select count(*) from projections.placement)
                + (select count(*) from projections.offer)
                + (select count(*) from projections.variant)"""
    ) == len(("product", "placement", "offer", "variant"))
    async with db.transaction() as tx:
        assert (await projections.claim_changed(tx, 100)).product_ids == ()


async def test_a_product_that_moves_leaves_its_old_category(db: Database) -> None:
    channel = a_channel()
    tops, shirts, sale = a_category("tops"), a_category("tops/shirts"), a_category("sale")
    source = a_product(channel, slug="x", placements=(placed(tops, shirts),))
    await show(db, channel, source)
    for there in (tops, shirts):
        assert await _listed(db, channel, there.id) == ["x"]

    saved = await show(db, channel, altered(source, placements=(placed(sale),)))

    assert await _listed(db, channel, sale.id) == ["x"]
    for there in (tops, shirts):
        assert await _listed(db, channel, there.id) == []
        term = await term_of(db, channel, there.id)
        assert projections.list_topic(term) in saved.stale_topics
    assert projections.tree_topic(channel.id) in saved.stale_topics


async def test_saving_what_is_stored_already_makes_nothing_stale(db: Database) -> None:
    channel = a_channel()
    source = a_product(channel, [a_variant({"Size": "M"})])
    first = await show(db, channel, source)
    assert projections.product_topic(source.id) in first.stale_topics
    again = await show(db, channel, source)
    assert again.written == 1
    assert not again.stale_topics


async def test_counts_kept_by_differences_equal_a_recount(db: Database) -> None:
    channel = a_channel()
    sizes = [a_variant({"Size": s}) for s in ("S", "M", "L")]
    source = a_product(channel, sizes, brand="Acme")
    await show(db, channel, source, a_product(channel, [a_variant({"Size": "S"})], brand="Acme"))
    sold_out = msgspec.structs.replace(sizes[0], levels=())
    await show(db, channel, altered(source, variants=(sold_out, *sizes[1:])))
    await show(db, channel, altered(source, variants=(sold_out, sizes[1]), brand="Zenith"))
    async with db.transaction() as tx:
        assert await projections.recount_facets(tx) == 0
    await db.pool.execute("update projections.facet_count set products = products + 1")
    async with db.transaction() as tx:
        assert await projections.recount_facets(tx) > 0
    async with db.transaction() as tx:
        assert await projections.recount_facets(tx) == 0


async def test_a_product_with_many_variants_is_paged(db: Database) -> None:
    channel = a_channel()
    variants = [a_variant({"Number": str(n)}, position=n % 7) for n in range(120)]
    source = a_product(channel, variants)
    await show(db, channel, source)

    document = await _page(db, channel, source.slug)
    assert document.variant_count == 120
    assert len(document.variants.items) == 50
    ids, cursor = [v.id for v in document.variants.items], document.variants.next_cursor
    while cursor:
        async with db.reading() as tx:
            with counting_statements() as count:
                answer = await projections.variants_page(
                    tx, channel.id, source.slug, cursor=cursor, limit=30
                )
            assert count.statements == 1
        page = msgspec.json.decode(answer.body, type=VariantPage)
        ids, cursor = ids + [v.id for v in page.items], page.next_cursor

    assert len(set(ids)) == len(ids) == 120


async def test_a_change_on_a_later_page_of_variants_is_told(db: Database) -> None:
    channel = a_channel()
    variants = [a_variant({"Number": str(n)}, position=n) for n in range(60)]
    source = a_product(channel, variants)
    await show(db, channel, source)
    variants[-1] = msgspec.structs.replace(variants[-1], sku="renamed")
    saved = await show(db, channel, altered(source, variants=tuple(variants)))
    assert saved.stale_topics == {projections.product_topic(source.id)}


async def test_channels_do_not_mix(db: Database) -> None:
    here, there = a_channel(), a_channel(currency="USD", price_list_id=new_id())
    source = a_product(here, slug="x")
    both = (
        *source.publications,
        SourcePublication(channel_id=there.id, publish_from=LONG_AGO),
    )
    source = altered(source, publications=both)
    await show(db, here, source)
    await show(db, there, source)
    assert (await _page(db, here, "x")).price.min.currency == "EUR"
    with pytest.raises(ProductNotFound):
        await _page(db, there, "x")


async def test_a_slug_given_to_another_product_shows_the_other(db: Database) -> None:
    channel = a_channel()
    first, second = a_product(channel, slug="x", title="First"), a_product(channel, title="Second")
    await show(db, channel, first, second)
    await show(db, channel, altered(second, slug="x"))
    assert (await _page(db, channel, "x")).title == "Second"


async def test_marks_of_one_product_are_claimed_as_one(db: Database, clock: MovableClock) -> None:
    first, second = new_id(), new_id()
    since = clock.now()
    for _ in range(50):
        async with db.transaction() as tx:
            await projections.mark_changed(tx, [first, second, first], since)
    clock.advance(seconds=3)
    async with db.reading() as tx:
        lag = await projections.projection_lag(tx)
    assert 3 <= lag.seconds < 10
    async with db.transaction() as tx:
        claimed = await projections.claim_changed(tx, 500)
        async with db.transaction() as other:
            assert (await projections.claim_changed(other, 500)).product_ids == ()
    assert sorted(claimed.product_ids) == sorted((first, second))
    assert claimed.oldest == since
    async with db.reading() as tx:
        assert (await projections.projection_lag(tx)).seconds == 0


async def test_a_claim_takes_all_marks_of_its_products_and_no_others(
    db: Database, clock: MovableClock
) -> None:
    first, second, since = new_id(), new_id(), clock.now()
    for marked in ([first], [second], [first], [first]):
        async with db.transaction() as tx:
            await projections.mark_changed(tx, marked, since)
    async with db.transaction() as tx:
        assert await projections.waits_since(tx) == since
        assert (await projections.claim_changed(tx, 1)).product_ids == (first,)
        async with db.transaction() as other:
            assert (await projections.claim_changed(other, 1)).product_ids == (second,)
            assert (await projections.claim_changed(other, 9)).product_ids == ()
        assert (await projections.claim_changed(tx, 9)).product_ids == ()
        assert await projections.waits_since(tx) is None


async def test_a_product_that_cannot_be_projected_waits_ever_longer(
    db: Database, clock: MovableClock
) -> None:
    product_id, pauses = new_id(), []
    async with db.transaction() as tx:
        await projections.mark_changed(tx, [product_id], tx.now)
    for _ in range(3):
        async with db.transaction() as tx:
            await projections.park_product(tx, product_id, "does not decode")
        row = await db.pool.fetchrow("select try_at, tries from projections.pending")
        pauses.append((row["try_at"] - clock.now()).total_seconds())
        async with db.transaction() as tx:
            assert (await projections.claim_changed(tx, 10)).product_ids == ()
        clock.advance(seconds=pauses[-1] + 1)
    assert row["tries"] == 3
    assert pauses[0] < pauses[1] < pauses[2]
    async with db.transaction() as tx:
        assert (await projections.claim_changed(tx, 10)).product_ids == (product_id,)
