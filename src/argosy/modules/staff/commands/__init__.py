"""Writing use cases of staff, one file per theme."""

from argosy.modules.staff.commands.desk import (
    KEYS_TOPIC,
    add_member,
    audit,
    change_member,
    change_own_password,
    create_publishable_key,
    create_secret_key,
    forget_ended_sessions,
    revoke_key,
    set_password,
    sign_in,
    sign_out,
)
from argosy.modules.staff.commands.factors import (
    add_one_time_codes,
    confirm_one_time_codes,
    finish_sign_in,
    new_recovery_codes,
    prove,
    remove_factor,
    remove_factors_of,
    require_factor,
)

__all__ = [
    "KEYS_TOPIC",
    "add_member",
    "add_one_time_codes",
    "audit",
    "change_member",
    "change_own_password",
    "confirm_one_time_codes",
    "create_publishable_key",
    "create_secret_key",
    "finish_sign_in",
    "forget_ended_sessions",
    "new_recovery_codes",
    "prove",
    "remove_factor",
    "remove_factors_of",
    "require_factor",
    "revoke_key",
    "set_password",
    "sign_in",
    "sign_out",
]
