"""Files as answers: sent to a cart, bought with it, shown to who may see them, and forgotten."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from tests.web.checkout.conftest import Counter
from tests.web.checkout.test_shopper_invoices import secret

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import decode, encode, new_id
from argosy.kernel.personal import Input, InputPrice
from argosy.modules import attachments, catalog
from argosy.runtime.db import DatabaseUnavailable, Tx
from argosy.workflows import asking, attaching, forgetting, private_cleaning
from argosy.workflows.forgetting import ForgetPerson

PHOTO = Input(
    code="photo", label="Photo", kind="file", required=True, accepts=("jpeg", "png"),
    most_bytes=200_000, price=InputPrice(amount={"EUR": 250}),
)  # fmt: skip
PDF = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n%%EOF\n"
SAME = {"Sec-Fetch-Site": "same-origin"}


def picture(kind: str = "JPEG", size: tuple[int, int] = (800, 400), **more: Any) -> bytes:
    made = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(made, kind, **more)
    return made.getvalue()


def with_place() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "A camera of Ann Lee"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return picture(exif=exif.tobytes(), dpi=(300, 300), quality=95)


async def ask(shop: Counter, *inputs: Input, of: str = "shirt") -> None:
    async with shop.till.db.transaction() as tx:
        variant = await catalog.variant_by_id(tx, shop.till.variants[of])
        await asking.set_inputs(tx, variant.product_id, inputs)


async def sent(
    shop: Counter, cart: str, content: bytes, name: str = "cat.jpg", **headers: str
) -> httpx.Response:
    own = {"x-publishable-key": shop.key} | headers
    return await shop.client.post(
        f"/v1/carts/{cart}/files", files={"file": (name, content)}, headers=own
    )


async def new_cart(shop: Counter, **headers: str) -> str:
    made = await shop.send("POST", "/v1/carts", {}, **headers)
    assert made.status_code == 201, made.text
    cart: str = made.json()["id"]
    return cart


async def answered(shop: Counter, cart: str, ref: str, **headers: str) -> httpx.Response:
    line = {"variant_id": shop.variant("shirt"), "configuration": {"photo": ref}}
    return await shop.send("POST", f"/v1/carts/{cart}/lines", line, **headers)


def below(shop: Counter, url: str) -> str:
    return url.removeprefix(shop.till.app.settings.public_url)


async def ordered(shop: Counter, content: bytes) -> tuple[str, str]:
    """An order of a shirt with this photo on it, and the photo's id."""
    cart = (await shop.cart(mug=1))["id"]
    ref = (await sent(shop, cart, content)).json()["id"]
    line = await answered(shop, cart, ref)
    assert line.status_code == 201, line.text
    options = (await shop.send("GET", f"/v1/carts/{cart}/shipping-options")).json()["items"]
    await shop.send(
        "PUT", f"/v1/carts/{cart}/shipping-method", {"shipping_method": options[0]["code"]}
    )
    total = (await shop.send("GET", f"/v1/carts/{cart}")).json()["total"]
    placed = await shop.send(
        "POST", f"/v1/carts/{cart}/place",
        {"expected_total": total, "payment": {"gateway": "invoice"}}, idempotency_key=str(new_id()),
    )  # fmt: skip
    assert placed.status_code in {200, 201}, placed.text
    return placed.json()["order"]["id"], ref


async def kept(shop: Counter) -> list[str]:
    return [one.key for one in await shop.till.app.storage.private.kept_after("", 100)]


