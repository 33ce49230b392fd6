"""What all pages of products have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from argosy.kernel.paging import CursorInvalid
from argosy.modules.projections.errors import TooManyFacets
from argosy.modules.projections.types import MAX_FACET_FILTERS

_MAX_VALUES: Final = 50

_encode = msgspec.json.Encoder().encode


def page_of(items: Iterable[bytes], next_cursor: str | None, extra: bytes = b"") -> bytes:
    """Encoded items as an encoded page; `extra` are more members, each after a comma."""
    return b'{"items":[%s],"next_cursor":%s%s}' % (b",".join(items), _encode(next_cursor), extra)


def check_facets(facets: Mapping[str, Sequence[str]]) -> None:
    """Raises TooManyFacets."""
    many = next((code for code, values in facets.items() if len(values) > _MAX_VALUES), None)
    if many is None and len(facets) > MAX_FACET_FILTERS:
        many = list(facets)[MAX_FACET_FILTERS]
    if many is not None:
        raise TooManyFacets(
            f"At most {MAX_FACET_FILTERS} facets with {_MAX_VALUES} values each.",
            field=many,
            cure="Ask for fewer facets or values.",
        )


def damaged() -> CursorInvalid:
    """For a cursor that decodes to what no page ever ended with."""
    return CursorInvalid(
        "This cursor is damaged.", field="cursor", cure="Leave it out to start from the first page."
    )
