"""Why personalisation stops.

ArgosyError
├── Invalid
│   ├── PersonalisationInvalid
│   └── AnswerRefused
└── Conflict ── PersonalisationChangedMeanwhile
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid


class PersonalisationInvalid(Invalid):
    """Inputs cannot be kept as they are written; `field` says which.

    A product has up to 10 inputs with codes of their own, none of which is the code of a group of
    a kit among its variants. A text is from 1 to 500 characters long, a choice has 1 to 50 choices,
    a number lies within 10^9 and has at most 4 decimals, a file has up to 25 MB. Prices are
    not negative, and only a text has a price for each character.
    """

    code = "personalisation.invalid"
    usual_cure = "Correct the field that is named, and send all inputs again."


class AnswerRefused(Invalid):
    """What a shopper said of a product cannot be taken: `field` names the input.

    `reason`: `answer_missing`, something required was not said; `answer_invalid`, it is too long,
    of other characters, out of bounds or not offered, or the file is none that was sent to this
    cart, or of another kind or larger than is asked for; `answer_unknown`, the product does not ask
    that any more; `answer_unpriced`, it has no price in this currency.
    """

    code = "personalisation.answer_refused"
    usual_cure = "Read the product's `inputs`, and send the line with other answers."


class PersonalisationChangedMeanwhile(Conflict):
    """Somebody else changed the inputs since they were read."""

    code = "personalisation.changed"
    usual_cure = "Read them again, and send your change with their present version."
