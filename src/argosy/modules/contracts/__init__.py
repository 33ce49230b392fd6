"""Contracts: prices that customers were promised, as agreed or by formula.

Owns contracts, their clauses, and what each makes of every variant, with the clause that did and
what kept it from more. Emits ContractSet and ContractClosed. The prices themselves are in a price
list of the pricing island; never reads costs or list prices: who refreshes brings them.
"""

from argosy.modules.contracts.commands import (
    ask_for_refresh,
    change_contract,
    claim_due,
    end_contract,
    finish_refresh,
    keep_contract,
    keep_worked,
)
from argosy.modules.contracts.errors import (
    ContractChanged,
    ContractCodeTaken,
    ContractEnded,
    ContractInvalid,
    ContractNotFound,
)
from argosy.modules.contracts.events import ContractClosed, ContractSet
from argosy.modules.contracts.queries import (
    contract_by_id,
    contract_of_list,
    list_contracts,
    list_worked,
    worked_of,
)
from argosy.modules.contracts.rules import (
    MAX_CUSTOMERS,
    MAX_LINES,
    check_contract,
    line_for,
    work_out,
)
from argosy.modules.contracts.types import (
    Contract,
    ContractLine,
    Cut,
    LineKind,
    SetContract,
    State,
    SubjectKind,
    Worked,
)

__all__ = [
    "MAX_CUSTOMERS",
    "MAX_LINES",
    "Contract",
    "ContractChanged",
    "ContractClosed",
    "ContractCodeTaken",
    "ContractEnded",
    "ContractInvalid",
    "ContractLine",
    "ContractNotFound",
    "ContractSet",
    "Cut",
    "LineKind",
    "SetContract",
    "State",
    "SubjectKind",
    "Worked",
    "ask_for_refresh",
    "change_contract",
    "check_contract",
    "claim_due",
    "contract_by_id",
    "contract_of_list",
    "end_contract",
    "finish_refresh",
    "keep_contract",
    "keep_worked",
    "line_for",
    "list_contracts",
    "list_worked",
    "work_out",
    "worked_of",
]
