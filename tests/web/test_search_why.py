"""Why a product is, or is not, where it is in a search: told to staff."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.web.back_office.conftest import at_desk
from tests.web.identity.making import Shop
from tests.web.test_merchandising import Desk, desk
from tests.web.test_search import shown, slugs

from argosy.drill.clock import MovableClock
from argosy.entry.cli_search import sentences
from argosy.kernel.ids import decode, encode
from argosy.modules import catalog
from argosy.modules.catalog import ProductInput, PublicationInput
from argosy.workflows import search_why
from argosy.workflows.search_why import Narrowed

__all__ = ["desk"]


async def why(desk: Desk, query: str, slug: str, more: str = "") -> dict[str, Any]:
    product = desk.goods[slug]
    path = f"/admin/v1/search/why?channel_id={desk.channel}&q={query}&product_id={product}{more}"
    answer = await desk.send("GET", path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_found_words_scores_filters_and_rules_are_told(desk: Desk) -> None:
    web = desk.web
    first = await slugs(web, "tee")
    for place, slug in enumerate(first, start=1):
        told = await why(desk, "tee", slug)
        assert (told["rank"], told["found_rank"]) == (place, place)
        assert told["parts"][0]["how"] == "exact"
        assert "title" in told["parts"][0]["fields"]
        assert abs(sum(told["scores"].values()) - told["score"]) < 0.01
    other = await why(desk, "tee", "cap")
    assert (other["rank"], other["found_rank"], other["score"]) == (None, None, 0)
    assert other["indexed"]
    assert other["not_shown"] == []
    assert other["parts"] == [
        {"words": ["tee"], "how": None, "by": [], "fields": [], "tried": [["tee"], ["t", "shirt"]]}
    ]

    staffed = await at_desk(Shop(web.app, web.client, desk.shop.channel, ""), "owner")
    page = f"/admin/search/why?channel_id={desk.channel}&q=tee&product={first[0]}"
    for language, texts in {
        "en": ("found as tee", "in its title", "Words that it has", "It has all words as typed"),
        "de": ("gefunden als tee", "im Titel", "Wörter, die es hat", "alle Wörter wie eingegeben"),
    }.items():
        seen = await staffed.get(page, accept_language=language)
        for text in texts:
            assert text in seen.text, text
        assert ">all words<" not in seen.text

    # Each filter is told of apart, and the rank is that among what is left.
    narrowed = await why(
        desk, "tee", "tee-d", "&facet=brand:Cora&facet=size:XL&price_max=1&in_stock=true"
    )
    assert narrowed["filters"] == {
        "brand": True, "size": False, "price_max": False, "in_stock": True
    }  # fmt: skip
    assert narrowed["rank"] is None
    assert (await why(desk, "tee", "tee-d", "&facet=brand:cora"))["rank"] == 1
    assert (await why(desk, "tee", "tee-c", "&in_stock=true"))["filters"] == {"in_stock": False}
    in_category = await why(desk, "tee", "tee-d", "&category=tops")
    assert in_category["filters"] == {"category": True}

    # Rules: what moves it, and where that leads.
    boost = await desk.rule("boost", "everywhere", {"brands": ["Cora"]}, strength=90)
    await desk.rule("pin", "query", {"products": [desk.goods["cap"]]}, queries=["tee"])
    moved = await why(desk, "tee", "tee-d")
    assert (moved["rank"], moved["strength"], moved["pinned"]) == (2, 90, False)
    rule = moved["rules"][0]
    assert (rule["id"], rule["applied"]) == (boost["id"], True)
    found = await search_why.why(
        web.app, desk.shop.channel, decode("product", desk.goods["tee-d"]), "red tee",
        Narrowed(facets={"size": ("XL",)}),
    )  # fmt: skip
    assert "\n".join(sentences(found)).split("By its score")[0] == (
        "It is not among the results.\nred: not met; tried red.\ntee: exact (tee) in title.\n"
    )
    assert list(sentences(found))[-2:] == ["The filter size leaves it out.", "Moved by the rule x."]
    pinned = await why(desk, "tee", "cap")
    assert (pinned["rank"], pinned["pinned"], pinned["found_rank"]) == (1, True, None)


async def test_what_keeps_a_product_from_being_shown_is_told(
    desk: Desk, clock: MovableClock
) -> None:
    shop, channel = desk.shop, desk.shop.channel

    async def change(slug: str, **fields: Any) -> None:
        async with shop.db.transaction() as tx:
            product = decode("product", desk.goods[slug])
            await catalog.update_product(tx, product, ProductInput(**fields))

    made = await shop.add("free", minor=None)
    desk.goods["free"] = encode("product", made[""])
    await shop.add("late")
    desk.goods["late"] = encode(
        "product", await shop.db.pool.fetchval("select id from catalog.product where slug = 'late'")
    )
    await shown(shop, desk.web)
    assert (await why(desk, "free", "free"))["not_shown"] == ["not_priced"]
    await change("tee-a", status="draft")
    await change("tee-b", publications=())
    later = PublicationInput(channel_id=channel.id, publish_from=clock.now() + timedelta(days=1))
    await change("tee-d", publications=(later,))
    told = await why(desk, "tee", "tee-a")
    assert (told["not_shown"], told["indexed"]) == (["not_active"], True)
    assert (await why(desk, "tee", "tee-b"))["not_shown"] == ["not_published"]
    assert (await why(desk, "tee", "tee-d"))["not_shown"] == ["published_later"]
    await shown(shop, desk.web)
    gone = await why(desk, "tee", "tee-a")
    assert (gone["rank"], gone["indexed"], gone["behind_s"]) == (None, False, 0)

    # Priced, and neither projected nor indexed yet.
    await shop.price(*[v for k, v in made.items() if k], minor=500)
    waiting = await why(desk, "free", "free")
    assert (waiting["not_shown"], waiting["waiting"], waiting["indexed"]) == ([], True, False)
    await shown(shop, desk.web)
    assert (await why(desk, "free", "free"))["rank"] == 1

    for query, status in (("audience=none", 404), ("facet=x", 422), ("category=nowhere", 404),
                          ("product_id=prd_x", 422)):  # fmt: skip
        path = f"/admin/v1/search/why?channel_id={desk.channel}&q=tee&product_id="
        refused = await desk.send("GET", f"{path}{desk.goods['tee-a']}&{query}")
        assert refused.status_code == status, (query, refused.text)
