"""What tables of local rates, registers of tax ids and tax engines must be turned into."""

from collections.abc import Iterator
from typing import Literal, Protocol

import msgspec

from argosy.modules.tax.types import (
    Area,
    EngineAnswer,
    EngineDocument,
    EngineRefused,
    EngineSilent,
    RegisterAnswer,
    SetRate,
    TaxId,
    Voided,
)


class RateRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a table: a rate, or a place, or both, of the zone `zone`. Lines count from 1."""

    row: int
    zone: str
    name: str
    area: Area | None = None
    rates: tuple[SetRate, ...] = ()


class TaxFault(msgspec.Struct, frozen=True, kw_only=True):
    """What was not taken of a file: where, and why. A warning is of something without effect.

    `zone` is the zone that is incomplete without this row, where the row tells.
    """

    row: int
    column: str
    reason: str
    severity: Literal["error", "warning"] = "error"
    zone: str = ""


class RateSource(Protocol):
    """A table of tax rates, read as a stream."""

    def rows(self) -> Iterator[RateRow | TaxFault]:
        """Each line of the file once: as a row, or as a fault that says why it is none."""
        ...


class VatRegister(Protocol):
    """A register that knows which tax ids are valid today."""

    name: str

    async def check(self, tax_id: TaxId, requester: TaxId | None) -> RegisterAnswer:
        """Ask about an id, in the name of `requester`. Never raises for what the network does."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class TaxEngine(Protocol):
    """A service that computes taxes and files them (B16). Nothing here raises for what it does.

    `code` names the sale there for good: a repeat of commit, adjust or void under it changes
    nothing, so that no sale is filed twice.
    """

    name: str

    async def estimate(self, document: EngineDocument) -> EngineAnswer:
        """What would be due. Nothing is kept there."""
        ...

    async def commit(self, code: str, document: EngineDocument) -> EngineAnswer:
        """The sale took place: file it."""
        ...

    async def adjust(self, code: str, document: EngineDocument) -> EngineAnswer:
        """The sale became this: file it so instead."""
        ...

    async def void(
        self, code: str, document: EngineDocument
    ) -> Voided | EngineRefused | EngineSilent:
        """The sale did not take place after all. Also if it is not known there."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
