"""Where the page of a search comes from: the database, or what a process remembers of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from argosy.modules.projections.types.ranked import ShowingKey, Showings, SoldAt, Term


class Shelf(Protocol):
    """What one channel, or one of its windows, shows. Products are the numbers of their ids."""

    async def showings(self, products: Sequence[int]) -> Sequence[Showings]:
        """How each of these is shown, in this order."""
        ...

    async def sold(self, showings: Sequence[ShowingKey]) -> Mapping[ShowingKey, Sequence[SoldAt]]:
        """What can be bought of these; nothing may be left out."""
        ...

    async def cards(self, showings: Sequence[ShowingKey]) -> Mapping[ShowingKey, bytes]:
        """The encoded ProductCards of these, without those that are gone."""
        ...

    async def terms(self, numbers: Iterable[int]) -> Mapping[int, Term]:
        """These terms of facets, and perhaps others."""
        ...

    async def numbers(self, values: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """The numbers of values of facets, by code and value, where there are any."""
        ...
