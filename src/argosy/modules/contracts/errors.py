"""Why a use case of contracts stops.

ArgosyError
├── NotFound ── ContractNotFound   contracts.not_found
├── Invalid ─── ContractInvalid    contracts.invalid
└── Conflict ┬─ ContractCodeTaken  contracts.code_taken
             ├─ ContractChanged    contracts.changed
             └─ ContractEnded      contracts.ended
"""

from argosy.kernel.errors import Conflict, Invalid, NotFound


class ContractNotFound(NotFound):
    """There is no contract with this id."""

    code = "contracts.not_found"
    usual_cure = "Use the id of a contract that `GET /admin/v1/contracts` lists."


class ContractInvalid(Invalid):
    """A term of the contract is not possible. `field` names it; nothing was stored."""

    code = "contracts.invalid"
    usual_cure = "Correct the term that `field` names."


class ContractCodeTaken(Conflict):
    """Another contract has this code, or another price list is called `contract-` and this code."""

    code = "contracts.code_taken"
    usual_cure = "Choose another code."


class ContractChanged(Conflict):
    """The contract was changed since you read it. Read it again, then decide."""

    code = "contracts.changed"
    usual_cure = "Read the contract again, and repeat the change with its new `ETag` in `If-Match`."


class ContractEnded(Conflict):
    """The contract has ended: nothing of it can be changed any more."""

    code = "contracts.ended"
    usual_cure = "Make a new contract."