async def test_a_photo_is_sent_bought_and_seen_by_who_may(
    shop: Counter, clock: MovableClock
) -> None:
    await ask(shop, PHOTO)
    original = with_place()
    order, ref = await ordered(shop, original)
    own = {"x_order_token": secret(shop, order)}
    shown = (await shop.send("GET", f"/v1/orders/{order}", **own)).json()
    (line,) = (one for one in shown["lines"] if one["answers"])
    (answer,) = line["answers"]
    assert (answer["value"], answer["file"]["name"], answer["price"]["minor"]) == (
        ref, "cat.jpg", 250
    )  # fmt: skip
    assert (answer["file"]["width"], answer["file"]["height"]) == (800, 400)

    there = f"/v1/orders/{order}/files/{ref}"
    assert (await shop.send("GET", there)).status_code == 404, "without the order's token"
    told = (await shop.send("GET", there, **own)).json()
    got = await shop.client.get(below(shop, told["url"]))
    assert got.status_code == 200
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment; ")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"] == "private, no-store"
    assert "sandbox" in got.headers["content-security-policy"]
    # What is printed is what was sent, pixel by pixel; where it was taken is nobody's business.
    with Image.open(io.BytesIO(got.content)) as now, Image.open(io.BytesIO(original)) as was:
        assert now.tobytes() == was.tobytes()
        assert was.getexif()
        assert not now.getexif()
        assert now.info["dpi"] == (300, 300)
    assert b"Ann Lee" not in got.content
    small = await shop.client.get(below(shop, told["picture_url"]))
    assert small.headers["content-type"] == "image/webp"
    assert small.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in small.headers["content-security-policy"]
    with Image.open(io.BytesIO(small.content)) as image:
        assert image.size == (320, 160)

    key = await shop.secret_key("orders:read")
    (staffs,) = (await shop.send("GET", f"/admin/v1/orders/{order}/files", token=key)).json()[
        "items"
    ]
    assert (staffs["id"], staffs["url"]) == (ref, told["url"])
    nobody = await shop.secret_key("catalog:read")
    refused = await shop.send("GET", f"/admin/v1/orders/{order}/files", token=nobody)
    assert refused.status_code == 403
    page = await shop.client.get(
        f"/@{shop.till.channel.code}/orders/{order}?token={secret(shop, order)}"
    )
    assert below(shop, told["url"]) in page.text
    assert below(shop, told["picture_url"]) in page.text

    # A link is for a while; the file itself has no address.
    for wrong in ("0" * 80, told["url"].rpartition("/")[2][:-1] + "x", ref):
        assert (await shop.client.get(f"/answer-files/{wrong}")).status_code == 404
    clock.advance(minutes=45)
    assert (await shop.client.get(below(shop, told["url"]))).status_code == 404
    (stored, *_) = await kept(shop)
    assert (await shop.client.get(f"/media/{stored}")).status_code == 404

    # It stays as long as the order names the person.
    clock.advance(days=400)
    await attaching.give_up(shop.till.app)
    await private_cleaning.clean_private(shop.till.app)
    assert len(await kept(shop)) == 2


async def test_a_file_is_good_in_the_cart_it_was_sent_to_and_nowhere_else(shop: Counter) -> None:
    await ask(shop, PHOTO)
    mine, another = await new_cart(shop), await new_cart(shop)
    made = await sent(shop, mine, picture())
    assert made.status_code == 201, made.text
    ref = made.json()["id"]
    for stranger in (ref, encode("attachment", new_id()), "cat.jpg", ref[:-1]):
        told = await answered(shop, another, stranger)
        assert (told.status_code, told.json()["code"]) == (422, "personalisation.answer_refused")
        assert told.json()["field"] == "configuration.photo"
    assert (await shop.send("GET", f"/v1/carts/{another}/files/{ref}")).status_code == 404
    line = {"variant_id": shop.variant("shirt"), "configuration": {"photo": ref}}
    anew = await shop.send("POST", "/v1/carts", {"lines": [line]})
    assert (anew.status_code, anew.json()["field"]) == (422, "lines[0].configuration.photo")

    first = await answered(shop, mine, ref)
    assert first.status_code == 201, first.text
    again = (await answered(shop, mine, ref)).json()
    assert [one["quantity"] for one in again["lines"]] == [2], "the same upload adds up"
    same = (await sent(shop, mine, picture())).json()["id"]
    assert same != ref
    more = (await answered(shop, mine, same)).json()
    assert [one["quantity"] for one in more["lines"]] == [2, 1], "equal bytes are another upload"
    (file,) = (one["file"] for one in more["lines"][0]["answers"])
    assert (file["name"], file["format"]) == ("cat.jpg", "jpeg")

    # What is asked for may change: the cart says so.
    await ask(shop, PHOTO.__class__(code="photo", label="Photo", kind="file", accepts=("pdf",)))
    stale = (await shop.send("GET", f"/v1/carts/{mine}")).json()["lines"]
    assert [one["unavailable"] for one in stale] == ["answer_invalid"] * 2
    document = (await sent(shop, mine, PDF, "plan.pdf")).json()
    assert document["picture_url"] is None
    assert (await answered(shop, mine, document["id"])).status_code == 201


