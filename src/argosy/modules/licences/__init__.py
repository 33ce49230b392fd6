"""Licences: keys that are sold, from their pool to one unit of one line, once and encrypted.

Owns schema `licences`. Emits KeysDelivered, KeysShort, KeysRevoked. Knows variants, orders and
lines by id only; what is paid, and what a key says in the clear, is the business of workflows.
"""

from argosy.modules.licences.commands import (
    add_keys,
    agree,
    disagree,
    end,
    give_waiting,
    owe,
    set_pool,
)
from argosy.modules.licences.errors import (
    LicenceKeysInvalid,
    PoolChangedMeanwhile,
    PoolNotFound,
)
from argosy.modules.licences.events import KeysDelivered, KeysRevoked, KeysShort
from argosy.modules.licences.queries import (
    consent_of,
    count_keys,
    list_pools,
    pool_of,
    pools_of,
    standing_of,
    variants_waited_for,
)
from argosy.modules.licences.types import (
    MAX_KEY_LENGTH,
    MAX_KEYS,
    WITHDRAWAL,
    DeliverWhen,
    GivenKey,
    NewKey,
    OwedLine,
    Pool,
    PoolCounts,
    Standing,
)

__all__ = [
    "MAX_KEYS",
    "MAX_KEY_LENGTH",
    "WITHDRAWAL",
    "DeliverWhen",
    "GivenKey",
    "KeysDelivered",
    "KeysRevoked",
    "KeysShort",
    "LicenceKeysInvalid",
    "NewKey",
    "OwedLine",
    "Pool",
    "PoolChangedMeanwhile",
    "PoolCounts",
    "PoolNotFound",
    "Standing",
    "add_keys",
    "agree",
    "consent_of",
    "count_keys",
    "disagree",
    "end",
    "give_waiting",
    "list_pools",
    "owe",
    "pool_of",
    "pools_of",
    "set_pool",
    "standing_of",
    "variants_waited_for",
]
