"""What shoppers say of products, and how that comes into a price. Pure.

    a line's configuration, what its product asks --answered--> what was said, at its price
                                                  --refused_at--> why it cannot be taken

An answer is a wish like the variant itself: it is judged, and priced, whenever the line is quoted.
What it was and what it added is in the order's quote; later changes of the product change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from argosy.kernel.personal import SentFile
from argosy.modules import personalisation
from argosy.modules.channels import Channel, language_chain
from argosy.modules.personalisation import Unanswered
from argosy.modules.quote import Answer
from argosy.reads.sellable import Sellable
from argosy.workflows.speaking import Voice, asked_in


class Asking(NamedTuple):
    """What a line is asked for: a unit, what it was, and all units where that is not quantity x
    unit. Minor units.
    """

    unit_minor: int
    compare_at_minor: int | None
    subtotal_minor: int | None

    def dearer(self, extra: int, quantity: int) -> Asking:
        """With so much more for each unit."""
        was, whole = self.compare_at_minor, self.subtotal_minor
        return Asking(
            self.unit_minor + extra,
            None if was is None else was + extra,
            None if whole is None else whole + extra * quantity,
        )

    def converted(self, convert: Callable[[int], int]) -> Asking:
        """With each amount as `convert` says."""
        was, whole = self.compare_at_minor, self.subtotal_minor
        return Asking(
            convert(self.unit_minor),
            None if was is None else convert(was),
            None if whole is None else convert(whole),
        )


class Line(Protocol):
    """A wanted line, as far as it matters here."""

    @property
    def quantity(self) -> int:
        """So many units."""

    @property
    def configuration(self) -> dict[str, str]:
        """What was chosen and said."""

    @property
    def files(self) -> dict[str, SentFile]:
        """Of those answers that are files, what was sent."""


def refused_at(goods: Sellable, line: Line, currency: str) -> Unanswered | None:
    """Why what was said of the goods cannot be taken; None: it can."""
    if goods.asked is None:
        return None
    found = personalisation.answers_of(goods.asked, line.configuration, currency, line.files)
    return found if isinstance(found, Unanswered) else None


def answered(
    asking: Asking, goods: Sellable, line: Line, channel: Channel
) -> tuple[Asking, tuple[Answer, ...]]:
    """What the line is asked for with what was said of it, and that with what it adds to a unit. It
    is called what the channel's own language calls it (DOMAIN.md E8).
    """
    asked = goods.asked
    if asked is None:
        return asking, ()
    if goods.spoken:
        chain = language_chain(channel, channel.locale)
        voice = Voice(tuple(chain), goods.source_locale, goods.spoken)
        asked = asked_in(asked, voice, str(goods.product_id)) or asked
    found = personalisation.answers_of(asked, line.configuration, channel.currency, line.files)
    assert not isinstance(found, Unanswered), "such a line is not priced"
    answers = tuple(
        Answer(code=one.code, label=one.label, choice=one.choice, unit_minor=one.unit_minor)
        for one in found
    )
    return asking.dearer(sum(one.unit_minor for one in found), line.quantity), answers


def converted(answers: Sequence[Answer], convert: Callable[[int], int]) -> tuple[Answer, ...]:
    """With what each adds as `convert` says."""
    return tuple(
        msgspec.structs.replace(one, unit_minor=convert(one.unit_minor)) for one in answers
    )
