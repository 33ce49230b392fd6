"""What a product asks of shoppers, on its page."""

from __future__ import annotations

from typing import Literal

import msgspec

from argosy.kernel.money import Money


class InputChoiceDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What can be chosen by its `code`. `price` is what it adds to a unit, null for nothing."""

    code: str
    label: str
    price: Money | None


class InputDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What a shopper is asked: send the answer under `code` in a line's configuration.

    A text has at most `longest` of its `characters`, a number lies from `least` to `most`, of a
    choice its code is sent. A file is one of the formats that it `accepts`, of at most
    `most_bytes` (null: as many as the shop takes): it is sent to the cart first, then its id.
    `price` is what an answer adds to each unit, null for nothing: once, or (`per` character) for
    each character beyond `free`.
    """

    code: str
    label: str
    kind: Literal["text", "choice", "number", "file"]
    required: bool
    longest: int
    characters: Literal["any", "latin", "letters", "digits"]
    choices: list[InputChoiceDocument]
    least: int | None
    most: int | None
    decimals: int
    price: Money | None
    per: Literal["unit", "character"]
    free: int
    accepts: list[Literal["jpeg", "png", "webp", "pdf"]] = []
    most_bytes: int | None = None
