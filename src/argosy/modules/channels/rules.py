"""What a channel's settings must be."""

import re
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import msgspec

from argosy.kernel.iso4217 import EXPONENTS
from argosy.modules.channels.errors import ChannelInvalid
from argosy.modules.channels.types import Channel

MAX_LOCATIONS = 100
MAX_GATEWAYS = 50
MAX_LOCALES = 12
"""So many languages a channel has at most besides its own: a shop window is kept for each."""
MAX_FALLBACKS = 50

_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?")
_SHAPES = {
    "code": (re.compile(r"[a-z0-9][a-z0-9_-]{0,62}"), "Lower-case letters, digits, _ and -."),
    "name": (re.compile(r"(?s)(?=.*\S).{1,200}"), "1 to 200 characters."),
    "locale": (_LOCALE, "Like en or de-DE."),
    "order_prefix": (re.compile(r"[A-Z0-9-]{0,10}"), "Up to 10 capitals, digits and hyphens."),
}
_GATEWAY = re.compile(r"[a-z][a-z0-9-]{0,59}")
_COUNTRY = re.compile(r"[A-Z]{2}")


def check_channel(channel: Channel) -> Channel:
    """Return the channel with its countries in order. Raises ChannelInvalid naming the field."""
    for field, (shape, cure) in _SHAPES.items():
        if not shape.fullmatch(getattr(channel, field)):
            raise _invalid(field, cure)
    if channel.currency not in EXPONENTS:
        raise _invalid("currency", "An ISO 4217 code in capitals, like EUR.")
    countries = tuple(sorted(set(channel.countries)))
    if not 1 <= len(countries) <= 250 or not all(map(_COUNTRY.fullmatch, countries)):
        raise _invalid("countries", "ISO 3166-1 alpha-2 codes in capitals, like DE.")
    if channel.default_country not in countries:
        raise _invalid("default_country", "One of the channel's countries.")
    if not _is_time_zone(channel.time_zone):
        raise _invalid("time_zone", "A name of the IANA time zone database, like Europe/Berlin.")
    if not 60 <= channel.reservation_ttl_s <= 86_400:
        raise _invalid("reservation_ttl_s", "Between 60 and 86400 seconds.")
    if len(set(channel.locations)) != len(channel.locations) or (
        len(channel.locations) > MAX_LOCATIONS
    ):
        raise _invalid("locations", f"Up to {MAX_LOCATIONS} locations, each once.")
    if len(set(channel.gateways)) != len(channel.gateways) or not all(
        map(_GATEWAY.fullmatch, channel.gateways[: MAX_GATEWAYS + 1])
    ):
        raise _invalid("gateways", "Names of ways to pay, like invoice, each once.")
    if len(channel.gateways) > MAX_GATEWAYS:
        raise _invalid("gateways", f"Up to {MAX_GATEWAYS} ways to pay.")
    _check_languages(channel)
    return msgspec.structs.replace(channel, countries=countries)


def offered_gateways(channel: Channel, enabled: Iterable[str]) -> tuple[str, ...]:
    """The ways to pay that the channel offers, of those that are enabled at all, in its order."""
    names = sorted(enabled)
    if not channel.gateways:
        return tuple(names)
    return tuple(name for name in channel.gateways if name in names)


def language_chain(channel: Channel, locale: str) -> tuple[str, ...]:
    """In which locales a text of the channel is looked for, the best first (DOMAIN.md E8).

    Each is followed by its fallback, unless told by what it is a kind of (`de` after `de-AT`); at
    the end come the channel's own language and what that falls back on.
    """
    found: dict[str, None] = {}
    for start in (locale, channel.locale):
        at: str | None = start
        while at is not None and at not in found:
            found[at] = None
            at = _following(channel.fallbacks, at)
    return tuple(found)


def _following(fallbacks: Mapping[str, str], locale: str) -> str | None:
    return fallbacks.get(locale) or locale.rpartition("-")[0] or None


def _check_languages(channel: Channel) -> None:
    locales, fallbacks = channel.locales, channel.fallbacks
    if len(locales) > MAX_LOCALES or len({*locales, channel.locale}) <= len(locales):
        cure = f"Up to {MAX_LOCALES} languages besides the channel's own, each once."
        raise _invalid("locales", cure)
    if not all(map(_LOCALE.fullmatch, locales)):
        raise _invalid("locales", "Like de or de-AT.")
    named = (*fallbacks, *fallbacks.values())
    if len(fallbacks) > MAX_FALLBACKS or not all(map(_LOCALE.fullmatch, named)):
        raise _invalid("fallbacks", f"Up to {MAX_FALLBACKS}, like de-AT: de.")
    for start in fallbacks:
        seen, at = {start}, _following(fallbacks, start)
        while at is not None:
            if at in seen:
                raise _invalid("fallbacks", f"{at} leads back to itself: let one end elsewhere.")
            seen.add(at)
            at = _following(fallbacks, at)


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def _invalid(field: str, cure: str) -> ChannelInvalid:
    return ChannelInvalid(f"The channel's {field} is not possible.", field=field, cure=cure)
