"""What a promotion may become, who counts as one person, and what codes must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from argosy.kernel.email import checked_email
from argosy.kernel.text import folded, is_storable
from argosy.modules.promotions.errors import (
    CouponInvalid,
    PromotionInvalid,
    PromotionNotMovable,
)
from argosy.modules.promotions.types import (
    Coupon,
    NewBatch,
    Promotion,
    SetCoupon,
    SetPromotion,
    Standing,
    State,
    Wanted,
)

TRANSITIONS: Final[Mapping[State, tuple[State, ...]]] = {
    "draft": ("live", "archived"),
    "live": ("paused", "archived"),
    "paused": ("live", "archived"),
    "archived": (),
}
ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 letters, so that five random bits are one. Without 0 and O, 1 and I: none can be mistaken."""
MAX_CODES: Final = 1_000_000
MAX_MINOR: Final = 2**53 - 1
SHORTEST: Final = 8
"""Letters of a generated code: 40 bits, the least that cannot be guessed (DOMAIN.md D10)."""
_GOOGLE: Final = frozenset({"gmail.com", "googlemail.com"})


def check_move(origin: State, state: State) -> None:
    """Raise PromotionNotMovable unless the state may follow."""
    if state not in TRANSITIONS[origin]:
        legal = TRANSITIONS[origin]
        raise PromotionNotMovable(
            f"This promotion is {origin} and cannot become {state}.",
            legal=list(legal),
            cure=f"It can become: {', '.join(legal) or 'nothing else'}.",
        )


def check_editable(promotion: Promotion) -> None:
    """Raise PromotionNotMovable for an archived promotion."""
    if promotion.state == "archived":
        raise PromotionNotMovable(
            "An archived promotion cannot be changed.", cure="Make a new one.", legal=[]
        )


def checked(wish: SetPromotion) -> SetPromotion:
    """Return the wish. Raises PromotionInvalid naming the field."""
    if not 1 <= len(wish.name.strip()) <= 200 or not is_storable(wish.name):
        raise PromotionInvalid("A promotion has a name.", field="name", cure="1 to 200 characters.")
    limits = wish.limits
    for field, value in (("uses", limits.uses), ("uses_per_customer", limits.uses_per_customer)):
        if value is not None and not 1 <= value <= 10**9:
            raise PromotionInvalid("A limit is a positive number.", field=f"limits.{field}")
    for currency, minor in limits.budget.items():
        if len(currency) != 3 or not currency.isupper() or not 1 <= minor <= MAX_MINOR:
            raise PromotionInvalid(
                "A budget is a positive amount in minor units by currency.",
                field=f"limits.budget.{currency}",
            )
    return wish


def normal_code(text: str) -> str:
    """Return a code as it compares: NFKC, case-folded, trimmed (DOMAIN.md D10)."""
    return folded(text).strip()


def check_coupon(wish: SetCoupon) -> SetCoupon:
    """Return the wish. Raises CouponInvalid naming the field."""
    code = wish.code.strip()
    if not 3 <= len(code) <= 64 or " " in code or not is_storable(code):
        raise CouponInvalid(
            "This cannot be a code.", field="code", cure="3 to 64 characters without spaces."
        )
    _check_terms(wish)
    return wish


def check_batch(wish: NewBatch) -> NewBatch:
    """Return the wish. Raises CouponInvalid naming the field."""
    if not 1 <= wish.codes <= MAX_CODES:
        raise CouponInvalid("Not so many at once.", field="codes", cure=f"1 to {MAX_CODES:,}.")
    if not SHORTEST <= wish.length <= 32:
        raise CouponInvalid("Too short to be secret, or too long.", field="length", cure="8 to 32.")
    if len(wish.prefix) > 24 or " " in wish.prefix or not is_storable(wish.prefix):
        raise CouponInvalid("Not a prefix.", field="prefix", cure="At most 24, without spaces.")
    if not 1 <= len(wish.name.strip()) <= 200 or not is_storable(wish.name):
        raise CouponInvalid("A batch has a name.", field="name", cure="1 to 200 characters.")
    _check_terms(wish)
    return wish


def _check_terms(wish: SetCoupon | NewBatch) -> None:
    for field in ("uses", "uses_per_customer"):
        value = getattr(wish, field)
        if value is not None and not 1 <= value <= 10**9:
            raise CouponInvalid("A limit is a positive number.", field=field)
    if wish.valid_from and wish.valid_until and wish.valid_from >= wish.valid_until:
        raise CouponInvalid("It would end before it begins.", field="valid_until")


def codes_of(random: bytes, *, length: int, prefix: str) -> list[str]:
    """Return codes spelled from random bytes, `length` of them for each."""
    letters = random.translate(_SPELLING).decode("ascii")
    return [
        prefix + letters[start : start + length]
        for start in range(0, len(letters) - length + 1, length)
    ]


_SPELLING: Final = bytes(ord(ALPHABET[byte & 31]) for byte in range(256))


def persons_of(customer_id: UUID | None, email: str) -> tuple[str, ...]:
    """Return the names under which a buyer's uses are counted (DOMAIN.md D12): none if unknown.

    By account and by address, so that registering later does not start anew. Of an address, what
    follows a + is left out, and in Google's domains the dots: they all reach the same person. Only
    a digest is kept of it.
    """
    found = []
    if customer_id is not None:
        found.append(f"cus:{customer_id}")
    if email:
        local, _, domain = checked_email(email).normalised.rpartition("@")
        local = local.split("+", 1)[0] or local
        if domain in _GOOGLE:
            local, domain = local.replace(".", ""), "gmail.com"
        found.append(f"mail:{sha256(f'{local}@{domain}'.encode()).hexdigest()[:40]}")
    return tuple(found)


def has_room(wanted: Wanted, taken: int) -> bool:
    """Say whether a counter of which so much is taken has room for what is wanted."""
    return wanted.most is None or taken + wanted.amount <= wanted.most


def refusal_of(  # noqa: PLR0911 - one for each reason
    coupon: Coupon | None,
    *,
    customer_id: UUID | None,
    persons: Sequence[str],
    standing: Standing,
    at: datetime,
) -> str | None:
    """Return why a code cannot be used by this buyer now, or None if it can (see CouponRefused)."""
    if coupon is None:
        return "unknown"
    if coupon.disabled_at is not None:
        return "stopped"
    if coupon.valid_from is not None and at < coupon.valid_from:
        return "not_yet"
    if coupon.valid_until is not None and at >= coupon.valid_until:
        return "expired"
    if coupon.customer_id is not None and coupon.customer_id != customer_id:
        return "not_yours"
    if coupon.uses is not None and coupon.taken >= coupon.uses:
        return "used_up"
    if coupon.uses_per_customer is not None and any(
        standing.taken.get((coupon.id, person), 0) >= coupon.uses_per_customer for person in persons
    ):
        return "used_up"
    return None
