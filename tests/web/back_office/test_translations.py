"""Texts in other languages, in the back office."""

from __future__ import annotations

import re
from typing import Any

import httpx
from tests.web.back_office.conftest import Desk, at_desk
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import Shop

from argosy.modules import channels
from argosy.modules.channels import UpdateChannel
from argosy.workflows import translating


async def two_languages(shop: Shop) -> None:
    async with shop.app.db.transaction() as tx:
        await channels.update_channel(
            tx,
            shop.channel,
            UpdateChannel(locales=("de", "fr")),
            expected_version=shop.channel.version,
        )
        await translating.set_source_locale(tx, "en")


def cell(page: httpx.Response, field: str, locale: str) -> dict[str, Any]:
    """The form of one text in one language."""
    for text in re.findall(r"<form method=\"post\".*?</form>", page.text, re.DOTALL):
        form = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', text))
        typed = re.search(r"<textarea[^>]*>(.*?)</textarea>", text, re.DOTALL)
        if typed and form.get("field") == field and form.get("locale") == locale:
            drafted = 'value="yes" checked' in text
            return form | {"value": typed[1], "draft": "yes" if drafted else ""}
    raise AssertionError(f"no form for {field} in {locale}")


async def said(desk: Desk, path: str, field: str, locale: str, value: str) -> httpx.Response:
    form = cell(await desk.get(path), field, locale)
    return await desk.post(path, form | {"value": value})


async def test_what_is_missing_is_listed_said_field_by_field_and_merged(shop: Shop) -> None:
    desk = await at_desk(shop, "catalogue")
    none = await desk.get("/admin/translations")
    assert "No channel has a second language" in none.text
    assert "Which language is the catalogue itself written in?" in none.text
    await two_languages(shop)
    product = (await a_product(desk)).rpartition("/")[2]
    path = f"/admin/translations/product/{product}"
    assert path in (await desk.get(f"/admin/products/{product}")).text
    listed = await desk.get("/admin/translations?locale=de&kind=product")
    assert "Ridge Hoodie" in listed.text
    assert f"{path}?locale=de" in listed.text
    sheet = await desk.get(path)
    assert sheet.text.count('name="locale" value="de"') == sheet.text.count('value="fr"')
    # Two people on one product: another text is in nobody's way, the same text is.
    mine = cell(sheet, "title", "de")
    assert (await desk.post(path, mine | {"value": "Kapuzenjacke"})).status_code == 303
    assert 'action="/admin/translations/product' in (await desk.get(path)).text.partition("Undo")[0]
    late = await desk.post(path, mine | {"value": "Kapuzenpullover"})
    assert late.status_code in {409, 412}, late.text
    assert "choose.value" in late.text
    form = cell(late, "title", "de")
    assert form["value"] == "Kapuzenpullover"
    kept = form | {"choose.value": "theirs", "theirs.value": "Kapuzenjacke"}
    assert (await desk.post(path, kept)).status_code == 303
    again = cell(await desk.get(path), "title", "de")
    assert again["value"] == "Kapuzenjacke"
    # The text changes: what was said of it is out of date, until somebody says it fits.
    edit = await desk.get(f"/admin/products/{product}")
    version = re.search(r'name="version" value="(\d+)"', edit.text)
    assert version is not None
    named: dict[str, Any] = {
        "title": "Ridge Hooded Jacket",
        "opened.title": "Ridge Hoodie",
        "version": version[1],
    }
    same = {f"{at}slug": "ridge-hoodie" for at in ("", "opened.")}
    states = {f"{at}status": "draft" for at in ("", "opened.")}
    saved = await desk.post(f"/admin/products/{product}", named | same | states)
    assert saved.status_code == 303, saved.text
    stale = await desk.get("/admin/translations?locale=de&status=stale")
    assert "Ridge Hooded Jacket" in stale.text
    assert "Kapuzenjacke" in stale.text
    assert "The text has changed since" in (await desk.get(path)).text
    assert (await said(desk, path, "title", "de", "Kapuzenjacke")).status_code == 303
    assert "The text has changed since" not in (await desk.get(path)).text
    assert (await said(desk, path, "title", "de", "")).status_code == 303
    assert cell(await desk.get(path), "title", "de")["value"] == ""
    far = await desk.get("/admin/translations/progress?locale=de")
    assert "Product" in far.text
    odd = await desk.get(f"{path}?locale=not%20one")
    assert odd.status_code == 422
    assert "Ridge Hooded Jacket" in odd.text


async def test_a_file_for_translators_comes_back_by_a_plan(shop: Shop) -> None:
    desk = await at_desk(shop, "catalogue")
    await two_languages(shop)
    await a_product(desk)
    file = await desk.get("/admin/translations.csv?locale=de")
    assert file.headers["content-type"].startswith("text/csv")
    lines = file.text.splitlines()
    assert lines[0].startswith('"kind","entity"')
    title = next(n for n, line in enumerate(lines) if '"title"' in line and '"product"' in line)
    lines[title] = lines[title].removesuffix('""') + '"Kapuze"'
    lost = '"product","prd_00000000000000000000000000","","title","de","","x","y"'
    body = "\n".join([*lines, lost, ""]).encode()
    sent = {"file": ("de.csv", body, "text/csv")}
    planned = await desk.client.post(
        "/admin/translations/import", data={"state": "approved"}, files=sent
    )
    assert planned.status_code == 200, planned.text
    assert "There is no such text." in planned.text
    carried: dict[str, Any] = dict(
        re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', planned.text)
    )
    assert "Kapuze" not in (await desk.get("/admin/translations?locale=de&status=current")).text
    done = await desk.post("/admin/translations/import/apply", carried)
    assert done.status_code == 303, done.text
    assert "Kapuze" in (await desk.get("/admin/translations?locale=de&status=current")).text
    twice = await desk.client.post(
        "/admin/translations/import", data={"state": "approved"}, files=sent
    )
    assert "Nothing of it is new" in twice.text
    xliff = await desk.get("/admin/translations/xliff.xml?locale=de&status=current")
    assert "<target" in xliff.text
    back = {"file": ("de.xlf", xliff.content, "application/xml")}
    same = await desk.client.post("/admin/translations/import", data={"state": "file"}, files=back)
    assert "Nothing of it is new" in same.text
    wrong = await desk.client.post(
        "/admin/translations/import",
        data={"state": "file"},
        files={"file": ("de.csv", b"a,b\n1,2\n", "text/csv")},
    )
    assert wrong.status_code == 422
    assert 'id="e-file"' in wrong.text
