"""Which fees are due, and what a fee must be to be stored. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from argosy.kernel.rounding import Rounding, rounded
from argosy.modules.fees.errors import FeeInvalid
from argosy.modules.fees.types import DueFee, Fee, FeeFacts, FeeLine, FeeWhen, SetFee

MAX_AMOUNT: Final = 10**12
MAX_PERCENT: Final = Decimal(100)
MAX_NAMED: Final = 1000
ANY: Final = "*"

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


def fees_due(
    fees: Iterable[Fee], facts: FeeFacts, rounding: Rounding = "half_up"
) -> tuple[DueFee, ...]:
    """Return what is due, in the shop's order; nothing for a purchase without lines.

    A percentage is rounded once (A10). What comes to nothing is left out.
    """
    ordered = sorted(fees, key=lambda fee: (fee.position, fee.code))
    return tuple(
        due
        for fee in ordered
        if fee.active and _applies(fee.when, facts)
        for due in _due(fee, facts, rounding)
        if due.unit_minor
    )


def label_of(fee: SetFee, locale: str) -> str:
    """Return the fee's name in a locale, else in its language, else its plain name."""
    by_locale = {name.replace("_", "-").lower(): label for name, label in fee.labels.items()}
    wanted = locale.replace("_", "-").lower()
    return by_locale.get(wanted) or by_locale.get(wanted.partition("-")[0]) or fee.name


def _applies(when: FeeWhen, facts: FeeFacts) -> bool:
    return (
        (not when.countries or facts.country in when.countries)
        and (not when.shipping_methods or facts.shipping_method in when.shipping_methods)
        and (not when.payment_methods or facts.payment_method in when.payment_methods)
        and (when.from_goods_minor is None or facts.goods_minor >= when.from_goods_minor)
        and (when.below_goods_minor is None or facts.goods_minor < when.below_goods_minor)
    )


def _selected(when: FeeWhen, lines: Iterable[FeeLine]) -> list[FeeLine]:
    return [
        line
        for line in lines
        if (not when.products or line.product_id in when.products)
        and (not when.variants or line.variant_id in when.variants)
        and (not when.categories or not line.categories.isdisjoint(when.categories))
        and (not when.product_types or line.product_type in when.product_types)
        and (not when.tax_classes or line.tax_class in when.tax_classes)
        and (not when.shipping_classes or line.shipping_class in when.shipping_classes)
        and all(
            bool(chosen := line.configuration.get(name)) and value in {ANY, chosen}
            for name, value in when.configuration.items()
        )
    ]


def _due(fee: Fee, facts: FeeFacts, rounding: Rounding) -> Iterator[DueFee]:
    lines = _selected(fee.when, facts.lines)
    if not lines or not _enough(fee.when, sum(line.quantity for line in lines)):
        return
    if fee.per == "order":
        base = sum(line.value_minor for line in lines)
        base += facts.shipping_minor if fee.with_shipping else 0
        yield DueFee(
            fee=fee,
            key=f"fee:{fee.code}",
            unit_minor=_amount(fee, base, rounding),
            ships=any(line.ships for line in lines),
        )
        return
    for line in lines:
        yield DueFee(
            fee=fee,
            key=f"fee:{fee.code}:{line.key}",
            unit_minor=_amount(fee, line.value_minor, rounding),
            quantity=line.quantity if fee.per == "unit" else 1,
            line=line.key,
            ships=line.ships,
        )


def _enough(when: FeeWhen, units: int) -> bool:
    return (when.from_quantity is None or units >= when.from_quantity) and (
        when.below_quantity is None or units < when.below_quantity
    )


def _amount(fee: Fee, base_minor: int, rounding: Rounding) -> int:
    if fee.percent is None:
        return fee.amount_minor or 0
    share = rounded(Fraction(base_minor) * Fraction(fee.percent) / 100, rounding)
    return share if fee.cap_minor is None else min(share, fee.cap_minor)


def check_fee(fee: SetFee) -> SetFee:
    """Return the fee. Raises FeeInvalid naming the field."""
    if not _CODE.fullmatch(fee.code):
        raise _invalid("code", "Lower-case letters, digits, _ and -.")
    if not 1 <= len(fee.name.strip()) <= 200:
        raise _invalid("name", "1 to 200 characters.")
    for locale, label in fee.labels.items():
        if not _LOCALE.fullmatch(locale) or not 1 <= len(label.strip()) <= 200:
            raise _invalid("labels", "A name of 1 to 200 characters by locale, like de or pt-BR.")
    if fee.tax_class is not None and not _CODE.fullmatch(fee.tax_class):
        raise _invalid("tax_class", "The code of a tax class, or null: no tax is due.")
    _check_amount(fee)
    if fee.returned and fee.per == "order":
        raise _invalid("returned", "Only a fee per unit or line goes back with a unit.")
    _check_when(fee.when)
    return fee


def _check_amount(fee: SetFee) -> None:
    if (fee.amount_minor is None) == (fee.percent is None):
        raise _invalid("amount_minor", "Either amount_minor or percent.")
    if fee.amount_minor is not None:
        if not 0 < fee.amount_minor <= MAX_AMOUNT:
            raise _invalid("amount_minor", f"1 to {MAX_AMOUNT}.")
        if fee.cap_minor is not None or fee.with_shipping:
            raise _invalid("cap_minor", "Only for a percentage.")
        return
    assert fee.percent is not None
    if not fee.percent.is_finite() or not 0 < fee.percent <= MAX_PERCENT:
        raise _invalid("percent", "More than 0, at most 100.")
    if fee.per == "unit":
        raise _invalid("per", "A percentage is per order or per line.")
    if fee.with_shipping and fee.per != "order":
        raise _invalid("with_shipping", "Only for a percentage per order.")
    if fee.cap_minor is not None and not 0 < fee.cap_minor <= MAX_AMOUNT:
        raise _invalid("cap_minor", f"1 to {MAX_AMOUNT}, or null: no cap.")


def _check_when(when: FeeWhen) -> None:
    named: dict[str, Sequence[object]] = {
        name: getattr(when, name) for name in when.__struct_fields__ if name != "configuration"
        and not name.endswith(("_minor", "_quantity"))
    }  # fmt: skip
    for name, values in named.items():
        if len(values) > MAX_NAMED or len(set(values)) != len(values):
            raise _invalid(f"when.{name}", f"At most {MAX_NAMED}, each once.")
    if not all(_COUNTRY.fullmatch(country) for country in when.countries):
        raise _invalid("when.countries", "ISO 3166-1 codes like DE.")
    if len(when.configuration) > 10 or not all(
        name and value for name, value in when.configuration.items()
    ):
        raise _invalid("when.configuration", 'At most 10 choices, like {"gift_wrap": "yes"}.')
    if not all(_CODE.fullmatch(code) for code in when.product_types):
        raise _invalid("when.product_types", "Codes of product types like shoes.")
    if not all(1 <= len(name) <= 1000 for name in when.categories):
        raise _invalid("when.categories", "Ids or paths of categories, like drinks/juice.")
    for what in ("goods_minor", "quantity"):
        least, most = getattr(when, f"from_{what}"), getattr(when, f"below_{what}")
        if (least is not None and least < 0) or (most is not None and most <= (least or 0)):
            raise _invalid(f"when.below_{what}", f"0 <= from_{what} < below_{what}.")


def _invalid(field: str, cure: str) -> FeeInvalid:
    return FeeInvalid(f"The fee's {field} is not possible.", field=field, cure=cure)
