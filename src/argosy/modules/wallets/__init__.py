"""Wallets: the ways to pay that customers have let us keep, at the provider that holds the cards.

Owns schema `wallets`. Keeps the provider's name for a card, its brand, last four digits and expiry,
never a card number. Emits no events; asks, by a job, to forget at the provider what is removed.
Knows customers and payments by id only, and charges nobody.
"""

from argosy.modules.wallets.commands import (
    check_room,
    forget_wallet,
    note_forgotten,
    prefer_method,
    remove_kept_from,
    remove_method,
    save_method,
)
from argosy.modules.wallets.errors import SavedMethodNotFound, WalletFull
from argosy.modules.wallets.queries import list_methods, method_of, removed_method
from argosy.modules.wallets.rules import MAX_METHODS, is_expired
from argosy.modules.wallets.types import ForgetMethod, NewMethod, SavedMethod

__all__ = [
    "MAX_METHODS",
    "ForgetMethod",
    "NewMethod",
    "SavedMethod",
    "SavedMethodNotFound",
    "WalletFull",
    "check_room",
    "forget_wallet",
    "is_expired",
    "list_methods",
    "method_of",
    "note_forgotten",
    "prefer_method",
    "remove_kept_from",
    "remove_method",
    "removed_method",
    "save_method",
]
