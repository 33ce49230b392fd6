"""Customers, staff, roles and keys in the back office: what pages do, and who may do it."""

from __future__ import annotations

import re

import httpx
from tests.modules.customers.making import HOME, a_customer
from tests.web.back_office.conftest import at_desk
from tests.web.identity.making import Shop

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode
from argosy.modules import customers, staff
from argosy.runtime.db import begin_counting


def version_in(page: httpx.Response) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found is not None, page.text
    return found[1]


async def acts(shop: Shop, subject: str) -> list[str]:
    async with shop.app.db.reading() as tx:
        rows = await staff.list_audit(tx, staff.AuditFilter(subject=subject), limit=50)
    return [row.action for row in rows]


async def test_a_customer_is_found_changed_grouped_and_signed_out(shop: Shop) -> None:
    desk, db = await at_desk(shop, "owner"), shop.app.db
    assert "No customers yet" in (await desk.get("/admin/customers")).text
    ann = await a_customer(db, shop.app.passwords)
    bob = await a_customer(db, shop.app.passwords, "bob@example.com")
    path = f"/admin/customers/{encode('customer', ann.customer_id)}"
    async with db.transaction() as tx:
        await customers.create_group(tx, "dealers", "Dealers")
        await customers.add_address(
            tx, ann.customer_id, HOME, default_shipping=True, default_billing=True
        )
        await customers.record_consent(
            tx,
            ann.customer_id,
            purpose="newsletter",
            document_version="3",
            granted=True,
            source="footer",
        )
    counted = begin_counting()
    for page, most in ((path, 9), ("/admin/customers", 5), ("/admin/customers?group=dealers", 5)):
        before = len(counted.names)
        assert (await desk.get(page)).status_code == 200
        assert len(counted.names) - before <= most, (page, counted.names[before:])
    shown = (await desk.get(path)).text
    for text in ("ann@example.com", "Hauptstr. 1", "newsletter", "Dealers", "Address is not"):
        assert text in shown, text
    joined = await desk.post(f"{path}/groups", {"group": "dealers"})
    assert joined.headers["location"] == path
    assert "Undo" in (await desk.get(path)).text
    for query, seen in (("email=ANN@example.com", 1), ("group=dealers", 1), ("email=x", 0)):
        listed = (await desk.get(f"/admin/customers?{query}")).text
        assert listed.count(f'href="{path}"') == seen, query
        assert "bob@example.com" not in listed
    both = "/admin/customers?group=dealers&email=bob@example.com"
    assert "No customer fits" in (await desk.get(both)).text
    lines = (await desk.get("/admin/customers.csv")).text.splitlines()
    assert len(lines) == 3
    await desk.post(f"{path}/groups/leave", {"group": "dealers"})
    assert "No customer fits" in (await desk.get("/admin/customers?group=dealers")).text
    unknown = await desk.post(f"{path}/groups", {"group": "none"})
    assert (unknown.status_code, "customers.group_not_found" in unknown.text) == (404, True)
    # What somebody else changed is taken over, and asked about where both did.
    form = {"version": version_in(await desk.get(f"{path}/edit")), "name": "Ann L."}
    opened = {"opened.name": "Ann Lee", "opened.phone": "", "opened.locale": ""}
    wrong = await desk.post(f"{path}/edit", form | opened | {"phone": "12"})
    assert (wrong.status_code, "customers.phone_invalid" in wrong.text) == (422, True)
    assert 'value="Ann L."' in wrong.text
    async with db.transaction() as tx:
        other = customers.ChangeProfile(name="Anna Lee", locale="de-DE")
        await customers.change_profile(tx, ann.customer_id, other)
    late = await desk.post(f"{path}/edit", form | opened)
    assert late.status_code == 409
    assert "choose.name" in late.text
    assert 'value="de-DE"' in late.text
    form |= {"version": version_in(late), "locale": "de-DE"}
    kept = {"choose.name": "theirs", "theirs.name": "Anna Lee", "phone": "+49 30 123456"}
    assert (await desk.post(f"{path}/edit", form | kept)).status_code == 303
    async with db.reading() as tx:
        now = await customers.customer_by_id(tx, ann.customer_id)
    assert (now.name, now.phone, now.locale) == ("Anna Lee", "+4930123456", "de-DE")
    assert (await desk.post(f"{path}/sign-out", {})).status_code == 303
    async with db.reading() as tx:
        held = await customers.export_customer(tx, ann.customer_id)
        other_held = await customers.export_customer(tx, bob.customer_id)
    assert held.sessions[0].revoked_at is not None
    assert other_held.sessions[0].revoked_at is None