HOSTILE: list[tuple[bytes, str]] = [
    (b"", "attachments.invalid"),
    (b"GIF89a" + b"\0" * 40, "media.refused"),
    (picture("GIF"), "attachments.invalid"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'></svg>", "attachments.invalid"),
    (b"<html><script>alert(1)</script>", "media.refused"),
    (picture()[:-200], "media.refused"),
    (picture() + b"PK\x03\x04" + b"\0" * 40, "media.refused"),
    (picture() + b"<script>alert(1)</script>", "media.refused"),
    (picture("PNG", (16_001, 1)), "media.refused"),
    (b"\0" + PDF, "media.refused"),
    (PDF + b"PK\x03\x04" + b"\0" * 40, "media.refused"),
    # The frame is whole, what is in it is not.
    (picture("PNG")[:60] + bytes(8) + picture("PNG")[68:], "media.picture_refused"),
    (picture("WEBP", save_all=True, append_images=[Image.new("RGB", (800, 400))]),
     "attachments.invalid"),
]  # fmt: skip


async def test_E13_hostile_files_are_refused_and_nothing_is_kept(shop: Counter) -> None:
    cart = await new_cart(shop)
    for content, code in HOSTILE:
        told = await sent(shop, cart, content, "../../cat.jpg")
        assert (told.status_code, told.json()["code"]) == (422, code), (content[:40], told.text)
    assert await kept(shop) == []


async def test_bounds_of_a_file_a_cart_and_an_address(shop: Counter) -> None:
    await ask(shop, PHOTO)
    cart = await new_cart(shop)
    large = picture("PNG", (500, 500), pnginfo=None, compress_level=0)
    assert 200_000 < len(large) < 1_000_000
    ref = (await sent(shop, cart, large, "a/b\\c<i>.exe")).json()
    assert ref["name"] == "c<i>.png"
    told = await answered(shop, cart, ref["id"])
    assert (told.status_code, told.json()["field"]) == (422, "configuration.photo")
    assert "at most 200 kB" in told.json()["detail"]

    settings = shop.till.app.settings
    for name, value, code in (
        ("answer_file_limit_bytes", 2000, "attachments.invalid"),
        ("answer_files_cart_bytes", len(large) + 2000, "attachments.cart_full"),
        ("answer_files_sender_bytes", len(large) + 2000, "attachments.too_many"),
    ):
        before = getattr(settings, name)
        object.__setattr__(settings, name, value)
        try:
            full = await sent(shop, cart, picture())
        finally:
            object.__setattr__(settings, name, before)
        assert full.json()["code"] == code, full.text
    # However many come at once.
    small = picture(size=(20, 20))
    object.__setattr__(settings, "answer_files_cart_bytes", len(large) + 2 * len(small))
    try:
        many = await asyncio.gather(*(sent(shop, cart, small) for _ in range(5)))
    finally:
        object.__setattr__(settings, "answer_files_cart_bytes", 100_000_000)
    assert sorted(one.status_code for one in many) == [201, 201, 409, 409, 409]
    assert len(await kept(shop)) == 2 * 3, "what was refused was not kept"
    plain = await shop.client.post(
        f"/v1/carts/{cart}/files", content=b"x", headers={"x-publishable-key": shop.key}
    )
    assert plain.status_code == 415
    torn = {"x-publishable-key": shop.key, "content-type": "multipart/form-data; boundary=x"}
    assert (
        await shop.client.post(f"/v1/carts/{cart}/files", content=b"--y\r\n\r\nz", headers=torn)
    ).status_code in {400, 422}


async def test_what_nobody_buys_is_given_up_after_a_day(
    shop: Counter, clock: MovableClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(shop, PHOTO)
    app, cart = shop.till.app, await new_cart(shop)
    lost = (await sent(shop, cart, picture())).json()["id"]
    used = (await sent(shop, cart, picture())).json()["id"]
    assert (await answered(shop, cart, used)).status_code == 201
    clock.advance(hours=20)
    await attaching.give_up(app)
    assert len(await kept(shop)) == 4
    clock.advance(hours=20)
    late = await answered(shop, cart, lost)
    assert late.status_code == 201, "what is used again is young again"
    first = late.json()["lines"][1]["id"]
    await shop.send("DELETE", f"/v1/carts/{cart}/lines/{first}")
    await attaching.give_up(app)
    assert len(await kept(shop)) == 4
    clock.advance(hours=25)
    await attaching.give_up(app)
    assert len(await kept(shop)) == 2
    assert (await shop.send("GET", f"/v1/carts/{cart}/files/{lost}")).status_code == 404
    assert (await answered(shop, cart, lost)).status_code == 422
    assert (await shop.send("GET", f"/v1/carts/{cart}/files/{used}")).status_code == 200
    assert await shop.till.db.pool.fetchval("select sender from attachments.file") is None
    # The cart is over. A run that is killed before it deleted the bytes is gone on with.
    await shop.till.db.pool.execute("update cart.cart set state = 'expired'")

    async def killed(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(app.storage.private, "remove", killed)
        with pytest.raises(asyncio.CancelledError):
            await attaching.give_up(app)
    assert await shop.till.db.pool.fetchval("select count(*) from attachments.file") == 0
    left = await kept(shop)
    assert len(left) == 2
    folder = next(iter(tmp_path.rglob("private")))  # noqa: ASYNC240
    for key in left:
        old = (app.db.clock() - timedelta(days=2)).timestamp()
        os.utime(folder / key[:2] / key, (old, old))
    await private_cleaning.clean_private(app)
    assert await kept(shop) == []


@pytest.mark.parametrize("moved", [False, True])
async def test_a_file_that_is_used_at_that_moment_is_not_given_up(
    shop: Counter, clock: MovableClock, moved: bool
) -> None:
    """Whoever uses it, or takes it into another cart, has it locked while the clean-up looks."""
    await ask(shop, PHOTO)
    app, db = shop.till.app, shop.till.db
    cart, account = await new_cart(shop), decode("cart", await new_cart(shop))
    file = decode("attachment", (await sent(shop, cart, picture())).json()["id"])
    clock.advance(days=2)
    async with db.transaction() as tx:
        await attachments.forget_senders(tx)  # which waits for it as well
    async with db.transaction() as tx:
        if moved:
            await attachments.move(tx, decode("cart", cart), account, [file])
        else:
            await attachments.touch(tx, decode("cart", cart), [file])
        sweeping = asyncio.create_task(attaching.give_up(app))
        waits = """select exists (select from pg_stat_activity
                    where datname = current_database() and wait_event_type = 'Lock')"""
        while not (sweeping.done() or await db.pool.fetchval(waits)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await sweeping
    assert len(await kept(shop)) == 2
    async with db.reading() as tx:
        assert (await attachments.file_by_id(tx, file)).cart_id == (
            account if moved else decode("cart", cart)
        )


async def test_a_crash_between_bytes_and_name_leaves_nothing_for_good(
    shop: Counter, clock: MovableClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, cart = shop.till.app, await new_cart(shop)
    whole = app.db.transaction

    class Killed(BaseException):
        """Not a cancelled wait, which is answered as a loss of the database."""

    async def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(attachments.commands.store, "add_file", killed)
        with pytest.raises(Killed):
            await sent(shop, cart, picture())
    assert len(await kept(shop)) == 2

    @asynccontextmanager
    async def in_doubt() -> AsyncIterator[Tx]:
        async with whole() as tx:
            yield tx
        raise DatabaseUnavailable("The connection is gone.")

    with monkeypatch.context() as patched:
        patched.setattr(app.db, "transaction", in_doubt)
        assert (await sent(shop, cart, picture())).status_code == 503
    named = await shop.till.db.pool.fetch("select storage_key, picture_key from attachments.file")
    assert len(named) == 1, "it was committed after all"

    # A copy that ended with its process leaves a part that nothing lists.
    folder = next(iter(tmp_path.rglob("private")))  # noqa: ASYNC240
    half = folder / "ab" / f".{'ab' * 16}-cat.jpg"
    young = folder / "cd" / f".{'cd' * 16}-cat.jpg"
    for path in (half, young):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half")
    old = (app.db.clock() - timedelta(days=2)).timestamp()
    for path in folder.rglob("*-*"):
        if path != young:
            os.utime(path, (old, old))
    await private_cleaning.clean_private(app)
    assert set(await kept(shop)) == {key for row in named for key in row.values()}
    assert (half.exists(), young.exists()) == (False, True)


async def test_G9_files_follow_their_lines_into_an_account_and_are_forgotten_with_it(
    shop: Counter, clock: MovableClock
) -> None:
    await ask(shop, PHOTO)
    session = await shop.shopper_session()
    mine = {"authorization": f"Bearer {session}"}
    account = await new_cart(shop, **mine)
    await shop.send(
        "POST", f"/v1/carts/{account}/lines", {"variant_id": shop.variant("mug")}, **mine
    )
    guest = await new_cart(shop)
    ref = (await sent(shop, guest, picture())).json()["id"]
    assert (await answered(shop, guest, ref)).status_code == 201
    clock.advance(days=2)
    claimed = await shop.send("POST", f"/v1/carts/{guest}/claim", **mine)
    assert claimed.json()["cart"]["id"] == account, claimed.text
    lines = claimed.json()["cart"]["lines"]
    assert [one["unavailable"] for one in lines] == [None, None]
    await attaching.give_up(shop.till.app)
    assert (await shop.send("GET", f"/v1/carts/{account}/files/{ref}", **mine)).status_code == 200
    # Another's hands are not in it.
    assert (await shop.send("GET", f"/v1/carts/{account}/files/{ref}")).status_code == 404
    strange = await sent(shop, account, picture())
    assert strange.status_code == 404

    export = (await shop.send("GET", "/v1/customers/me/export", **mine)).json()
    assert [(one["id"], one["name"], one["order_id"]) for one in export["files"]] == [
        (ref, "cat.jpg", None)
    ]
    order, photo = await ordered(shop, picture())
    customer = await shop.till.db.pool.fetchval("select id from customers.customer")
    await shop.till.db.pool.execute(
        'update orders."order" set customer_id = $1 where id = $2',
        customer, decode("order", order),
    )  # fmt: skip
    export = (await shop.send("GET", "/v1/customers/me/export", **mine)).json()
    assert [one["order_id"] for one in export["files"]] == [order, None]
    job = ForgetPerson(customer_id=customer)
    await forgetting.forget_person(shop.till.app, job)
    (left,) = await shop.till.db.pool.fetch("select id from attachments.file")
    assert left["id"] == decode("attachment", photo), "until it is delivered, it is needed"
    await shop.till.db.pool.execute('update orders."order" set units_fulfilled = units_to_ship')
    await forgetting.forget_person(shop.till.app, job)
    assert await shop.till.db.pool.fetchval("select count(*) from attachments.file") == 0
    assert await kept(shop) == []


async def test_the_page_of_a_product_sends_files_without_scripts(shop: Counter) -> None:
    await ask(shop, PHOTO)
    base = f"/@{shop.till.channel.code}"
    form = {"variant_id": shop.variant("shirt"), "quantity": "1"}
    path, photo = f"{base}/cart/uploads", {"answer.photo": ("cat.jpg", picture())}
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert (await shop.client.post(path, data=form, files=photo, headers=cross)).status_code == 403
    unsaid = await shop.client.post(
        path, data=form, files={"answer.photo": ("", b"")}, headers=SAME
    )
    assert unsaid.status_code == 422
    assert "Photo: please say it." in unsaid.text
    wrong = await shop.client.post(
        path, data=form, files={"answer.photo": ("x.pdf", PDF)}, headers=SAME
    )
    assert wrong.status_code == 422
    assert "only JPEG, PNG can be used" in wrong.text
    assert await kept(shop) == [], "what was refused is given up at once"
    torn = {"answer.photo": ("x.png", b"\x89PNG\r\n")}
    damaged = await shop.client.post(path, data=form, files=torn, headers=SAME)
    assert damaged.status_code == 422
    assert "This file cannot be taken" in damaged.text
    put = await shop.client.post(path, data=form, files=photo, headers=SAME)
    assert put.status_code == 303, put.text
    cart = await shop.client.get(f"{base}/cart")
    assert "cat.jpg</a>" in cart.text
    small = cart.text.partition('<img src="/answer-files/')[2].partition('"')[0]
    assert (await shop.client.get(f"/answer-files/{small}")).status_code == 200
    partial = await shop.client.post(
        path, data=form, files=photo, headers=SAME | {"HX-Request": "true"}
    )
    assert "cat.jpg</a>" in partial.text
