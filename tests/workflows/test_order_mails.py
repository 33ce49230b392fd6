"""From what happens to an order to the mail about it, and what a crash on the way leaves."""

from __future__ import annotations

import asyncio
import dataclasses
import html
import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.mail_server import MailServer
from tests.workflows.following import follow
from tests.workflows.till import BECAUSE, ServerDied, Till, card

from argosy.adapters.email import SmtpMailer
from argosy.adapters.email.smtp import MailRefused, MailUnavailable
from argosy.drill.clock import MovableClock
from argosy.kernel.money import Money
from argosy.modules import downloads, licences, mails, orders, payments, staff
from argosy.modules.customers.ports import Mail
from argosy.modules.downloads import Policy
from argosy.modules.licences import Pool
from argosy.modules.mails import MailSettings, MailTexts, OrderMail
from argosy.web.mails.scribe import PageScribe
from argosy.web.pages.wording import money_text
from argosy.workflows import downloading, licensing, order_actions, order_mails
from argosy.workflows.app import App
from argosy.workflows.order_actions import CancelOrder
from argosy.workflows.order_mails import KINDS, ask_for_order_mails, send_due
from argosy.workflows.placement import PaymentChoice

CASH = PaymentChoice(gateway="cash")
EVIL = '<script>alert("1")</script> & Söhne'


class Box:
    """A mailer that keeps the mails, or fails in one of the ways there are."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.fails: BaseException | None = None
        self.dies_after = False

    async def send(self, mail: Mail) -> None:
        if self.fails is not None:
            raise self.fails
        self.mails.append(mail)
        if self.dies_after:
            raise ServerDied


def worker_of(till: Till, mailer: object) -> App:
    """The shop as its worker has it."""
    return dataclasses.replace(till.app, mailer=mailer)  # type: ignore[arg-type]


async def hear(till: Till) -> None:
    await follow(till.db, ask_for_order_mails, *KINDS)


async def known(till: Till, order_id: UUID) -> list[OrderMail]:
    """The order's mails, the oldest first."""
    async with till.db.reading() as tx:
        return (await mails.mails_of_order(tx, order_id, limit=50))[::-1]


async def ends(till: Till, order_id: UUID) -> list[tuple[str, str, str]]:
    return [(one.kind, one.state, one.reason) for one in await known(till, order_id)]


async def speaks(till: Till, order_id: UUID, locale: str) -> None:
    await till.db.pool.execute(
        'update orders."order" set locale = $2 where id = $1', order_id, locale
    )


async def test_a_purchase_is_told_by_smtp_in_the_shoppers_language(till: Till) -> None:
    wishes = MailSettings(
        channel_id=till.channel.id,
        sender_name="Lumä Shop",
        reply_to="help@example.com",
        texts={"de": MailTexts(withdrawal="Binnen 14 Tagen.\n\nFormlos.", imprint="Lumä GmbH")},
    )
    async with till.db.transaction() as tx:
        await mails.set_settings(tx, wishes)
    cart = await till.cart(shirt=2, mug=1)
    _, placed = await till.place(cart)
    await till.db.pool.execute(
        "update orders.line set title = $2, image_key = 'a/b c.avif'"
        " where order_id = $1 and sku = 'SHIRT'",
        cart.id,
        EVIL,
    )
    await speaks(till, cart.id, "de-AT")
    await hear(till)
    await hear(till)
    server = MailServer()
    async with server.running() as url:
        app = worker_of(till, SmtpMailer(url, "shop@example.com"))
        assert await send_due(app) == 1
        assert await send_due(app) == 0
    (raw,) = server.mails
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    (mail,) = await known(till, cart.id)
    assert message["To"] == "ann@example.com"
    assert str(message["From"]) == "Lumä Shop <shop@example.com>"
    assert message["Reply-To"] == "help@example.com"
    assert message["Message-ID"] == f"<order-{mail.id}@example.com>"
    assert message["Subject"] == f"Ihre Bestellung {placed.number} bei {till.channel.name}"
    shown, plain = (message.get_body((kind,)) for kind in ("html", "plain"))
    assert shown is not None
    assert plain is not None
    page, text = shown.get_content(), plain.get_content()
    assert '<html lang="de-AT" dir="ltr">' in page
    assert "<script" not in page
    assert EVIL not in page
    assert EVIL in html.unescape(page)
    assert EVIL in text
    assert re.findall(r'src="([^"]*)"', page) == [
        f"{app.settings.public_url}/media/a/b%20c.avif/thumbnail"
    ]
    assert "http" not in re.sub(f'"{app.settings.public_url}[^"]*"', "", page)
    token = orders.order_token(app.settings.secret_key.get_secret_value(), cart.id)
    assert f"{app.settings.public_url}/orders/{placed_id(cart.id)}?token={token}" in text
    for expected in ("Binnen 14 Tagen.", "Formlos.", "Lumä GmbH", "Torstr. 1", "Rechnung"):
        assert expected in page
        assert expected in text
    gross = money_text(Money(placed.total_minor, "EUR"), "de-AT")
    assert f"Gesamtbetrag  {gross}" in text
    assert re.search(r"inkl\. .*19", text)
    assert (mail.state, mail.tries) == ("sent", 1)
    assert (await till.history(cart.id)).count("mail_sent") == 1


