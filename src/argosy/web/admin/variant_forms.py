"""The fields of a variant's form: what they hold, how they are read, what was wrong with them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.modules import catalog
from argosy.modules.catalog import Option, Variant
from argosy.web.admin.editing import Faults, faults_of
from argosy.web.admin.places import N_
from argosy.web.api.admin.catalog_views import VariantBody, given
from argosy.web.pages.forms import Form

NAMES = {
    "sku": N_("SKU"),
    "title": N_("Title"),
    "gtin": N_("GTIN"),
    "external_id": N_("Id in another system"),
    "weight_g": N_("Weight in grams"),
    "dimensions_mm": N_("Length × width × height in mm"),
    "requires_shipping": N_("It is shipped"),
    "tracks_inventory": N_("Its stock is counted"),
    "tax_class": N_("Tax class"),
    "hs_code": N_("Customs number"),
    "origin_country": N_("Country of origin"),
    "media_id": N_("Picture"),
}
_TICKS = ("requires_shipping", "tracks_inventory")


class OptionField(NamedTuple):
    """An option in the form: its field's name, what it is called, its value, those it knows."""

    name: str
    label: str
    value: str
    known: tuple[str, ...]


def fields_of(options: Sequence[Option], form: Mapping[str, str]) -> list[OptionField]:
    """The options as fields. They are numbered: names of options may be anything."""
    return [
        OptionField(f"option.{at}", one.name, form.get(f"option.{at}", ""), one.values)
        for at, one in enumerate(options)
    ]


def form_of(variant: Variant, options: Sequence[Option]) -> dict[str, str]:
    """What the form holds for a variant as it is."""
    made = {}
    for name in NAMES:
        value = getattr(variant, name)
        if name in _TICKS:
            made[name] = "yes" if value else ""
        elif name == "media_id":
            made[name] = encode("media", value) if value else ""
        elif name == "dimensions_mm":
            made[name] = " × ".join(str(side) for side in value) if value else ""
        else:
            made[name] = "" if value is None else str(value).strip()
    for at, one in enumerate(options):
        made[f"option.{at}"] = variant.options.get(one.name, "")
    return made


def checked_variant(form: Form, options: Sequence[Option], *, new: bool) -> dict[str, Any]:
    """The fields that were changed (all that are filled, of a new one), as the API takes them.

    Raises CatalogInputInvalid at the field that does not fit.
    """

    def changed(name: str) -> bool:
        return bool(form[name]) if new and name not in _TICKS else form[name] != was(name)

    def was(name: str) -> str:
        return "yes" if new else form["opened." + name]

    fields: dict[str, object] = {}
    for name in NAMES:
        if changed(name):
            fields[name] = read_field(name, form[name])
    if new:
        fields.setdefault("sku", "")
    names = [(f"option.{at}", one.name) for at, one in enumerate(options)]
    if any(changed(field) for field, _ in names):
        fields["options"] = {name: form[field] for field, name in names if form[field]}
    return checked(fields)


def checked(fields: Mapping[str, object]) -> dict[str, Any]:
    """Fields as the API's body of a variant takes them. Raises CatalogInputInvalid."""
    try:
        return given(msgspec.convert(fields, VariantBody))
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        field = path.rstrip("`").partition("[")[0] or None
        raise catalog.CatalogInputInvalid(message, field=field) from error


def read_field(name: str, text: str) -> object:
    """What was typed into a field, as the API takes it. Raises CatalogInputInvalid."""
    if name in _TICKS:
        return text == "yes"
    if not text:
        return None
    if name == "weight_g":
        return _whole(text, name)
    if name == "dimensions_mm":
        sides = text.replace("x", "×").replace("*", "×").split("×")
        if len(sides) != 3:
            raise catalog.CatalogInputInvalid("Write three lengths: 300 × 200 × 50.", field=name)
        return [_whole(side.strip(), name) for side in sides]
    return text.upper() if name == "origin_country" else text


def _whole(text: str, field: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise catalog.CatalogInputInvalid("Write a whole number.", field=field)
    return int(text)


def faults(refusal: ArgosyError | None, options: Sequence[Option]) -> Faults:
    """Where to say what is wrong; what is wrong with the options stands at the first of them."""
    shown = [*NAMES, *(f"option.{at}" for at in range(len(options)))]
    found = faults_of(refusal, shown, {"options": "option.0", "media": "media_id"})
    at = dict(found.at)
    for column, message in told(refusal):
        name = {"options": "option.0", "media": "media_id"}.get(column, column)
        if name in shown:
            at.setdefault(name, message)
    return Faults(at, () if at else found.rest)


def told(refusal: ArgosyError | None) -> list[tuple[str, str]]:
    """The columns that the catalog refused, by their first names, each with its reason."""
    listed = None if refusal is None else refusal.details.get("faults")
    if not isinstance(listed, list):
        return []
    return [
        (
            str(one["column"]).removeprefix("variants[0].").partition("[")[0].partition(".")[0],
            str(one["message"]),
        )
        for one in listed
    ]
