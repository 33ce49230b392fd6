"""Pure decisions: what audiences and restrictions must be, who belongs where, what is hidden."""

import re
from collections.abc import Collection, Sequence
from uuid import UUID

from argosy.modules.audiences.errors import AudienceInvalid, RestrictionInvalid
from argosy.modules.audiences.types import Audience, Hides, Restriction, SetAudience, Visibility

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_MAX_GROUPS = 50


def check_audience(given: SetAudience) -> None:
    """Raise AudienceInvalid naming the field."""
    for field, fine, cure in (
        ("code", _CODE.fullmatch(given.code), "Lower-case letters, digits, _ and -."),
        ("name", 1 <= len(given.name.strip()) <= 200, "1 to 200 characters."),
        (
            "groups",
            len(given.groups) <= _MAX_GROUPS and all(_CODE.fullmatch(g) for g in given.groups),
            f"At most {_MAX_GROUPS} codes of customer groups.",
        ),
        ("priority", -1000 <= given.priority <= 1000, "From -1000 to 1000."),
    ):
        if not fine:
            raise AudienceInvalid(
                f"The audience's {field} is not possible.", field=field, cure=cure
            )


def check_restrictions(
    given: Sequence[Restriction], *, channel_id: UUID, known: Collection[str]
) -> None:
    """Raise RestrictionInvalid naming the place; `known`: codes of the channel's audiences."""
    seen: set[UUID] = set()
    for index, one in enumerate(given):
        path = f"restrictions.{index}"
        unknown = sorted(set(one.audiences) - set(known))
        if unknown or not one.audiences:
            raise RestrictionInvalid(
                f"The channel has no audience {unknown[0]!r}." if unknown else "To nobody at all.",
                field=f"{path}.audiences",
                cure=f"Name at least one of: {', '.join(sorted(known)) or 'none yet'}.",
            )
        if one.subject_id in seen:
            raise RestrictionInvalid("This subject is given twice.", field=f"{path}.subject")
        if one.subject_kind == "channel" and one.subject_id != channel_id:
            raise RestrictionInvalid("This is another channel.", field=f"{path}.subject")
        seen.add(one.subject_id)


def audience_of(
    visibility: Visibility, groups: Collection[str], *, signed_in: bool
) -> Audience | None:
    """Return the one audience of a customer with these groups; None: what everybody sees."""
    if not signed_in:
        return None
    fitting = [
        one
        for one in visibility.audiences
        if not one.groups or not set(one.groups).isdisjoint(groups)
    ]
    return min(fitting, key=lambda one: (-one.priority, one.code), default=None)


def hidden_from(
    visibility: Visibility,
    audience: str | None,
    *,
    channel_id: UUID,
    product_id: UUID,
    variant_id: UUID,
) -> Hides | None:
    """Return what of the variant is hidden from an audience (None: from everybody else), if
    anything. The channel, the product and the variant restrict together: goods go before prices.
    """
    found: Hides | None = None
    for subject in (channel_id, product_id, variant_id):
        one = visibility.restrictions.get(subject)
        if one is not None and audience not in one.audiences:
            if one.hides == "goods":
                return "goods"
            found = "price"
    return found
