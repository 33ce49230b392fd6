"""Pure decisions about what products ask, and what shoppers answer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import msgspec

from argosy.kernel.personal import Asked, Input, InputPrice, SentFile
from argosy.modules.personalisation.errors import PersonalisationInvalid
from argosy.modules.personalisation.types import (
    FORMATS,
    MAX_CHOICES,
    MAX_FILE_BYTES,
    MAX_FORMER,
    MAX_INPUTS,
    MAX_TEXT,
    Answered,
    Unanswered,
)

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,4})?")
_MARKS: Final = frozenset(" .,;:!?'’\"&+-/()#@*")
_MOST: Final = 10**12
_NO_FILES: Final[Mapping[str, SentFile]] = MappingProxyType({})
_WIDEST: Final = 10**9


def check_inputs(inputs: Sequence[Input]) -> None:
    """Raise PersonalisationInvalid unless a product may ask this."""
    if len(inputs) > MAX_INPUTS:
        raise _invalid("inputs", f"A product has at most {MAX_INPUTS} inputs.")
    if len({one.code for one in inputs}) < len(inputs):
        raise _invalid("inputs", "Two inputs have the same code.")
    for n, one in enumerate(inputs):
        _check_input(f"inputs[{n}]", one)


def _check_input(field: str, one: Input) -> None:
    _check_name(field, one.code, one.label)
    _check_price(f"{field}.price", one, one.price)
    if (one.kind == "choice") != bool(one.choices) or len(one.choices) > MAX_CHOICES:
        raise _invalid(f"{field}.choices", f"A choice has 1 to {MAX_CHOICES} choices.")
    if len({choice.code for choice in one.choices}) < len(one.choices):
        raise _invalid(f"{field}.choices", "Two choices have the same code.")
    for m, choice in enumerate(one.choices):
        _check_name(f"{field}.choices[{m}]", choice.code, choice.label)
        _check_amount(f"{field}.choices[{m}].amount", choice.amount)
    if not 1 <= one.longest <= MAX_TEXT:
        raise _invalid(f"{field}.longest", f"From 1 to {MAX_TEXT} characters.")
    least, most = (
        -_WIDEST if one.least is None else one.least,
        _WIDEST if one.most is None else one.most,
    )
    if not -_WIDEST <= least <= most <= _WIDEST:
        raise _invalid(f"{field}.most", "From `least` to 1000000000.")
    if not 0 <= one.decimals <= 4:
        raise _invalid(f"{field}.decimals", "From 0 to 4 decimals.")
    _check_file(field, one)


def _check_file(field: str, one: Input) -> None:
    if len(set(one.accepts)) < len(one.accepts) or (one.accepts and one.kind != "file"):
        raise _invalid(f"{field}.accepts", "Formats of a file, each once.")
    if one.most_bytes is not None and not 1 <= one.most_bytes <= MAX_FILE_BYTES:
        raise _invalid(f"{field}.most_bytes", f"From 1 to {MAX_FILE_BYTES} bytes.")


def _check_name(field: str, code: str, label: str) -> None:
    if not _CODE.fullmatch(code):
        raise _invalid(f"{field}.code", "A code is of a-z, 0-9, - and _, up to 40 characters.")
    if not 1 <= len(label.strip()) <= 200:
        raise _invalid(f"{field}.label", "A label has 1 to 200 characters.")


def _check_price(field: str, one: Input, price: InputPrice | None) -> None:
    if price is None:
        return
    if not price.amount:
        raise _invalid(f"{field}.amount", "A price has an amount in some currency.")
    _check_amount(f"{field}.amount", price.amount)
    if price.per == "character" and one.kind != "text":
        raise _invalid(f"{field}.per", "Only a text has a price for each character.")
    if not 0 <= price.free <= MAX_TEXT or (price.free and price.per != "character"):
        raise _invalid(f"{field}.free", f"0 to {MAX_TEXT} characters, of a price for each.")


def _check_amount(field: str, amount: Mapping[str, int]) -> None:
    for currency, minor in amount.items():
        if not _CURRENCY.fullmatch(currency) or not 0 <= minor <= _MOST:
            raise _invalid(field, "Amounts in minor units by currency, none negative.")


def _invalid(field: str, why: str) -> PersonalisationInvalid:
    return PersonalisationInvalid(why, field=field)


def asked_next(before: Asked, inputs: Sequence[Input]) -> Asked:
    """What the product asks from now on, with the codes that it asked by before."""
    codes = {one.code for one in inputs}
    known = (*before.former, *(one.code for one in before.inputs))
    former = tuple(dict.fromkeys(code for code in known if code not in codes))
    return Asked(inputs=tuple(inputs), former=former[-MAX_FORMER:])


def answers_of(
    asked: Asked,
    configuration: Mapping[str, str],
    currency: str,
    files: Mapping[str, SentFile] = _NO_FILES,
) -> tuple[Answered, ...] | Unanswered:
    """What the answers in a line's configuration come to, in the order of the inputs; or the first
    thing that is wrong. What is left empty says nothing and adds nothing; what else stands in the
    configuration is not looked at. `files` are those of the line's answers, by code, that are known
    to be its shopper's.
    """
    for code in asked.former:
        if configuration.get(code, "").strip():
            return Unanswered("answer_unknown", code, "The product does not ask this any more.")
    found = []
    for one in asked.inputs:
        said = unicodedata.normalize("NFC", configuration.get(one.code, "").strip())
        if not said:
            if one.required:
                return Unanswered("answer_missing", one.code, f"{one.label}: please say it.")
            continue
        wrong = _wrong_file(one, files) if one.kind == "file" else _wrong(one, said)
        if wrong is not None:
            return Unanswered("answer_invalid", one.code, f"{one.label}: {wrong}")
        answered = _answered(one, said, currency)
        if answered is None:
            why = f"{one.label}: not offered in {currency}."
            return Unanswered("answer_unpriced", one.code, why)
        found.append(answered)
    return tuple(found)


def offered_in(asked: Asked, currency: str) -> tuple[Input, ...]:
    """What is asked in that currency: without the inputs and choices that have no price in it. What
    is required is asked all the same: without it the product cannot be bought.
    """
    shown = []
    for one in asked.inputs:
        if one.price is not None and currency not in one.price.amount and not one.required:
            continue
        choices = tuple(each for each in one.choices if not each.amount or currency in each.amount)
        if one.choices and not choices and not one.required:
            continue
        shown.append(msgspec.structs.replace(one, choices=choices))
    return tuple(shown)


def _answered(one: Input, said: str, currency: str) -> Answered | None:
    """What costs something elsewhere does not come for nothing here (C9)."""
    choice = next((each for each in one.choices if each.code == said), None)
    unit = 0
    if one.price is not None:
        if currency not in one.price.amount:
            return None
        times = max(0, len(said) - one.price.free) if one.price.per == "character" else 1
        unit += times * one.price.amount[currency]
    if choice is not None and choice.amount:
        if currency not in choice.amount:
            return None
        unit += choice.amount[currency]
    return Answered(one.code, one.label, "" if choice is None else choice.label, unit)


def _wrong(one: Input, said: str) -> str | None:
    if one.kind == "choice":
        known = any(choice.code == said for choice in one.choices)
        return None if known else "this is not offered."
    if one.kind == "number":
        return _wrong_number(one, said)
    if len(said) > one.longest:
        return f"at most {one.longest} characters."
    for char in said:
        if not _is_of(one.characters, char):
            return f"{char!r} cannot be used."
    return None


def _wrong_file(one: Input, files: Mapping[str, SentFile]) -> str | None:
    """Only files that were found to be the shopper's are there: another's is like none."""
    file = files.get(one.code)
    if file is None:
        return "please send the file again."
    accepted = one.accepts or FORMATS
    if file.format not in accepted:
        return f"only {', '.join(each.upper() for each in accepted)} can be used."
    if one.most_bytes is not None and file.byte_size > one.most_bytes:
        return f"at most {one.most_bytes // 1000:,} kB."
    return None


def _wrong_number(one: Input, said: str) -> str | None:
    if not _NUMBER.fullmatch(said):
        return "please write a number, such as 12 or 1.5."
    number = Decimal(said)
    if len(said.partition(".")[2]) > one.decimals:
        return f"at most {one.decimals} decimals."
    if one.least is not None and number < one.least:
        return f"at least {one.least}."
    if one.most is not None and number > one.most:
        return f"at most {one.most}."
    return None


def _is_of(characters: str, char: str) -> bool:
    if unicodedata.category(char)[0] == "C":
        return False
    if characters == "digits":
        return char in "0123456789"
    if characters == "letters":
        return char.isalpha() or char == " "
    if characters == "latin":
        latin = char.isalpha() and unicodedata.name(char, "").startswith("LATIN ")
        return char in _MARKS or char in "0123456789" or latin
    return True
