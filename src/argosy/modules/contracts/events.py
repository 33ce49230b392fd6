"""Facts that contracts announces: ids only, never a price or a name."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class _OfContract(Event, frozen=True, kw_only=True):
    SUBJECT_KIND: ClassVar[str] = "contract"
    SUBJECT_FIELD: ClassVar[str] = "contract_id"

    contract_id: UUID


class ContractSet(_OfContract, frozen=True, kw_only=True):
    """A contract was made or changed."""

    TYPE: ClassVar[str] = "argosy.contracts.contract_set.v1"

    version: int


class ContractClosed(_OfContract, frozen=True, kw_only=True):
    """A contract was ended: its customers pay what others do."""

    TYPE: ClassVar[str] = "argosy.contracts.contract_closed.v1"
