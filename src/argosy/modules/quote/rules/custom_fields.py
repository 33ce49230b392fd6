"""Custom fields in promotions: how they are named among facts, compare, and are found by words."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec

from argosy.modules.quote.types import CartField, FieldFact, GoodsField, Promotion

_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_encode = msgspec.json.Encoder(order="sorted").encode


class FieldUse(NamedTuple):
    """Where in a promotion's document a custom field is compared, and with what."""

    path: str
    part: CartField | GoodsField


def field_uses(rule: Promotion) -> list[FieldUse]:
    """Return every comparison of a custom field in a promotion, in the order of the document."""
    return [
        *_uses(rule.when, "$.when"),
        *_uses(rule.action, "$.action"),
    ]


def _uses(part: object, path: str) -> Iterator[FieldUse]:
    if isinstance(part, CartField | GoodsField):
        yield FieldUse(path, part)
    elif isinstance(part, msgspec.Struct):
        for name in part.__struct_fields__:
            yield from _uses(getattr(part, name), f"{path}.{name}")
    elif isinstance(part, tuple):
        for i, each in enumerate(part):
            yield from _uses(each, f"{path}[{i}]")


def field_key(subject: str, name: str) -> str:
    """Return the name of a custom field among the facts of goods, or of a cart."""
    return name if subject in {"product", "cart"} else f"{subject}.{name}"


def field_tokens(fields: Mapping[str, FieldFact]) -> list[str]:
    """Return the words of custom fields: one of each value, of several choices one of each."""
    return [
        _field_token(key, one)
        for key, value in fields.items()
        for one in (value if isinstance(value, tuple | list) else (value,))
    ]


def _field_token(key: str, value: object) -> str:
    return f"field:{key}={_encode(value).decode()}"


def field_words(key: str, op: str, value: object) -> frozenset[str] | None:
    """Return the words of which facts have one if a custom field compares so; None: not by words.

    Agrees with `compares`, so that promotions for some values are found by an index.
    """
    if op == "eq":
        return frozenset() if value is None else frozenset({_field_token(key, value)})
    if op == "in":
        several = value if isinstance(value, tuple | list) else ()
        return frozenset(_field_token(key, each) for each in several)
    return None


def compares(  # noqa: PLR0911 - one for each operator
    have: Any, op: str, want: Any
) -> bool:
    """Compare a custom field; what is missing or of another kind compares to nothing but `ne`.

    Several choices (a tuple) compare one by one: `eq`, `in` and `contains` hold if one does.
    """
    if op == "exists":
        return (have is not None) is (want is not False)
    if op == "ne":
        return not compares(have, "eq", want)
    if have is None:
        return False
    if isinstance(have, tuple | list):
        plain = "eq" if op == "contains" else op
        return plain in {"eq", "in"} and any(compares(each, plain, want) for each in have)
    if op == "eq":
        return _same(have, want)
    if op == "in":
        return isinstance(want, tuple | list) and any(_same(have, each) for each in want)
    if op == "contains":
        return isinstance(have, str) and isinstance(want, str) and want in have
    return _in_order(have, op, want)


def _in_order(have: Any, op: str, want: Any) -> bool:
    if type(have) is not type(want) or isinstance(have, bool):
        return False
    if isinstance(have, str) and _NUMBER.fullmatch(have) and _NUMBER.fullmatch(want):
        have, want = Decimal(have), Decimal(want)
    return bool(
        (op == "gt" and have > want)
        or (op == "gte" and have >= want)
        or (op == "lt" and have < want)
        or (op == "lte" and have <= want)
    )


def _same(have: Any, want: Any) -> bool:
    return type(have) is type(want) and bool(have == want)
