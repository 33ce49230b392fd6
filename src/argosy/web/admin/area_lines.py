"""Places of tax and shipping zones as lines of text: `DE`, `US-CA 902`, `GB BT*, HS !HS9`. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from argosy.web.admin.struct_forms import Codec


def _tax_shown(areas: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(_place(one) + f" {one.get('postal_prefix', '')}".rstrip() for one in areas)


def _tax_read(text: str) -> list[dict[str, Any]]:
    return [
        {**place, "postal_prefix": rest.upper().replace(" ", "")} for place, rest in _lines(text)
    ]


def _shipping_shown(areas: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(_shipping_line(one) for one in areas)


def _shipping_line(area: Mapping[str, Any]) -> str:
    line = " ".join([_place(area), ", ".join(area.get("postal_codes") or ())]).strip()
    but = ", ".join(area.get("except_postal_codes") or ())
    return f"{line} !{but}" if but else line


def _shipping_read(text: str) -> list[dict[str, Any]]:
    made = []
    for place, rest in _lines(text):
        codes, _, but = rest.partition("!")
        some = {"postal_codes": _codes(codes), "except_postal_codes": _codes(but)}
        made.append(place | some)
    return made


def _place(area: Mapping[str, Any]) -> str:
    return "-".join(filter(None, (str(area.get("country", "")), str(area.get("region") or ""))))


def _lines(text: str) -> list[tuple[dict[str, Any], str]]:
    found = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        place, _, rest = line.partition(" ")
        country, _, region = place.upper().partition("-")
        found.append(({"country": country, "region": region}, rest.strip()))
    return found


def _codes(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


TAX_AREAS = Codec(_tax_shown, _tax_read)
SHIPPING_AREAS = Codec(_shipping_shown, _shipping_read)
