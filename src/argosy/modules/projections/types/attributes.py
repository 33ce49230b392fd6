"""A property on the page of a product."""

from __future__ import annotations

import msgspec


class FacetSwatch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a value looks like: a `colour` (`#rrggbb`), or the address of an `image`."""

    colour: str | None = None
    image: str | None = None

    @classmethod
    def of(cls, shown: str | None) -> FacetSwatch | None:
        """Of a colour, an address, or nothing."""
        if not shown:
            return None
        return cls(colour=shown) if shown.startswith("#") else cls(image=shown)


class AttributeDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A property of the product or variant. `text` is the value as words, `value` typed by `kind`.

    `swatches` are colours (`#rrggbb`) or addresses of images by choice, `url` is that of a file.
    `searchable` is there where it is false.
    """

    code: str
    label: str
    kind: str
    value: msgspec.Raw
    unit: str | None
    text: str
    swatches: dict[str, str] = {}
    url: str | None = None
    searchable: bool = True
