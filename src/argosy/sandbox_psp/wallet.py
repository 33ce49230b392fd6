"""Cards that shoppers type at the provider's own pages, and ways to pay that it keeps for them.

A number is looked at and forgotten: of a card the brand, the last four digits and the end of its
validity are stored, and how it behaves, which for test cards is that of a test token.
"""

from __future__ import annotations

import re
import secrets
import sqlite3

import msgspec

from argosy.sandbox_psp import wire
from argosy.sandbox_psp.storage import Storage
from argosy.sandbox_psp.tokens import holds_card_number

TEST_CARDS = {
    "4242 4242 4242 4242": "tok_approved",
    "5555 5555 5555 4444": "tok_approved",
    "4000 0000 0000 3220": "tok_3ds_challenge",
    "4000 0000 0000 9995": "tok_declined_insufficient_funds",
    "4000 0000 0000 0069": "tok_declined_expired_card",
}
"""Numbers by which to try the pages; any other number that could be a card's is approved."""

_BEHAVES = {number.replace(" ", ""): token for number, token in TEST_CARDS.items()}
_BRANDS = (("visa", "4"), ("mastercard", "5"), ("mastercard", "2"), ("amex", "3"))
_EXPIRY = re.compile(r"(\d{1,2}) ?[/-] ?(?:20)?(\d{2})")
CARD_TOKEN = "tok_card_"  # noqa: S105 - the beginning of all of them


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a card. `behaves` is a test token."""

    behaves: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


SOME_CARD = Card(behaves="", brand="visa", last4="4242", exp_month=12, exp_year=2039)
"""The card behind a test token."""


class Wallet:
    """Cards and kept ways to pay. Calls run in the caller's transaction."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def tokenise(self, card: Card, now: float) -> str:
        """A token for one payment with this card."""
        token = CARD_TOKEN + secrets.token_hex(12)
        self.storage.run(
            "insert into card (token, behaves, brand, last4, exp_month, exp_year, created_at)"
            " values (?,?,?,?,?,?,?)",
            *(token, card.behaves, card.brand, card.last4, card.exp_month, card.exp_year, now),
        )
        return token

    def card_of(self, body: wire.CreatePayment) -> Card | None:
        """The card that a payment is made with: typed before, or kept; None for a test token.

        Raises Stop 422 when it is not known (any more), used already, or another customer's.
        """
        if body.method is not None:
            row = self.storage.row(
                "select * from method where id = ? and customer = ? and removed_at is null",
                *(body.method, body.customer),
            )
        elif body.token.startswith(CARD_TOKEN):
            row = self.storage.row("select * from card where token = ? and used = 0", body.token)
        else:
            return None
        if row is None:
            raise wire.Stop(422, "token_unknown", "no such card, or it was used already")
        return _card(row)

    def note(self, payment_id: str, body: wire.CreatePayment, card: Card | None) -> None:
        """Remember with which card a payment is made, and for whom it shall be kept."""
        self.storage.run("update card set used = 1 where token = ?", body.token)
        self.paid_with(payment_id, card or SOME_CARD)
        told = body.stored_credential
        if told is not None:
            self.storage.run(
                "insert into stored_credential values (?,?,?)",
                *(payment_id, told.initiator, told.use),
            )
        if body.save_for is not None and body.method is None:
            self.storage.run("insert into wish values (?,?)", payment_id, body.save_for)

    def first_use(self, body: wire.CreatePayment) -> bool:
        """The first use of a card that is to be kept."""
        return body.stored_credential is not None and body.stored_credential.use == "first"

    def credential_of(self, payment_id: str) -> dict[str, str] | None:
        """What was said of the stored credential when the payment was made."""
        row = self.storage.row(
            "select initiator, use from stored_credential where payment_id = ?", payment_id
        )
        return None if row is None else {"initiator": row["initiator"], "use": row["use"]}

    def paid_with(self, payment_id: str, card: Card) -> None:
        """The card of a payment, which its shopper may type later than the payment is made."""
        self.storage.run(
            "insert or replace into paid_with values (?,?,?,?,?)",
            *(payment_id, card.brand, card.last4, card.exp_month, card.exp_year),
        )

    def keep(self, payment: sqlite3.Row, now: float) -> None:
        """Keep the card of a payment that was approved, if that was wished."""
        self.storage.run(
            "insert into method (id, customer, behaves, brand, last4, exp_month, exp_year,"
            " payment_id, created_at)"
            " select ?, w.customer, ?, p.brand, p.last4, p.exp_month, p.exp_year, w.payment_id, ?"
            " from wish w join paid_with p on p.payment_id = w.payment_id where w.payment_id = ?"
            " on conflict (payment_id) do nothing",
            *(f"pm_{secrets.token_hex(12)}", payment["token"], now, payment["id"]),
        )

    def kept_from(self, payment_id: str) -> dict[str, object] | None:
        """The way to pay that was kept from this payment."""
        row = self.storage.row("select * from method where payment_id = ?", payment_id)
        return None if row is None else _view(row)

    def kept_for(self, customer: str) -> list[dict[str, object]]:
        """What is kept for a customer, the oldest first."""
        rows = self.storage.rows(
            "select * from method where customer = ? and removed_at is null"
            " order by created_at, rowid",
            customer,
        )
        return [_view(row) for row in rows]

    def remove(self, method_id: str, now: float) -> None:
        """Forget a kept way to pay. Repeating it changes nothing."""
        self.storage.run(
            "update method set removed_at = coalesce(removed_at, ?) where id = ?", now, method_id
        )


def read_card(number: str, expiry: str, code: str, *, year: int, month: int) -> Card:
    """What a shopper typed, checked as a provider does; the number goes no further.

    Raises Stop 422 with `field`: number, expiry or code.
    """
    digits = re.sub(r"[ -]", "", number)
    if not digits.isascii() or not digits.isdigit() or not holds_card_number(digits):
        raise wire.Stop(422, "card_invalid", "This is no card number.", field="number")
    found = _EXPIRY.fullmatch(expiry.strip())
    if found is None or not 1 <= int(found[1]) <= 12:
        raise wire.Stop(422, "card_invalid", "Write month and year, as in 12/34.", field="expiry")
    ends = 2000 + int(found[2]), int(found[1])
    if ends < (year, month):
        raise wire.Stop(422, "card_invalid", "This card has expired.", field="expiry")
    if not re.fullmatch(r"[0-9]{3,4}", code.strip()):
        raise wire.Stop(422, "card_invalid", "The security code has 3 or 4 digits.", field="code")
    brand = next((name for name, start in _BRANDS if digits.startswith(start)), "card")
    return Card(
        behaves=_BEHAVES.get(digits, "tok_approved"),
        brand=brand,
        last4=digits[-4:],
        exp_month=ends[1],
        exp_year=ends[0],
    )


def _card(row: sqlite3.Row) -> Card:
    return Card(
        behaves=row["behaves"],
        brand=row["brand"],
        last4=row["last4"],
        exp_month=row["exp_month"],
        exp_year=row["exp_year"],
    )


def _view(row: sqlite3.Row) -> dict[str, object]:
    return {
        "object": "method",
        "id": row["id"],
        "customer": row["customer"],
        "brand": row["brand"],
        "last4": row["last4"],
        "exp_month": row["exp_month"],
        "exp_year": row["exp_year"],
        "removed": row["removed_at"] is not None,
    }
