"""Writing use cases of customers, one file per theme."""

from argosy.modules.customers.commands.account import (
    SESSIONS_TOPIC,
    change_password,
    register,
    sign_in,
    sign_out,
)
from argosy.modules.customers.commands.addresses import (
    add_address,
    change_address,
    remove_address,
)
from argosy.modules.customers.commands.groups import (
    GROUPS_TOPIC,
    MAX_MEMBERS,
    add_members,
    create_group,
    delete_group,
    remove_members,
    rename_group,
)
from argosy.modules.customers.commands.links import (
    ask_sign_in_link,
    issue_sign_in_link,
    sign_in_by_link,
)
from argosy.modules.customers.commands.passkeys import (
    add_passkey,
    ask_for_new_passkey,
    ask_for_passkey,
    remove_passkey,
    rename_passkey,
    sign_in_by_passkey,
)
from argosy.modules.customers.commands.privacy import (
    erase_customer,
    erase_myself,
    forget_ended,
    record_consent,
)
from argosy.modules.customers.commands.profile import change_profile, end_all_sessions
from argosy.modules.customers.commands.proofs import (
    ask_email_change,
    ask_reset,
    ask_verification,
    confirm_email,
    issue_reset,
    reset_password,
)

__all__ = [
    "GROUPS_TOPIC",
    "MAX_MEMBERS",
    "SESSIONS_TOPIC",
    "add_address",
    "add_members",
    "add_passkey",
    "ask_email_change",
    "ask_for_new_passkey",
    "ask_for_passkey",
    "ask_reset",
    "ask_sign_in_link",
    "ask_verification",
    "change_address",
    "change_password",
    "change_profile",
    "confirm_email",
    "create_group",
    "delete_group",
    "end_all_sessions",
    "erase_customer",
    "erase_myself",
    "forget_ended",
    "issue_reset",
    "issue_sign_in_link",
    "record_consent",
    "register",
    "remove_address",
    "remove_members",
    "remove_passkey",
    "rename_group",
    "rename_passkey",
    "reset_password",
    "sign_in",
    "sign_in_by_link",
    "sign_in_by_passkey",
    "sign_out",
]
