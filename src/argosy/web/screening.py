"""What no request may carry, whatever its operation: card numbers, NUL characters, giant numbers.

Card numbers never reach us (DOMAIN.md H17). A run of 13 to 19 digits, single spaces or hyphens
between them allowed, that begins like a payment card (22-27, 3, 4, 5, 6) and passes the Luhn check
is refused in any JSON body and any query string. One in ten harmless numbers passes Luhn too, so
fields whose meaning is a number of another kind are let through up to that kind's length: article
numbers and search words (GTIN: 14 digits), telephone numbers (E.164: 15), parcel tracking numbers
and identifiers of other systems (any). Uploaded files and the raw bodies of provider webhooks are
not read here; their readers decide.

Cost: one translation of the body; only a body with a suspicious run is parsed twice.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from argosy.kernel.errors import Invalid

_DIGITS_TO_ZERO = bytes(48 if chr(b).isdigit() and b < 128 else 120 for b in range(256))
_SUSPECT_RUN = b"0" * 13
_RUN = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ -]?[0-9]){12,18}(?![0-9A-Za-z])")
_CARD_START = re.compile(r"2[2-7]|[3-6]")
_WHOLE_NUMBER = re.compile(r"-?[0-9]{19,}")
_NUMBER = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?")
_INT64 = 2**63 - 1
_NO_CARD_UP_TO = {
    "barcode": 14,
    "ean": 14,
    "gtin": 14,
    "isbn": 14,
    "sku": 14,
    "upc": 14,
    "q": 14,
    "phone": 15,
    "external_id": 19,
    "facilities": 19,
    "identifier": 19,
    "lot": 19,
    "serial": 19,
    "tracking_number": 19,
    "tracking_numbers": 19,
}


class CardNumberRefused(Invalid):
    """The request contains what looks like a payment card number. It was not stored or logged.

    Card numbers must not be sent to this API in any field: let the payment provider's hosted field
    or SDK turn the card into a token, and send the token.
    """

    code = "request.card_number"
    usual_cure = "Let the payment provider turn the card into a token, and send the token."


class CharacterRefused(Invalid):
    """A text contains the NUL character (U+0000), which cannot be stored. Remove it."""

    code = "request.character_refused"
    usual_cure = "Remove the NUL character (U+0000)."


class NumberTooLarge(Invalid):
    """A number does not fit into 64 bits. No quantity, amount or position is that large."""

    code = "request.number_too_large"
    usual_cure = "Send a number that fits into 64 bits."


def screen_body(body: bytes) -> None:
    """Refuse a JSON body with a card number, a NUL or an integer beyond 64 bits.

    Raises CardNumberRefused, CharacterRefused, NumberTooLarge. Malformed JSON passes: the typed
    reading that follows reports it.
    """
    # Translating costs a microsecond where a regular expression over the body costs ten.
    run = _SUSPECT_RUN in body.translate(_DIGITS_TO_ZERO, b" -")
    if not run and b"\\u0000" not in body:
        return
    try:
        tree = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return
    for path, key, value in _scalars(tree, "", ""):
        if isinstance(value, int):
            if abs(value) > _INT64:
                raise NumberTooLarge("This number is too large.", field=path)
            _refuse_card(str(value), key, path)
        else:
            _check_text(value, key, path)


Instants = re.Pattern[bytes]
"""A pattern that finds a parameter that is a point in time, at its start."""


def instant_names(names: Sequence[str]) -> Instants:
    """What `screen_query` takes: a pattern of these parameter names."""
    listed = "|".join(re.escape(name) for name in names) or "(?!)"
    return re.compile(f"(?:{listed})=".encode())


_NO_INSTANTS = instant_names(())


def screen_query(query: bytes, instants: Instants = _NO_INSTANTS) -> None:
    """Refuse a query string with a card number, a NUL, an integer beyond 64 bits or a null.

    Parameters that are points in time (`instants`) must not be bare numbers.
    Raises Invalid, CardNumberRefused, CharacterRefused, NumberTooLarge.
    """
    if b"=null" in query.lower() or instants.search(query) is not None:
        _refuse_misread(query, instants)
    plain = query.replace(b"%20", b"").replace(b"%2D", b"").replace(b"%2d", b"")
    run = _SUSPECT_RUN in plain.translate(_DIGITS_TO_ZERO, b"+-")
    if not run and b"%00" not in query:
        return
    for key, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        _check_text(key, "", "query")
        _check_text(value, key, key)
        if key != "q" and _WHOLE_NUMBER.fullmatch(value) and abs(int(value[:40])) > _INT64:
            raise NumberTooLarge("This number is too large.", field=key)


def _refuse_misread(query: bytes, instants: Instants) -> None:
    """The framework would take `null` for a parameter left out, and so for no filter, and a number
    for seconds since 1970: a year would be a moment of New Year's Day of that year.
    """
    for key, value in parse_qsl(query.decode("latin-1")):
        if value.lower() == "null" and key != "q":
            raise Invalid(
                f"{key}: null is not a value of a parameter",
                field=key,
                cure=f"Leave `{key}` out.",
            )
        if instants.fullmatch(key.encode() + b"=") and _NUMBER.fullmatch(value.strip()):
            raise Invalid(
                f"{key}: a number is not an instant",
                field=key,
                cure="Write it like 2026-06-01T12:00:00Z.",
            )


def is_card_number(digits: str) -> bool:
    """Whether 13 to 19 digits begin like a payment card and pass the Luhn check."""
    if not 13 <= len(digits) <= 19 or _CARD_START.match(digits) is None:
        return False
    odd = sum(int(d) for d in digits[-1::-2])
    even = sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return (odd + even) % 10 == 0


def _check_text(text: str, key: str, path: str) -> None:
    if "\0" in text:
        raise CharacterRefused("The NUL character is not accepted.", field=path)
    _refuse_card(text, key, path)


def _refuse_card(text: str, key: str, path: str) -> None:
    exempt = _NO_CARD_UP_TO.get(key, 0)
    for run in _RUN.findall(text):
        digits = run.replace(" ", "").replace("-", "")
        if len(digits) > exempt and is_card_number(digits):
            raise CardNumberRefused(
                "This looks like a payment card number, which must never be sent here.",
                field=path,
                cure="Send the token that the payment provider's form gave you.",
            )


def _scalars(value: Any, key: str, path: str) -> Iterator[tuple[str, str, Any]]:
    """Every text and integer in a JSON value with its dotted path and the name of its field."""
    if isinstance(value, dict):
        for name, inner in value.items():
            here = f"{path}.{name}" if path else name
            yield path, "", name  # the parent: a refused name must not be repeated
            yield from _scalars(inner, name, here)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _scalars(inner, key, f"{path}[{index}]")
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        yield path, key, value
