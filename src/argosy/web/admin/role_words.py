"""What roles are called: those that a shop begins with in the reader's language."""

from collections.abc import Callable
from typing import Final

from argosy.modules.staff import Role
from argosy.web.admin.places import N_

Said = Callable[[str], str]

ROLES: Final = {
    "owner": (N_("Owner"), N_("Everything, including staff, keys and settings.")),
    "manager": (
        N_("Manager"),
        N_("Runs the shop: everything but staff, keys and settings, which can be read."),
    ),
    "catalogue": (N_("Catalogue"), N_("Products, prices and media; sees stock and channels.")),
    "fulfilment": (N_("Fulfilment"), N_("Stock, picking and shipping of orders.")),
    "support": (
        N_("Support"),
        N_("Helps shoppers: orders and customers; sees payments and stock."),
    ),
    "finance": (
        N_("Finance"),
        N_("Captures and refunds, books, taxes; sees orders and customers."),
    ),
    "developer": (
        N_("Developer"),
        N_("Keys, events and settings for integrations; reads the rest of the shop."),
    ),
    "read_only": (N_("Read only"), N_("Sees everything except staff and keys, changes nothing.")),
}


def role_texts(role: Role, said: Said) -> tuple[str, str]:
    """Title and description of a role; of one that was given other words, these."""
    title, about = ROLES.get(role.name, ("", ""))
    known = (title, about) == (role.title, role.description)
    return (said(title), said(about)) if known else (role.title, role.description)


def role_name(name: str, said: Said) -> str:
    """What a role of this name is called."""
    return said(ROLES[name][0]) if name in ROLES else name.replace("_", " ")
