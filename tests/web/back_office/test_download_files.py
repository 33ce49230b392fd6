"""Downloads of a variant on its page: terms, files, versions."""

from __future__ import annotations

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import led, noted, send
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import Shop

from argosy.kernel.ids import encode
from argosy.modules import catalog, downloads


async def test_files_are_sent_renewed_withdrawn_and_retired(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    await a_product(desk, "Book", "BOOK")
    async with shop.app.db.reading() as tx:
        book = await catalog.find_variant_by_sku(tx, "BOOK")
    assert book is not None
    one = f"/admin/downloads/{encode('variant', book.id)}"
    assert one in (await desk.get(f"/admin/variants/{encode('variant', book.id)}")).text
    first = await desk.get(one)
    assert "is not delivered as files" in first.text
    assert 'href="/admin/downloads"' not in first.text, "there is no list of them"
    assert "Add a file" not in first.text
    sent = {"file": ("../x/book.epub", b"<b>1</b>", "text/html")}
    early = await desk.client.post(f"{one}/files", files=sent)
    assert early.status_code == 404
    assert led(await send(desk, first, one, most_downloads="", days="30")) == one
    assert (
        led(await desk.client.post(f"{one}/files", files=sent, data={"title": "The book"})) == one
    )
    empty = await desk.client.post(f"{one}/files", files={"file": ("a", b"", "text/plain")})
    assert empty.status_code == 422
    assert "The file is empty." in empty.text
    async with shop.app.db.reading() as tx:
        (file,) = await downloads.files_of_variant(tx, book.id)
        policy = await downloads.policy_of(tx, book.id)
    assert (policy.most_downloads, policy.days) == (None, 30)
    name = encode("download_file", file.id)
    newer = {"file": ("book-2.epub", b"2", "application/epub+zip")}
    led(await desk.client.post(f"{one}/files", files=newer, data={"file_id": name}))
    got = await desk.get(f"{one}/files/{name}/1")
    assert (got.content, got.headers["content-type"]) == (b"<b>1</b>", "application/octet-stream")
    assert got.headers["content-disposition"].startswith('attachment; filename="book.epub"')
    asked = await desk.get(f"{one}/withdraw?file_id={name}&number=2")
    assert "Its bytes are deleted" in asked.text
    wanted = {"file_id": name, "number": "2"}
    assert (await desk.post(f"{one}/withdraw", wanted)).status_code == 200, "asked once more"
    led(await desk.post(f"{one}/withdraw", wanted | {"sure": "yes"}))
    assert (await desk.get(f"{one}/files/{name}/2")).status_code == 404
    led(await desk.post(f"{one}/retire", {"file_id": name}))
    page = (await desk.get(one)).text
    assert "Not sold any more" in page
    assert "(withdrawn)" in page
    trail = await noted(shop, name)
    assert trail == [
        "download_file.retired", "download_file.version_withdrawn", "download_file.version_added",
        "download_file.added",
    ]  # fmt: skip
    assert (await noted(shop, encode("variant", book.id)))[0] == "downloads.set"
