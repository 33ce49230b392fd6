"""The provider's books: what happens to payments. No HTTP here.

attempt:  requires_action | pending -> succeeded | declined | cancelled
amounts:  authorised -> captured (partial, several times) -> refunded (partial, several times);
          what is not captured is voided, by the merchant or when the authorisation lapses.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from typing import Any

from argosy.sandbox_psp import views, wire
from argosy.sandbox_psp.storage import Storage
from argosy.sandbox_psp.tokens import TOKENS, TestToken, holds_card_number
from argosy.sandbox_psp.wallet import Card, Wallet

DAY = 86_400.0
AUTHORISATION_S = 7 * DAY
ANSWER_TO_DELAYED_S = 3 * DAY
REFUND_SETTLES_S = 1 * DAY
REFUND_FAILS_S = 2 * DAY


class Desk:
    """All payments of one sandbox. Every public method is one transaction."""

    def __init__(self, storage: Storage, base_url: str) -> None:
        self.storage = storage
        self.base_url = base_url
        self.wallet = Wallet(storage)
        self.offset = float(storage.value("select value from meta where name = 'clock'") or 0)

    # The clock ------------------------------------------------------------------------------

    def now(self) -> float:
        """Sandbox time in seconds since 1970: real time plus what the clock was moved by."""
        return time.time() + self.offset

    def move_clock(self, move: wire.MoveClock) -> float:
        """Move the clock and do everything that became due. Returns the new time."""
        delta = move.advance_s + move.advance_days * DAY
        if delta < 0:
            raise wire.Stop(422, "clock_backwards", "the clock only moves forward")
        self.offset = 0.0 if move.reset else self.offset + delta
        with self.storage.transaction():
            self.storage.run(
                "insert into meta values ('clock', ?) "
                "on conflict (name) do update set value = excluded.value",
                str(self.offset),
            )
        self.do_due()
        return self.now()

    def do_due(self) -> int:
        """Carry out what was scheduled for now or earlier, in order; returns how many."""
        done = 0
        while True:
            with self.storage.transaction():
                due = self.storage.row(
                    "select * from schedule where due_at <= ? order by due_at, id limit 1",
                    self.now(),
                )
                if due is None:
                    return done
                self.storage.run("delete from schedule where id = ?", due["id"])
                self._carry_out(due)
                done += 1

    def _carry_out(self, due: sqlite3.Row) -> None:
        payment = self.payment(due["payment_id"])
        if due["action"] == "expire":
            self._expire(payment)
        elif due["action"] in {"pay", "fail_payment"} and payment["attempt"] == "pending":
            paid = due["action"] == "pay"
            self._settle_attempt(payment, None if paid else ("not_paid_in_time", "soft"))
        elif due["action"] in {"settle_refund", "fail_refund"}:
            self._settle_refund(payment, due["operation_id"], due["action"] == "settle_refund")

    def _expire(self, payment: sqlite3.Row) -> None:
        rest = payment["authorised"] - payment["captured"] - payment["voided"]
        if rest > 0:
            self._change(payment["id"], voided=rest)
            operation = self._operation(payment["id"], "void", rest, "succeeded", None, "provider")
            self._event("payment.expired", payment["id"], operation)

    # Reading --------------------------------------------------------------------------------

    def payment(self, payment_id: str) -> sqlite3.Row:
        """One payment. Raises Stop 404."""
        row = self.storage.row("select * from payment where id = ?", payment_id)
        if row is None:
            raise wire.Stop(404, "payment_not_found", "no such payment")
        return row

    def operation_by_key(self, key: str) -> sqlite3.Row:
        """What the merchant did under this idempotency key. Raises Stop 404."""
        row = self.storage.row("select * from operation where key = ?", key)
        if row is None:
            raise wire.Stop(404, "operation_not_found", "nothing was done under this key")
        return row

    def view(self, payment_id: str, operation_id: str | None = None) -> dict[str, Any]:
        """`{"payment": ..., "operation": ...}` as it is now."""
        body: dict[str, Any] = {
            "payment": {
                **views.payment_view(self.payment(payment_id), self.base_url),
                "stored_credential": self.wallet.credential_of(payment_id),
            }
        }
        if operation_id is not None:
            row = self.storage.row("select * from operation where id = ?", operation_id)
            assert row is not None
            body["operation"] = views.operation_view(row)
        return body

    def operations(self, payment_id: str) -> list[dict[str, Any]]:
        """Everything done to a payment, oldest first."""
        rows = self.storage.rows(
            "select * from operation where payment_id = ? order by created_at, rowid", payment_id
        )
        return [views.operation_view(row) for row in rows]

    def balance(self) -> dict[str, dict[str, int]]:
        """What is held per currency: open authorisations, captured, refunded, and the net."""
        rows = self.storage.rows(
            "select currency, sum(authorised - captured - voided) as authorised,"
            " sum(captured) as captured, sum(refunded) as refunded,"
            " sum(refund_pending) as refund_pending, count(*) as payments"
            " from payment group by currency order by currency"
        )
        return {
            row["currency"]: {
                "authorised": row["authorised"],
                "captured": row["captured"],
                "refunded": row["refunded"],
                "refund_pending": row["refund_pending"],
                "net": row["captured"] - row["refunded"],
                "payments": row["payments"],
            }
            for row in rows
        }

    # Requests of the merchant ---------------------------------------------------------------

    def create(self, key: str, body: wire.CreatePayment) -> tuple[str, str]:
        """Try a payment. Returns its id and the id of the authorising operation."""
        self._check_create(body)
        card = self.wallet.card_of(body)
        token = TOKENS[self.behaves(body)]
        answer = token.answer
        if answer == "authorised" and self.wallet.first_use(body) and not _asks_nothing(token):
            answer = "requires_action"
        payment_id = f"pi_{secrets.token_hex(12)}"
        self._insert_payment(payment_id, key, body, token, answer)
        self.wallet.note(payment_id, body, card)
        operation = self._operation(payment_id, "authorise", body.amount, "pending", key, "api")
        payment = self.payment(payment_id)
        if answer == "authorised":
            if _asks_nothing(token):
                self._note_three_ds(payment_id, "frictionless")
            self._settle_attempt(payment, None)
        elif answer == "declined":
            self._settle_attempt(payment, (token.decline or "", token.decline_kind or ""))
        else:
            self.storage.run("update operation set status = ? where id = ?", answer, operation)
            self._event(f"payment.{answer}", payment_id, operation)
            if answer == "pending":
                action = "pay" if "paid_later" in token.faults else "fail_payment"
                self._schedule(ANSWER_TO_DELAYED_S, action, payment_id)
        return payment_id, operation

    def behaves(self, body: wire.CreatePayment) -> str:
        """The test token that this payment goes like. Raises Stop 422."""
        card = self.wallet.card_of(body)
        name = body.token if card is None else card.behaves
        if name not in TOKENS:
            raise wire.Stop(422, "token_unknown", "no such test token; GET / lists them")
        return name

    def pay_by_card(self, payment_id: str, card: Card | None) -> bool:
        """The shopper typed a card at our page, or gave up (None). True: the bank asks them first.

        The payment goes on as one with this card would have.
        """
        payment = self.payment(payment_id)
        if card is None:
            self._settle_attempt(payment, ("cancelled_by_shopper", "soft"))
            return False
        self.wallet.paid_with(payment_id, card)
        self.storage.run("update payment set token = ? where id = ?", card.behaves, payment_id)
        token = TOKENS[card.behaves]
        first = self.wallet.credential_of(payment_id)
        if token.answer == "requires_action":
            return True
        if token.answer == "authorised" and first is not None and first["use"] == "first":
            return True
        decline = (token.decline or "", token.decline_kind or "")
        self._settle_attempt(
            self.payment(payment_id), decline if token.answer == "declined" else None
        )
        return False

    def capture(self, key: str | None, payment_id: str, body: wire.Capture) -> tuple[str, str]:
        """Take authorised money, whole or in part. Raises Stop 409, 422."""
        payment = self.payment(payment_id)
        rest = payment["authorised"] - payment["captured"] - payment["voided"]
        amount = rest if body.amount is None else body.amount
        if rest == 0:
            raise wire.Stop(409, self._why_nothing_left(payment), "nothing is left to capture")
        wire.check_amount(amount, payment["currency"])
        if amount > rest:
            raise wire.Stop(422, "amount_too_large", "more than is authorised", available=rest)
        if key is not None and "capture_declined" in TOKENS[payment["token"]].faults:
            return payment_id, self._declined(payment_id, "capture", amount, key)
        released = rest - amount if body.final else 0
        self._change(payment_id, captured=amount, voided=released)
        origin = "api" if key else "dashboard"
        operation = self._operation(payment_id, "capture", amount, "succeeded", key, origin)
        self.storage.run("update operation set released = ? where id = ?", released, operation)
        self._event("payment.captured", payment_id, operation)
        return payment_id, operation

    def void(self, key: str | None, payment_id: str) -> tuple[str, str]:
        """Release what is authorised and not captured. Raises Stop 409 when nothing is."""
        payment = self.payment(payment_id)
        rest = payment["authorised"] - payment["captured"] - payment["voided"]
        if rest == 0:
            raise wire.Stop(409, self._why_nothing_left(payment), "nothing is left to void")
        self._change(payment_id, voided=rest)
        origin = "api" if key else "dashboard"
        operation = self._operation(payment_id, "void", rest, "succeeded", key, origin)
        self._event("payment.voided", payment_id, operation)
        return payment_id, operation

    def capture_by_itself(self, payment_id: str) -> None:
        """The provider captures everything unasked: the race that a void can lose."""
        payment = self.payment(payment_id)
        rest = payment["authorised"] - payment["captured"] - payment["voided"]
        if rest > 0:
            self._change(payment_id, captured=rest)
            operation = self._operation(payment_id, "capture", rest, "succeeded", None, "provider")
            self._event("payment.captured", payment_id, operation)

    def refund(self, key: str | None, payment_id: str, body: wire.Refund) -> tuple[str, str]:
        """Give captured money back, whole or in part. Raises Stop 409, 422."""
        payment = self.payment(payment_id)
        wire.check_amount(body.amount, payment["currency"])
        rest = payment["captured"] - payment["refunded"] - payment["refund_pending"]
        if payment["captured"] == 0:
            raise wire.Stop(409, "nothing_captured", "nothing was captured")
        if body.amount > rest:
            raise wire.Stop(422, "amount_too_large", "more than is refundable", available=rest)
        faults = TOKENS[payment["token"]].faults
        if "refund_declined" in faults:
            return payment_id, self._declined(payment_id, "refund", body.amount, key)
        slow = "refund_pending" in faults
        if slow:
            self._change(payment_id, refund_pending=body.amount)
        else:
            self._change(payment_id, refunded=body.amount)
        operation = self._operation(
            *(payment_id, "refund", body.amount, "pending" if slow else "succeeded", key),
            "api" if key else "dashboard",
        )
        self._event("refund.pending" if slow else "refund.succeeded", payment_id, operation)
        if slow:
            self._schedule(REFUND_SETTLES_S, "settle_refund", payment_id, operation)
        if "refund_fails_later" in faults:
            self._schedule(REFUND_FAILS_S, "fail_refund", payment_id, operation)
        return payment_id, operation

    def cancel(self, payment_id: str) -> None:
        """End an attempt that waits for the shopper or for the bank. Raises Stop 409."""
        payment = self.payment(payment_id)
        if payment["attempt"] not in {"requires_action", "pending"}:
            raise wire.Stop(409, "not_cancellable", "this payment is decided already")
        self._settle_attempt(payment, ("cancelled", "soft"))

    def finish_challenge(self, payment_id: str, *, approve: bool) -> None:
        """The shopper answered the challenge. A second answer changes nothing."""
        payment = self.payment(payment_id)
        if payment["attempt"] != "requires_action":
            return
        if not approve:
            self._settle_attempt(payment, ("authentication_failed", "soft"))
        elif "declined_after_challenge" in TOKENS[payment["token"]].faults:
            self._note_three_ds(payment_id, "challenge")
            self._settle_attempt(payment, ("insufficient_funds", "soft"))
        else:
            self._note_three_ds(payment_id, "challenge")
            self._settle_attempt(payment, None)

    # Inside ---------------------------------------------------------------------------------

    def _insert_payment(
        self, payment_id: str, key: str, body: wire.CreatePayment, token: TestToken, answer: str
    ) -> None:
        attempt = "pending" if answer in {"authorised", "declined"} else answer
        # A paid bank transfer is money already: there is nothing left to capture.
        capture = "automatic" if answer == "pending" else body.capture
        self.storage.run(
            "insert into payment (id, key, reference, token, amount, currency, capture,"
            " return_url, metadata, attempt, created_at, seq) values"
            " (?,?,?,?,?,?,?,?,?,?,?, (select coalesce(max(seq), 0) + 1 from payment))",
            *(payment_id, key, body.reference, token.token, body.amount, body.currency),
            *(capture, body.return_url, json.dumps(body.metadata), attempt, self.now()),
        )

    def _check_create(self, body: wire.CreatePayment) -> None:
        texts = (body.token, body.reference, *body.metadata.values(), *body.metadata)
        if any(holds_card_number(text) for text in texts):
            raise wire.Stop(
                422, "card_number_refused", "card numbers are not accepted: send a token"
            )
        wire.check_amount(body.amount, body.currency)
        if len(body.currency) != 3 or not body.currency.isascii() or not body.currency.isupper():
            raise wire.Stop(422, "currency_invalid", "currency is a three-letter ISO 4217 code")
        if body.return_url is not None and not body.return_url.startswith(("https://", "http://")):
            raise wire.Stop(422, "return_url_invalid", "return_url must be an http(s) address")

    def _settle_attempt(self, payment: sqlite3.Row, decline: tuple[str, str] | None) -> None:
        """Decide an attempt: approved (authorised, perhaps captured) or declined with a code."""
        payment_id = payment["id"]
        status = "succeeded" if decline is None else "declined"
        code, kind = decline or (None, None)
        self.storage.run(
            "update payment set attempt = ?, code = ?, code_kind = ? where id = ?",
            *("declined" if decline else "succeeded", code, kind, payment_id),
        )
        self.storage.run(
            "update operation set status = ?, code = ?, code_kind = ?"
            " where payment_id = ? and kind = 'authorise'",
            *(status, code, kind, payment_id),
        )
        operation = self.storage.value(
            "select id from operation where payment_id = ? and kind = 'authorise'", payment_id
        )
        if decline is not None:
            self._change(payment_id)
            self._event("payment.declined", payment_id, operation)
            return
        soon = "expires_soon" in TOKENS[payment["token"]].faults
        window = 3600.0 if soon else AUTHORISATION_S
        self.storage.run(
            "update payment set capture_before = ? where id = ?", self.now() + window, payment_id
        )
        self._change(payment_id, authorised=payment["amount"])
        self.wallet.keep(payment, self.now())
        self._event("payment.authorised", payment_id, operation)
        if payment["capture"] == "automatic":
            self._change(payment_id, captured=payment["amount"])
            self._event("payment.captured", payment_id, operation)
        else:
            self._schedule(window, "expire", payment_id)

    def _settle_refund(self, payment: sqlite3.Row, operation_id: str, succeeded: bool) -> None:
        operation = self.storage.row("select * from operation where id = ?", operation_id)
        if operation is None or operation["status"] not in {"pending", "succeeded"}:
            return
        amount = operation["amount"]
        if succeeded:
            self._change(payment["id"], refund_pending=-amount, refunded=amount)
            status, code = "succeeded", None
        else:
            self._change(payment["id"], refunded=-amount)
            status, code = "failed", "account_closed"
        self.storage.run(
            "update operation set status = ?, code = ? where id = ?", status, code, operation_id
        )
        self._event(f"refund.{status}", payment["id"], operation_id)

    def _declined(self, payment_id: str, kind: str, amount: int, key: str | None) -> str:
        operation = self._operation(payment_id, kind, amount, "declined", key, "api")
        self.storage.run(
            "update operation set code = ?, code_kind = 'soft' where id = ?",
            *(f"{kind}_declined", operation),
        )
        return operation

    def _why_nothing_left(self, payment: sqlite3.Row) -> str:
        if payment["authorised"] == 0:
            return "not_authorised"
        return "already_captured" if payment["captured"] else "already_voided"

    def _note_three_ds(self, payment_id: str, flow: str) -> None:
        evidence = {"version": "2.2.0", "flow": flow, "eci": "05", "liability_shift": True}
        self.storage.run(
            "update payment set three_ds = ? where id = ?", json.dumps(evidence), payment_id
        )

    def _change(self, payment_id: str, **deltas: int) -> None:
        sums = "".join(f", {name} = {name} + {int(delta)}" for name, delta in deltas.items())
        self.storage.run(
            f"update payment set version = version + 1{sums} where id = ?",  # noqa: S608 - own names
            payment_id,
        )

    def _operation(  # noqa: PLR0917 - the columns of one row, in their order
        self, payment_id: str, kind: str, amount: int, status: str, key: str | None, origin: str
    ) -> str:
        operation_id = f"op_{secrets.token_hex(12)}"
        self.storage.run(
            "insert into operation (id, payment_id, kind, amount, status, key, origin, created_at)"
            " values (?,?,?,?,?,?,?,?)",
            *(operation_id, payment_id, kind, amount, status, key, origin, self.now()),
        )
        return operation_id

    def _schedule(
        self, after_s: float, action: str, payment_id: str, operation_id: str | None = None
    ) -> None:
        self.storage.run(
            "insert into schedule (due_at, action, payment_id, operation_id) values (?,?,?,?)",
            *(self.now() + after_s, action, payment_id, operation_id),
        )

    def _event(self, kind: str, payment_id: str, operation_id: str) -> None:
        """Store an event and its deliveries (none, one, or as many as the token's fault asks)."""
        event_id = f"evt_{secrets.token_hex(12)}"
        data = self.view(payment_id, operation_id)
        now = self.now()
        body = {"id": event_id, "type": kind, "created_at": views.instant(now), "data": data}
        self.storage.run(
            "insert into event (id, type, payment_id, operation_key, created_at, body)"
            " values (?,?,?,?,?,?)",
            *(event_id, kind, payment_id, data["operation"]["idempotency_key"], now),
            json.dumps(body),
        )
        faults = TOKENS[self.payment(payment_id)["token"]].faults
        if "lost_webhooks" in faults:
            return
        earlier = self.storage.value(
            "select count(*) - 1 from event where payment_id = ?", payment_id
        )
        # Later events of a payment overtake earlier ones: the first waits longest.
        wait = max(0.0, 1.5 - 0.75 * earlier) if "out_of_order" in faults else 0.0
        for _ in range(3 if "duplicate" in faults else 1):
            self.storage.run(
                "insert into delivery (event_id, due_at) values (?,?)",
                *(event_id, time.time() + wait),
            )


def _asks_nothing(token: TestToken) -> bool:
    """The bank is content with what the shopper's device tells."""
    return "frictionless" in token.faults
