"""Errors of the quote island.

Invalid
└── AmountTooLarge   quote.amount_too_large
"""

from argosy.kernel.errors import Invalid


class AmountTooLarge(Invalid):
    """The purchase adds up to more than can be written exactly everywhere (2^53 minor units).

    Nothing was changed. Buy fewer units, or split the purchase.
    """

    code = "quote.amount_too_large"
    usual_cure = "Buy fewer units, or split the purchase."
