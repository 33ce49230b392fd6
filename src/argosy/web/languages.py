"""In which language a request of the storefront is answered: `?locale=`, else `Accept-Language`.

Only languages of the channel are answered (RFC 4647, look-up): who asks for `de-CH` gets `de`, and
who asks for nothing that there is, the channel's own. A channel of one language does not look.
"""

from functools import lru_cache
from typing import Annotated, Any

from litestar import Request
from litestar.params import Parameter

from argosy.kernel.errors import Invalid
from argosy.modules.channels import Channel

LocaleParameter = Annotated[
    str | None,
    Parameter(
        max_length=35,
        description="Language of the texts, one of the channel's `locales`; unless given, the best "
        "one by `Accept-Language`.",
    ),
]
_MOST_RANGES = 20
_LONGEST = 500


class LocaleNotOffered(Invalid):
    """The channel is not shown in this language, or not yet: a new one is offered as soon as all of
    its texts are in place.
    """

    code = "storefront.locale_not_offered"
    usual_cure = "Ask for one of the `locales` of `GET /v1/channel`, or leave `locale` out."


def offered(channel: Channel) -> tuple[str, ...]:
    """The languages that shoppers of the channel can have, its own first."""
    return (channel.locale, *channel.shown_locales)


def asked_for(request: Request[Any, Any, Any], channel: Channel) -> str | None:
    """The language that `?locale=` names; None if it names none. Raises LocaleNotOffered."""
    wanted = request.query_params.get("locale")
    if wanted is None:
        return None
    return offered_as(channel, wanted)


def language_of_cart(request: Request[Any, Any, Any], channel: Channel, named: str | None) -> str:
    """The language of what this request makes: the one that it names, else the best by
    `Accept-Language`. Raises LocaleNotOffered.
    """
    if named is None:
        if not channel.shown_locales:
            return ""
        return negotiated(request.headers.get("accept-language", ""), offered(channel))
    return offered_as(channel, named)


def offered_as(channel: Channel, named: str) -> str:
    """The channel's language that is named. Raises LocaleNotOffered."""
    found = _best(named, offered(channel))
    if found is None:
        raise LocaleNotOffered(
            f"The channel is not shown in {named[:35]!r}.",
            field="locale",
            locales=list(offered(channel)),
        )
    return found


@lru_cache(maxsize=2048)
def negotiated(header: str, locales: tuple[str, ...]) -> str:
    """The best of the languages for an `Accept-Language`; the first one if none fits."""
    ranges: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:_LONGEST].split(",")[:_MOST_RANGES]):
        tag, _, weight = part.partition(";")
        quality = _quality(weight)
        if tag.strip() and quality > 0:
            ranges.append((-quality, place, tag.strip()))
    for _, _, tag in sorted(ranges):
        if tag == "*":
            break
        found = _best(tag, locales)
        if found is not None:
            return found
    return locales[0]


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value) if value.replace(".", "", 1).isdecimal() else 0.0
    except ValueError:
        return 0.0


def _best(tag: str, locales: tuple[str, ...]) -> str | None:
    by_name = {locale.lower(): locale for locale in reversed(locales)}
    at = tag.lower().replace("_", "-")
    while at:
        if at in by_name:
            return by_name[at]
        at = at.rpartition("-")[0]
    # `de` is better met by `de-AT` than by another language.
    language = tag.lower().replace("_", "-").partition("-")[0]
    return next((one for one in locales if one.lower().partition("-")[0] == language), None)
