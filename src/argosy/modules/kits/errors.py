"""Why kits stop.

ArgosyError
├── NotFound ── KitNotFound
├── Invalid ─── KitInvalid
└── Conflict
    ├── KitChangedMeanwhile
    └── KitNested
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class KitNotFound(NotFound):
    """The variant is no kit: it has no bill of materials."""

    code = "kits.not_found"
    usual_cure = "Set what it consists of first."


class KitInvalid(Invalid):
    """A bill of materials cannot be kept as it is written; `field` says what is wrong with it.

    A kit has 1 to 20 items and up to 5 groups of up to 30 options each, and no more than 30 parts
    in all. No variant stands twice among the items or twice among the options. A group asks for no
    more than it offers, and its defaults are options of it. Components exist, are for sale in some
    form (not gift cards), and are not the kit itself.
    """

    code = "kits.invalid"
    usual_cure = "Correct the field that is named, and send the whole bill again."


class KitNested(Conflict):
    """A kit holds no kits, and what is in a kit does not become one: `variants` names which.

    Put the components of the inner kit into the outer one.
    """

    code = "kits.nested"
    usual_cure = "Name the inner kit's components instead of it."


class KitChangedMeanwhile(Conflict):
    """Somebody else changed the kit since it was read."""

    code = "kits.changed"
    usual_cure = "Read it again, and send your change with its present version."
