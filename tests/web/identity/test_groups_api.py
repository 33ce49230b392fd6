"""Customer groups through the administration's API."""

from __future__ import annotations

from tests.web.identity.making import Shop


async def test_groups_are_made_renamed_filled_and_deleted(shop: Shop) -> None:
    token = await shop.secret_key("customers:write")
    await shop.shopper_session()
    customer = (await shop.send("GET", "/admin/v1/customers", token=token)).json()["items"][0]
    body = {"code": "dealers", "name": "Dealers"}
    made = await shop.send("POST", "/admin/v1/customer-groups", body, token=token)
    assert made.status_code == 201, made.text
    assert made.json() == body | {"kind": "group", "version": 1}
    again = await shop.send("POST", "/admin/v1/customer-groups", body, token=token)
    assert (again.status_code, again.json()["code"]) == (409, "customers.group_code_taken")
    path = "/admin/v1/customer-groups/dealers"
    renamed = await shop.send("PATCH", path, {"name": "Our dealers"}, token=token)
    assert (renamed.status_code, renamed.headers["etag"]) == (200, '"v2"')
    members = {"customer_ids": [customer["id"]]}
    for changed in (1, 0):
        put = await shop.send("POST", f"{path}/members", members, token=token)
        assert (put.status_code, put.json()) == (200, {"changed": changed})
    shown = (await shop.send("GET", f"{path}/members", token=token)).json()["items"]
    assert [row["id"] for row in shown] == [customer["id"]]
    of = f"/admin/v1/customers/{customer['id']}/groups"
    assert [g["code"] for g in (await shop.send("GET", of, token=token)).json()["items"]] == [
        "dealers"
    ]
    left = await shop.send("POST", f"{path}/members/removal", members, token=token)
    assert left.json() == {"changed": 1}
    assert (await shop.send("DELETE", path, token=token)).status_code == 204
    gone = await shop.send("GET", path, token=token)
    assert (gone.status_code, gone.json()["code"]) == (404, "customers.group_not_found")


async def test_groups_need_the_scope_of_customers(shop: Shop) -> None:
    reader = await shop.secret_key("customers:read")
    assert (await shop.send("GET", "/admin/v1/customer-groups", token=reader)).status_code == 200
    body = {"code": "dealers", "name": "Dealers"}
    refused = await shop.send("POST", "/admin/v1/customer-groups", body, token=reader)
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.forbidden")
