"""Use cases that write stock: holding for orders, facts, upkeep, places."""

from argosy.modules.inventory.commands.facts import (
    dispatch_transfer,
    post_fact,
    receive_transfer,
    set_selling,
)
from argosy.modules.inventory.commands.holding import (
    allocate,
    extend,
    fulfil,
    hold_each,
    release,
    reserve,
    take,
)
from argosy.modules.inventory.commands.places import create_location, update_location
from argosy.modules.inventory.commands.upkeep import (
    drop_empty_levels,
    expire_due,
    forget_levels,
    hold_levels,
    rebuild,
    settle_hot,
)

__all__ = [
    "allocate",
    "create_location",
    "dispatch_transfer",
    "drop_empty_levels",
    "expire_due",
    "extend",
    "forget_levels",
    "fulfil",
    "hold_each",
    "hold_levels",
    "post_fact",
    "rebuild",
    "receive_transfer",
    "release",
    "reserve",
    "set_selling",
    "settle_hot",
    "take",
    "update_location",
]
