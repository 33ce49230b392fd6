"""The SQL of what the page of a search is made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from argosy.modules.projections.store import SQL
from argosy.modules.projections.types.ranked import (
    Showing,
    ShowingKey,
    Showings,
    SoldAt,
    Term,
)
from argosy.runtime.db import Tx


async def showings(tx: Tx, channel_id: UUID, products: Sequence[int]) -> dict[int, Showings]:
    """How these products are shown, now or soon; those without a row are left out."""
    found: dict[int, Showings] = {}
    for row in await tx.many(SQL.ranked_showings, channel_id, _ids(products)):
        showing = Showing(
            row["slot"],
            row["since"],
            row["until"],
            row["visible"],
            row["buyable"],
            tuple(row["categories"]),
            tuple(row["facets"]),
        )
        number = row["product_id"].int
        found[number] = (*found.get(number, ()), showing)
    return found


async def sold(
    tx: Tx, channel_id: UUID, showings: Sequence[ShowingKey]
) -> dict[ShowingKey, list[SoldAt]]:
    """What can be bought of these; an empty list where nothing can."""
    found: dict[ShowingKey, list[SoldAt]] = {key: [] for key in showings}
    rows = await tx.many(
        SQL.ranked_offers, channel_id, _ids(n for n, _ in showings), _slots(showings)
    )
    for row in rows:
        found[row["product_id"].int, row["slot"]].append((row["price_minor"], tuple(row["facets"])))
    return found


async def cards(
    tx: Tx, channel_id: UUID, showings: Sequence[ShowingKey]
) -> dict[ShowingKey, bytes]:
    """The cards of these, without those that are gone."""
    rows = await tx.many(
        SQL.ranked_cards, channel_id, _ids(n for n, _ in showings), _slots(showings)
    )
    return {(row["product_id"].int, row["slot"]): row["card"] for row in rows}


async def terms(tx: Tx, channel_id: UUID, numbers: Iterable[int]) -> dict[int, Term]:
    """These terms of facets of the channel."""
    return {
        row["id"]: Term(
            row["code"],
            row["value"],
            row["label"],
            row["position"],
            row["facet_label"],
            row["facet_unit"],
            row["facet_position"],
            row["swatch"],
        )
        for row in await tx.many(SQL.ranked_terms, channel_id, list(numbers))
    }


async def numbers(
    tx: Tx, channel_id: UUID, values: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """The numbers of values of facets; those that no product ever had are left out."""
    # PostgreSQL's text cannot hold a NUL, so nothing has such a value.
    asked = [one for one in values if "\x00" not in one[1]]
    rows = await tx.many(
        SQL.ranked_numbers, channel_id, [code for code, _ in asked], [value for _, value in asked]
    )
    return {(row["code"], row["value"]): row["id"] for row in rows}


def _ids(products: Iterable[int]) -> list[UUID]:
    return [UUID(int=number) for number in products]


def _slots(showings: Iterable[ShowingKey]) -> list[int]:
    return [slot for _, slot in showings]