async def test_a_customer_is_exported_and_erased_after_a_proof_and_the_typed_address(
    shop: Shop, clock: MovableClock
) -> None:
    desk, db = await at_desk(shop, "owner"), shop.app.db
    ann = await a_customer(db, shop.app.passwords)
    public = encode("customer", ann.customer_id)
    path = f"/admin/customers/{public}"
    file = await desk.post(f"{path}/export", {})
    assert file.headers["content-disposition"] == f'attachment; filename="{public}.json"'
    assert file.json()["customer"]["email"] == "ann@example.com"
    clock.advance(minutes=16)
    asked = await desk.get(f"{path}/erase")
    assert asked.headers["location"].startswith("/admin/me/proof?back=%2Fadmin%2Fcustomers%2Fcus_")
    late = await desk.post(f"{path}/erase", {"typed": "ann@example.com"})
    assert (late.status_code, "Show that it is you" in late.text) == (403, True)
    await desk.post("/admin/me/proof", {"password": "four random words here", "back": path})
    assert "cannot sign in again" in (await desk.get(f"{path}/erase")).text
    wrong = await desk.post(f"{path}/erase", {"typed": "bob@example.com"})
    assert wrong.headers["location"] == f"{path}/erase"
    assert "Nothing is erased" in (await desk.get(f"{path}/erase")).text
    done = await desk.post(f"{path}/erase", {"typed": "Ann@example.com"})
    assert done.headers["location"] == path
    gone = (await desk.get(path)).text
    assert "This person was erased" in gone
    assert "ann@example.com" not in gone
    assert await acts(shop, public) == ["customer.erased", "customer.exported"]
    for act in ("erase", "sign-out", "export", "groups"):
        support = await at_desk(shop, "finance", email=f"{act}@example.com")
        assert (await support.post(f"{path}/{act}", {})).status_code == 403


async def test_members_are_added_changed_and_let_in_again_within_ones_own_rights(
    shop: Shop, clock: MovableClock
) -> None:
    desk = await at_desk(shop, "owner")
    form = {"name": "Sam", "email": "sam@example.com", "password": "short", "roles": ["support"]}
    weak = await desk.post("/admin/staff/new", form)
    assert weak.status_code == 422
    assert 'value="sam@example.com"' in weak.text
    assert re.search(r'value="support" checked', weak.text)
    made = await desk.post("/admin/staff/new", form | {"password": "four random words here"})
    path = made.headers["location"]
    page = await desk.get(path)
    opened = {"opened.name": "Sam", "opened.roles": "support", "opened.active": "yes"}
    change = opened | {"version": version_in(page), "name": "Sam", "active": "yes"}
    done = await desk.post(path, change | {"roles": ["support", "catalogue"]})
    assert done.status_code == 303, done.text
    stale = await desk.post(path, change | {"roles": ["support", "finance"], "name": "Sammy"})
    assert stale.status_code == 409
    assert "finance, support" in stale.text
    assert "catalogue, support" in stale.text
    fresh = opened | {"version": version_in(stale), "name": "Sam", "roles": ["support"]}
    assert (await desk.post(path, fresh)).status_code == 303  # no tick: disabled
    assert "Disabled" in (await desk.get("/admin/staff")).text
    assert len((await desk.get("/admin/staff.csv")).text.splitlines()) == 3
    clock.advance(minutes=16)
    for act in ("", "/password", "/remove-factors"):
        late = await desk.post(f"{path}{act}", fresh | {"password": "four random words here"})
        assert (late.status_code, "Show that it is you" in late.text) == (403, True), act
    await desk.post("/admin/me/proof", {"password": "four random words here"})
    assert "speak with them" in (await desk.get(f"{path}/remove-factors")).text
    assert (await desk.post(f"{path}/remove-factors", {"sure": "yes"})).status_code == 303
    public = path.rpartition("/")[2]
    assert "staff.factors_reset" in await acts(shop, public)
    assert (await desk.post(f"{path}/password", {"password": "x"})).status_code == 422
    last = await desk.get("/admin/staff")
    owner = re.search(r'href="(/admin/staff/stf_\w+)"[^>]*>\s*Olga', last.text)
    assert owner is not None
    alone = {"version": version_in(await desk.get(owner[1])), "name": "Olga", "roles": ["support"]}
    refused = await desk.post(owner[1], alone | {"active": "yes"})
    assert (refused.status_code, "staff.last_owner" in refused.text) == (403, True)