def placed_id(order_id: UUID) -> str:
    from argosy.kernel.ids import encode

    return encode("order", order_id)


@given(shirt=st.integers(0, 4), mug=st.integers(0, 4), song=st.integers(1, 3), coupon=st.booleans())
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_the_amounts_of_a_mail_are_the_orders_and_add_up(
    till: Till, shirt: int, mug: int, song: int, coupon: bool
) -> None:
    for name in ("shirt", "mug"):
        await till.stock(name, 4)
    cart = await till.cart(
        **{name: n for name, n in (("shirt", shirt), ("mug", mug), ("song", song)) if n}
    )
    if coupon:
        code = f"C{cart.id.hex[-10:]}"
        await till.coupon(code)
        cart = await till.present(cart, code)
    _, placed = await till.place(cart)
    async with till.db.reading() as tx:
        letter = await order_mails.preview(tx, cart.id, "order_confirmed")
    text = PageScribe(till.app.settings).of_order(letter).text
    goods, _, sums = text.partition("Subtotal  ")
    rows = [
        (negative == "−", round(float(amount) * 100))
        for negative, amount in re.findall(r"  (−?)€([\d.]+)$", f"Subtotal  {sums}", re.MULTILINE)
    ]
    total_at = [line for line in sums.splitlines() if "  " in line and "€" in line]
    assert rows[0][1] == sum(
        round(float(one) * 100) for one in re.findall(r"  €([\d.]+)$", goods, re.MULTILINE)
    )
    at = next(n for n, line in enumerate(total_at, start=1) if line.startswith("Total  "))
    before = [-minor if negative else minor for negative, minor in rows[:at]]
    assert sum(before) == rows[at][1] == placed.total_minor
    order = await till.order(cart.id)
    assert sum(minor for _, minor in rows[at + 1 :]) == order.tax_minor
    assert coupon == any(negative for negative, _ in rows)


@pytest.mark.parametrize("point", ["asking", "before", "after"])
async def test_a_worker_that_dies_leaves_a_mail_that_is_the_same_again(
    till: Till, clock: MovableClock, point: str
) -> None:
    cart = await till.cart(song=1)
    await till.place(cart)
    await hear(till)
    box = Box()
    app = worker_of(till, box)
    if point == "asking":  # taken up, and never heard of again
        async with till.db.transaction() as tx:
            assert len(await mails.take_due(tx, 10)) == 1
    else:
        box.fails, box.dies_after = (ServerDied(), False) if point == "before" else (None, True)
        with pytest.raises(ServerDied):
            await send_due(app)
    box.fails, box.dies_after = None, False
    assert await send_due(app) == 0, "another worker leaves it alone within the lease"
    clock.advance(minutes=4)
    taken = await asyncio.gather(send_due(app), send_due(app))
    assert sorted(taken) == [0, 1], "and then one of them takes it"
    assert len(box.mails) == (2 if point == "after" else 1)
    assert len({mail.key for mail in box.mails}) == 1, "what comes twice can be told"
    assert await ends(till, cart.id) == [("order_confirmed", "sent", "")]
    assert (await till.history(cart.id)).count("mail_sent") == 1


