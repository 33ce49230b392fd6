"""What a shopper is asked about a product, as it is stored and read: words only.

Who may write it and which answers are good is decided in `modules/personalisation`, how answers
come into a price in `workflows/answering.py`.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel.ids import MalformedId, decode

InputKind = Literal["text", "choice", "number", "file"]
FileFormat = Literal["jpeg", "png", "webp", "pdf"]
Characters = Literal["any", "latin", "letters", "digits"]


class InputPrice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an answer adds to the price of each unit: once, or for each character beyond `free`.

    `amount` in minor units by currency, in the tax mode of the channel.
    """

    amount: dict[str, int]
    per: Literal["unit", "character"] = "unit"
    free: int = 0


class InputChoice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that can be chosen. `amount` is what it adds to a unit, beside the input's own."""

    code: str
    label: str
    amount: dict[str, int] = {}


class Input(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a shopper is asked; the answer stands under `code` in a line's configuration.

    A text has at most `longest` of its `characters`: `latin` are letters of Latin script, digits,
    spaces and common punctuation. A number lies from `least` to `most` with at most so many
    `decimals`. A file is one of the formats that it `accepts` (none named: any that is known), with
    at most so many bytes (None: as many as the shop takes).
    """

    code: str
    label: str
    kind: InputKind = "text"
    required: bool = False
    longest: int = 60
    characters: Characters = "any"
    choices: tuple[InputChoice, ...] = ()
    least: int | None = None
    most: int | None = None
    decimals: int = 0
    price: InputPrice | None = None
    accepts: tuple[FileFormat, ...] = ()
    most_bytes: int | None = None


class SentFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a shopper sent as an answer: what it was found to be. Pictures have a size in
    pixels.
    """

    id: UUID
    name: str
    format: FileFormat
    byte_size: int
    width: int | None = None
    height: int | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a product asks. `former` are the codes that it asked by once: an answer to one of them
    is of an older form, and must not be dropped in silence.
    """

    inputs: tuple[Input, ...] = ()
    former: tuple[str, ...] = ()


def file_said(text: str) -> UUID | None:
    """The file that an answer names; None: it is some other answer."""
    try:
        return decode("attachment", text.strip())
    except MalformedId:
        return None
