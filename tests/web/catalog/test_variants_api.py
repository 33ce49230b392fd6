"""Variants in bulk: many changed in one call, and what other options would make of them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.catalog.test_catalog_api import problem
from tests.web.identity.making import Shop

from argosy.kernel.ids import decode
from argosy.modules import catalog
from argosy.modules.catalog import Option
from argosy.runtime.db import counting_statements

COLOURS = {"name": "Colour", "values": ["Red", "Blue"]}

# The first two thirds of 25 colours, 20 sizes and 20 lengths, by one statement.
_SPARSE = """
insert into catalog.variant (id, product_id, sku, options, title, position, created_at, updated_at)
select gen_random_uuid(), $1, 'BIG-' || n,
       jsonb_build_object('Colour', 'c' || n / 400, 'Size', 's' || n / 20 % 20,
                          'Length', 'l' || n % 20), '', n, now(), now()
  from generate_series(0, 9999) as n
"""


async def variants(shop: Shop, key: str, product: dict[str, Any]) -> list[dict[str, Any]]:
    path = f"/admin/v1/products/{product['id']}/variants"
    found: list[dict[str, Any]] = (await shop.send("GET", path, token=key)).json()["items"]
    return found


async def test_variants_are_changed_together_or_not_at_all(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    path = f"/admin/v1/products/{shirt['id']}/variants"
    small, medium = await variants(shop, key, shirt)
    both = [
        {"id": small["id"], "weight_g": 250, "options": {"Size": "M"}},
        {"id": medium["id"], "options": {"Size": "S"}, "gtin": None},
    ]
    sent = {"token": key, "if_match": '"v1"', "idempotency_key": "k1"}
    done = await shop.send("PATCH", path, {"variants": both}, **sent)
    assert done.status_code == 200, done.text
    assert (done.json()["product_version"], done.headers["etag"]) == (2, '"v2"')
    assert [(v["sku"], v["changed"]) for v in done.json()["variants"]] == [
        ("S-S", True), ("S-M", True)
    ]  # fmt: skip
    again = await shop.send("PATCH", path, {"variants": both}, **sent)
    assert (again.content, again.headers["idempotency-replayed"]) == (done.content, "true")
    now = {v["sku"]: v for v in await variants(shop, key, shirt)}
    assert [now[sku]["options"]["Size"] for sku in ("S-S", "S-M")] == ["M", "S"]
    assert (now["S-S"]["weight_g"], now["S-M"]["weight_g"]) == (250, None)

    stale = await shop.send("PATCH", path, {"variants": both}, token=key, if_match='"v1"')
    problem(stale, 409, "catalog.version_conflict")
    same = await shop.send("PATCH", path, {"variants": both[:1]}, token=key, if_match='"v2"')
    assert (same.json()["product_version"], same.json()["variants"][0]["changed"]) == (2, False)

    audit = await shop.send("GET", f"/admin/v1/audit?subject={shirt['id']}", token=key)
    entry = audit.json()["items"][0]
    assert entry["action"] == "variants.changed"
    assert entry["after"][small["id"]] == {"weight_g": 250, "options": {"Size": "M"}}


async def test_what_is_wrong_is_named_at_its_place_and_nothing_is_written(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    path = f"/admin/v1/products/{shirt['id']}/variants"
    small, medium = await variants(shop, key, shirt)
    other = await shop.send(
        "POST", "/admin/v1/products", {"title": "Hat", "variants": [{"sku": "H"}]}, token=key
    )
    [hat] = await variants(shop, key, other.json())
    good = {"id": small["id"], "weight_g": 1}
    for wrong, status, code, place in (
        ({"id": medium["id"], "gtin": "123"}, 422, "catalog.input_invalid", "variants[1].gtin"),
        ({"id": medium["id"], "sku": "H"}, 409, "catalog.sku_taken", "variants[1].sku"),
        ({"id": hat["id"], "weight_g": 2}, 404, "catalog.variant_not_found", "variants[1].id"),
        ({"id": medium["id"], "media_id": "med_x"}, 422, "catalog.input_invalid",
         "variants[1].media_id"),
        ({"id": "x"}, 422, "id.malformed", "variants[1].id"),
    ):  # fmt: skip
        body = {"variants": [good, wrong]}
        answer = await shop.send("PATCH", path, body, token=key, if_match="*")
        refused = problem(answer, status, code)
        assert refused["field"] == place, refused
    twice = {"variants": [good, good | {"weight_g": 3}]}
    assert (await shop.send("PATCH", path, twice, token=key, if_match="*")).status_code == 422
    for count in (0, 501):
        many = {"variants": [good] * count}
        answer = await shop.send("PATCH", path, many, token=key, if_match="*")
        assert answer.status_code == 422
    assert [v["weight_g"] for v in await variants(shop, key, shirt)] == [None, None]


async def test_what_other_options_would_make_is_told_before(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    path = f"/admin/v1/products/{shirt['id']}/option-preview"
    wider = {"options": [{"name": "Size", "values": ["S", "M", "L"]}]}
    told = (await shop.send("POST", path, wider, token=key)).json()
    assert (told["keeps"], told["makes"], told["lacks"], told["drops"]) == (2, 1, 0, 0)
    assert told["missing"] == [{"Size": "L"}]
    more = {"options": [{"name": "Size", "values": ["S"]}, COLOURS]}
    told = (await shop.send("POST", path, more, token=key)).json()
    assert (told["keeps"], told["makes"], told["lacks"], told["drops"]) == (0, 2, 1, 1)
    assert told["missing"] == [{"Size": "S", "Colour": "Red"}, {"Size": "S", "Colour": "Blue"}]
    assert [v["sku"] for v in told["lacking"]] == ["S-S"]
    assert [v["options"] for v in told["dropped"]] == [{"Size": "M"}]
    none = (await shop.send("POST", path, {"options": []}, token=key)).json()
    assert (none["makes"], none["drops"], none["missing"]) == (1, 2, [{}])
    for wrong in ([COLOURS, COLOURS], [{"name": "Size", "values": []}]):
        answer = await shop.send("POST", path, {"options": wrong}, token=key)
        problem(answer, 422, "catalog.input_invalid")


async def test_a_matrix_of_ten_thousand_variants_is_looked_at_in_a_few_statements(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    product_id = decode("product", shirt["id"])
    await shop.app.db.pool.execute("delete from catalog.variant where product_id = $1", product_id)
    await shop.app.db.pool.execute(_SPARSE, product_id)
    await shop.app.db.pool.execute("analyze catalog.variant")
    options = [
        Option(name="Colour", values=tuple(f"c{n}" for n in range(26))),
        Option(name="Size", values=tuple(f"s{n}" for n in range(20))),
        Option(name="Length", values=tuple(f"l{n}" for n in range(19))),
    ]
    async with shop.app.db.reading() as tx:
        with counting_statements() as count:
            found = await catalog.option_matrix(tx, product_id, options, limit=3)
    assert (found.keeps, found.makes, found.drops) == (9_500, 380, 500)
    assert found.missing[0] == {"Colour": "c25", "Size": "s0", "Length": "l0"}
    assert [len(part) for part in (found.missing, found.lacking, found.dropped)] == [3, 0, 3]
    # The product, its variants, and five times two thousand combinations.
    assert count.statements == 7

    await shop.app.db.pool.execute(
        "update catalog.product set options = $2 where id = $1",
        product_id,
        [options[0], options[1], Option(name="Length", values=tuple(f"l{n}" for n in range(20)))],
    )
    path = f"/admin/v1/products/{shirt['id']}/variants"
    few, many = [], []
    page = (await shop.send("GET", f"{path}?limit=100", token=key)).json()["items"]
    for size in (1, 100):
        body = {"variants": [{"id": v["id"], "weight_g": size} for v in page[:size]]}
        with counting_statements() as count:
            answer = await shop.send("PATCH", path, body, token=key, if_match="*")
        assert answer.status_code == 200, answer.text
        (few if size == 1 else many).extend(count.names)
    assert sorted(few) == sorted(many)
    assert len(many) <= 30


@pytest.mark.parametrize("scope", ["catalog:read"])
async def test_who_may_only_read_previews_and_changes_nothing(
    shop: Shop, shirt: dict[str, Any], scope: str
) -> None:
    reader = await shop.secret_key(scope)
    path = f"/admin/v1/products/{shirt['id']}"
    body: dict[str, Any] = {"options": [COLOURS]}
    assert (
        await shop.send("POST", f"{path}/option-preview", body, token=reader)
    ).status_code == 200
    body = {"variants": [{"id": "x"}]}
    refused = await shop.send("PATCH", f"{path}/variants", body, token=reader, if_match="*")
    assert refused.status_code == 403
