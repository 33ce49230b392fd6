"""What shoppers said of lines, as answers show it: with what was asked, and what it added."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.kernel.personal import FileFormat, SentFile
from argosy.modules.quote import Answer
from argosy.reads.order_view import OrderView, ViewLine
from argosy.workflows.baskets import Basket, said_wrong


class AnswerFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was sent as an answer; pictures have a size in pixels. Where it is for a while
    tells `GET /v1/carts/{id}/files/{file_id}` or `GET /v1/orders/{id}/files/{file_id}`.
    """

    id: str
    name: str
    format: FileFormat
    byte_size: int
    width: int | None
    height: int | None

    @classmethod
    def of(cls, sent: SentFile) -> "AnswerFile":
        """As answers show it."""
        return cls(
            id=encode("attachment", sent.id),
            name=sent.name,
            format=sent.format,
            byte_size=sent.byte_size,
            width=sent.width,
            height=sent.height,
        )


class AnswerView(msgspec.Struct, frozen=True, kw_only=True):
    """To `label` the shopper said `value`; of a choice, `choice` is what it is called, of a file
    `value` is its id and `file` says what it is. `price` is what it added to each unit, and is in
    the unit's price. `value` is empty in quotes, and of persons who were forgotten.
    """

    code: str
    label: str
    value: str
    choice: str
    price: Money
    file: AnswerFile | None = None

    @property
    def shown(self) -> str:
        """What people read."""
        if self.file is not None:
            return self.file.name
        return self.choice or self.value


class AnswerFault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with the answer to the input with this code."""

    input: str
    message: str


def faults_of(basket: Basket) -> dict[str, AnswerFault]:
    """The lines of a cart that cannot be bought for what was said of them, by key."""
    return {
        line.key: AnswerFault(input=wrong.code, message=wrong.message)
        for line, _ in basket.refused
        if (wrong := said_wrong(basket, line)) is not None
    }


def answers_shown(
    answers: Sequence[Answer],
    configuration: Mapping[str, str],
    currency: str,
    files: Mapping[str, SentFile],
) -> list[AnswerView]:
    """What was said of a line of that configuration; `files` of those answers that are files."""
    return [
        AnswerView(
            code=one.code,
            label=one.label,
            value=configuration.get(one.code, "").strip(),
            choice=one.choice,
            price=Money(one.unit_minor, currency),
            file=AnswerFile.of(files[one.code]) if one.code in files else None,
        )
        for one in answers
    ]


def order_answers(frozen: Mapping[str, Any]) -> dict[str, tuple[Answer, ...]]:
    """What was said, as an order's frozen quote has it, by the public id of the line or kit."""
    return {
        encode("order_line", decode("cart_line", line["key"])): msgspec.convert(
            line["answers"], tuple[Answer, ...]
        )
        for listed in (frozen.get("lines", ()), frozen.get("kits", ()))
        for line in listed
        if line.get("answers")
    }


def said_of(order: OrderView) -> Callable[[ViewLine], list[AnswerView]]:
    """What was said of a line of the order: with the first component of a kit stands the kit's."""
    known = order_answers(order.quote)
    firsts = {
        kit["parts"][0]: encode("order_line", decode("cart_line", kit["key"]))
        for kit in order.quote.get("kits", ())
    }

    def said(line: ViewLine) -> list[AnswerView]:
        own = encode("order_line", line.id)
        answers = known.get(own) or known.get(firsts.get(encode("cart_line", line.id), ""), ())
        return answers_shown(answers, line.configuration, order.currency, line.files)

    return said
