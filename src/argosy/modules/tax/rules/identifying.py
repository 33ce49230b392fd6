"""Tax ids: read, checked by structure and check digits per country (DOMAIN.md rule 10, B7)."""

import re
from typing import Final

from stdnum import get_cc_module
from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from argosy.modules.tax.errors import TaxIdInvalid
from argosy.modules.tax.types import TaxId

MEMBER_STATES: Final = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
        "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip
"""ISO 3166-1 codes of the states whose VAT is one system."""
NORTHERN_IRELAND: Final = "XI"
VIES: Final = "vies"

_SEPARATORS = re.compile(r"[\s.\-/]")
_SHAPE = re.compile(r"[A-Z0-9]{4,30}")
_OF_PREFIX: Final = {"EL": "GR", NORTHERN_IRELAND: "GB"}
_PREFIX_OF: Final = {"GR": "EL"}


def read_tax_id(text: str, country: str = "") -> TaxId:
    """Return the tax id in its canonical form. `country` (ISO 3166-1) helps where it has no prefix.

    EU VAT ids, and those of countries whose structure is known, are checked to their check digits;
    others are taken as they are. Raises TaxIdInvalid.
    """
    compact = _SEPARATORS.sub("", text.upper())
    if not _SHAPE.fullmatch(compact):
        raise _invalid("A tax id has 4 to 30 letters and digits.")
    prefix = _eu_prefix(compact, country)
    if prefix is not None:
        return _eu_id(compact, prefix)
    where = country or compact[:2]
    module = get_cc_module(where.lower(), "vat") if where.isalpha() else None
    if module is None:
        if not country:
            raise _invalid("Say which country's tax id this is.", field="country")
        return TaxId(value=compact, country=country, register="")
    try:
        value = module.validate(compact)
    except ValidationError as error:
        raise _invalid(f"This is no tax id of {where}.") from error
    return TaxId(value=value, country=where, register="")


def canonical(text: str) -> str:
    """The id as it is stored, also of a text that is none: for look-ups."""
    return _SEPARATORS.sub("", text.upper())


def vies_parts(tax_id: TaxId) -> tuple[str, str]:
    """(prefix, number) of an EU VAT id, as VIES wants them."""
    return tax_id.value[:2], tax_id.value[2:]


def _eu_prefix(compact: str, country: str) -> str | None:
    """The VAT prefix of an EU id (`EL`, `XI`, `FR`), None if it is none."""
    first = _PREFIX_OF.get(compact[:2], compact[:2])
    state = _OF_PREFIX.get(first, first)
    if first == NORTHERN_IRELAND and country in {"", "GB", NORTHERN_IRELAND}:
        return first
    if state in MEMBER_STATES and country in {"", state, first}:
        return first
    if country in MEMBER_STATES:
        return _PREFIX_OF.get(country, country)
    return None


def _eu_id(compact: str, prefix: str) -> TaxId:
    number = compact.removeprefix(prefix)
    if prefix == "EL":
        number = number.removeprefix("GR")
    try:
        value = vat.validate(prefix + number)
    except ValidationError as error:
        raise _invalid(f"This is no VAT id of {_OF_PREFIX.get(prefix, prefix)}.") from error
    return TaxId(value=value, country=_OF_PREFIX.get(prefix, prefix), register=VIES)


def _invalid(message: str, *, field: str = "tax_id") -> TaxIdInvalid:
    return TaxIdInvalid(message, field=field)
