"""Why relations stops.

ArgosyError
└── Invalid ── RelationsInvalid
"""

from __future__ import annotations

from argosy.kernel.errors import Invalid


class RelationsInvalid(Invalid):
    """A product is related to itself, or to more than fifty others in one way. With `both_ways` the
    other products count as well: `product` names the one that would have too many.
    """

    code = "relations.invalid"
    usual_cure = "Name up to fifty other products."