async def test_a_server_that_is_down_costs_no_mail_and_one_that_refuses_ends_it(
    till: Till, clock: MovableClock
) -> None:
    box = Box()
    app = worker_of(till, box)
    box.fails = MailUnavailable("no")
    first, second = await till.cart(song=1), await till.cart(song=1)
    await till.place(first)
    await hear(till)
    pauses = []
    for _ in range(11):
        assert await send_due(app) == 1
        (mail,) = await known(till, first.id)
        pauses.append(round((mail.due_at - clock.now()).total_seconds()))
        clock.advance(seconds=pauses[-1])
    assert pauses == [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert (mail.state, mail.reason, mail.tries) == ("waiting", "unavailable", 11)
    await order_mails.measure(app)
    async with till.db.reading() as tx:
        assert await mails.count_undelivered(tx) == (1, 0)
    box.fails = None
    await send_due(app)
    assert await ends(till, first.id) == [("order_confirmed", "sent", "")]

    await till.place(second)
    await hear(till)
    box.fails = MailUnavailable("no")
    await send_due(app)
    clock.advance(days=3)
    await send_due(app)
    assert await ends(till, second.id) == [("order_confirmed", "failed", "unavailable")]
    assert await till.history(second.id) == ["confirmed", "mail_failed"]
    box.fails = MailRefused("no")
    async with till.db.transaction() as tx:
        await order_mails.send_again(tx, second.id, "order_confirmed", staff.SYSTEM)
    await send_due(app)
    assert (await ends(till, second.id))[1:] == [("order_confirmed", "failed", "refused")]
    box.fails = ValueError("a broken template")
    async with till.db.transaction() as tx:
        await order_mails.send_again(tx, second.id, "order_confirmed", staff.SYSTEM)
    await send_due(app)
    assert (await ends(till, second.id))[2:] == [("order_confirmed", "waiting", "not_written")]
    assert await send_due(app) == 0, "it does not hold up the others"


async def test_what_is_switched_off_erased_or_out_of_date_is_not_sent(till: Till) -> None:
    box = Box()
    app = worker_of(till, box)
    off = MailSettings(channel_id=till.channel.id, off=("order_confirmed",))
    quiet, gone, ended = [await till.cart(song=1) for _ in range(3)]
    for cart in (quiet, gone, ended):
        await till.place(cart)
    await hear(till)
    await till.db.pool.execute("update orders.\"order\" set email = '' where id = $1", gone.id)
    cancel = CancelOrder(order_id=ended.id, reason="customer_request", because=BECAUSE)
    await order_actions.cancel_order(app, cancel)
    async with till.db.transaction() as tx:
        saved = await mails.set_settings(tx, off)
        with pytest.raises(mails.MailSettingsChanged):
            await mails.set_settings(tx, off)
        assert saved.version == 1
    await send_due(app)
    assert box.mails == []
    assert await ends(till, quiet.id) == [("order_confirmed", "skipped", "switched_off")]
    assert await ends(till, gone.id) == [("order_confirmed", "skipped", "erased")]
    assert await ends(till, ended.id) == [("order_confirmed", "skipped", "superseded")]
    async with till.db.transaction() as tx:
        await order_mails.send_again(tx, quiet.id, "order_confirmed", staff.SYSTEM)
        for order_id, kind, reason in (
            (gone.id, "order_confirmed", "erased"),
            (ended.id, "order_confirmed", "superseded"),
            (quiet.id, "order_refunded", "superseded"),
            (quiet.id, "keys_ready", "superseded"),
        ):
            with pytest.raises(mails.MailNotFitting) as caught:
                await order_mails.send_again(tx, order_id, kind, staff.SYSTEM)  # type: ignore[arg-type]
            assert caught.value.details["reason"] == reason
    await send_due(app)
    assert [mail.to for mail in box.mails] == ["ann@example.com"], "by hand it goes all the same"


async def test_what_is_no_news_is_told_to_nobody(till: Till, clock: MovableClock) -> None:
    box = Box()
    before = await till.cart(song=1)
    await till.place(before)
    clock.advance(days=3)
    waiting = await till.cart(song=1)
    await till.place(waiting)
    # As in a shop that is upgraded: its events of days are all new to this reaction.
    await hear(till)
    assert await ends(till, before.id) == []
    assert await ends(till, waiting.id) == [("order_confirmed", "waiting", "")]
    # And as in one whose mail server is set days later.
    clock.advance(days=3)
    await send_due(worker_of(till, box))
    assert await ends(till, waiting.id) == [("order_confirmed", "skipped", "too_late")]
    async with till.db.transaction() as tx:
        await order_mails.send_again(tx, waiting.id, "order_confirmed", staff.SYSTEM)
    await send_due(worker_of(till, box))
    assert len(box.mails) == 1


async def test_cancelling_a_paid_order_tells_of_the_end_and_of_the_money(card_till: Till) -> None:
    till, box = card_till, Box()
    app = worker_of(till, box)
    cart = await till.cart(song=2)
    _, placed = await till.place(cart, card())
    await hear(till)
    await send_due(app)
    cancel = CancelOrder(order_id=cart.id, reason="customer_request", because=BECAUSE)
    await order_actions.cancel_order(app, cancel)
    await speaks(till, cart.id, "de")
    await hear(till)
    await send_due(app)
    confirmed, *rest = box.mails
    assert "€2.38 was paid." in confirmed.text
    subjects = {mail.subject: mail for mail in rest}
    name = f"{placed.number} bei {till.channel.name}"
    assert set(subjects) == {
        f"Ihre Bestellung {name} wurde storniert",
        f"Erstattung zu Ihrer Bestellung {name}",
    }
    refunded = subjects[f"Erstattung zu Ihrer Bestellung {name}"]
    assert "2,38\N{NO-BREAK SPACE}€ erstattet" in refunded.text
    assert "(Karte)" in refunded.text


async def test_who_does_not_come_back_from_the_bank_is_told_and_others_are_not(
    card_till: Till, clock: MovableClock
) -> None:
    till, box = card_till, Box()
    app = worker_of(till, box)
    left, back = await till.cart(song=1), await till.cart(song=1)
    declined = await till.cart(song=1)
    await till.place(left, card("tok_3ds_challenge"))
    await till.place(declined, card("tok_declined"))
    await till.place(back, card("tok_delayed_paid"))
    await hear(till)
    await send_due(app)
    assert [mail.subject.partition(" ")[0] for mail in box.mails] == ["We"]
    assert "We wait for your payment of €1.19." in box.mails[0].text
    assert await ends(till, declined.id) in ([], [("payment_failed", "skipped", "superseded")])
    clock.advance(minutes=11)
    await send_due(app)
    assert box.mails[-1].subject == f"Please confirm your payment at {till.channel.name}"
    assert "Confirm the payment: http" in box.mails[-1].text


async def test_goods_that_are_delivered_at_once_are_told_of_without_them(
    till: Till, clock: MovableClock
) -> None:
    box = Box()
    app = worker_of(till, box)
    song = till.variants["song"]
    async with till.db.transaction() as tx:
        pool = Pool(variant_id=song, asks_consent=False)
        await licensing.set_pool(tx, pool)
        await licensing.add_keys(tx, app.settings, song, ["SECRET-1", "SECRET-2"])
        await downloads.set_policy(tx, Policy(variant_id=song))
    cart = await till.cart(song=2)
    async with till.db.transaction() as tx:
        await licences.agree(tx, cart.id, "At once.")
    await till.place(cart, CASH)
    paid = orders.OrderPlaced.TYPE, payments.PaymentCaptured.TYPE
    await follow(till.db, licensing.owe_keys, *paid)
    await follow(till.db, downloading.owe_downloads, *paid)
    await hear(till)
    await hear(till)
    await send_due(app)
    clock.advance(seconds=30)
    await send_due(app)
    kinds = {one.kind: one.state for one in await known(till, cart.id)}
    assert kinds == dict.fromkeys(("order_confirmed", "keys_ready", "downloads_ready"), "sent")
    assert len(box.mails) == 3
    assert all("you lose your right to withdraw" in mail.text for mail in box.mails)
    assert not any("SECRET" in mail.text + mail.html for mail in box.mails)
    cancel = CancelOrder(order_id=cart.id, reason="customer_request", because=BECAUSE)
    await order_actions.cancel_order(app, cancel)
    await follow(till.db, licensing.end_keys, orders.OrderCancelled.TYPE)
    async with till.db.transaction() as tx:
        with pytest.raises(mails.MailNotFitting):
            await order_mails.send_again(tx, cart.id, "keys_ready", staff.SYSTEM)


def test_the_time_between_tries_is_bounded() -> None:
    from argosy.modules.mails.rules import GIVEN_UP_AFTER, next_try

    start = MovableClock().now()
    for tries in (0, 1, 5, 100, 10**6):
        due = next_try(start, tries, start)
        assert due is not None
        assert timedelta(seconds=15) <= due - start <= timedelta(hours=1)
    assert next_try(start, 1, start + GIVEN_UP_AFTER) is None