async def test_roles_ask_for_a_second_factor_and_can_be_freed_of_it(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    page = (await desk.get("/admin/roles")).text
    assert "catalog" in page
    # What the table says, for screens that it does not fit.
    support = page.split('id="role-support"')[1].split("</section>")[0]
    assert re.search(r"May change:.*?Customers.*?Orders.*?May see:.*?Catalogue", support, re.DOTALL)
    assert "Staff" not in support
    asked = await desk.get("/admin/roles/support/factor")
    assert "set one up" in asked.text
    await desk.post("/admin/roles/support/factor", {"required": "yes"})
    assert "The role asks for a second factor." in (await desk.get("/admin/roles")).text
    sam = await at_desk(shop, "support", email="sam@example.com")
    assert (await sam.get("/admin/orders")).headers["location"] == "/admin/me"
    await desk.post("/admin/roles/support/factor", {"required": "no"})
    assert (await sam.get("/admin/orders")).status_code == 200
    assert await acts(shop, "support") == ["role.changed"] * 2
    assert (await desk.get("/admin/roles/nobody/factor")).status_code == 422
    assert (await sam.post("/admin/roles/support/factor", {"required": "yes"})).status_code == 403


async def test_a_key_is_shown_once_and_revoked_for_good(shop: Shop, clock: MovableClock) -> None:
    desk = await at_desk(shop, "owner")
    form = {"kind": "secret", "name": "Warehouse", "scopes": ["inventory:write", "orders:read"]}
    empty = await desk.post("/admin/keys/new", form | {"scopes": []})
    assert (empty.status_code, 'value="Warehouse"' in empty.text) == (422, True)
    for day in ("2001-01-01", "soon"):
        past = await desk.post("/admin/keys/new", form | {"expires_on": day})
        assert past.status_code == 422
        assert 'value="orders:read" checked' in past.text
    made = await desk.post("/admin/keys/new", form)
    token = re.search(r'value="(sk_\w+|\w*secret\w*_\w+)"', made.text)
    path = re.search(r'href="(/admin/keys/key_\w+)"', made.text)
    assert token is not None, made.text
    assert path is not None
    used = await shop.send("GET", "/admin/v1/orders", token=token[1])
    assert used.status_code == 200
    for page in (path[1], "/admin/keys", "/admin/keys.csv?kind=secret"):
        shown = (await desk.get(page)).text
        assert "Warehouse" in shown
        assert token[1] not in shown
    clock.advance(minutes=16)
    asked = await desk.get("/admin/keys/new")
    assert asked.headers["location"].startswith("/admin/me/proof")
    late = await desk.post(f"{path[1]}/revoke", {"sure": "yes"})
    assert (late.status_code, "Show that it is you" in late.text) == (403, True)
    await desk.post("/admin/me/proof", {"password": "four random words here"})
    assert token[1][-4:] in (await desk.get(f"{path[1]}/revoke")).text
    await desk.post(f"{path[1]}/revoke", {"sure": "yes"})
    assert (await shop.send("GET", "/admin/v1/orders", token=token[1])).status_code == 401
    assert "Revoked" in (await desk.get(path[1])).text
    public = {"kind": "publishable", "name": "Web", "channel": encode("channel", shop.channel.id)}
    shown = await desk.post("/admin/keys/new", public)
    assert "opens the shop of its channel" in shown.text
    nowhere = await desk.post("/admin/keys/new", public | {"channel": ""})
    assert "keys.shape" in nowhere.text
    kim = await at_desk(shop, "support", email="aud@example.com")
    assert (await kim.post("/admin/keys/new", form)).status_code == 403
