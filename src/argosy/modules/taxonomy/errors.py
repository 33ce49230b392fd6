"""Why taxonomy stops.

ArgosyError
├── NotFound ── NodeUnknown
└── Conflict ── NodeInUse
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, NotFound


class NodeUnknown(NotFound):
    """This taxonomy has no category with this code, or was not loaded yet
    (`argosy taxonomy load`).
    """

    code = "taxonomy.node_unknown"
    usual_cure = "Look the code up by name among the nodes of the taxonomy."


class NodeInUse(Conflict):
    """The new version of the taxonomy lacks categories that products or categories of yours are
    mapped to; nothing was loaded. `codes` lists some: map those anew first, or keep them.
    """

    code = "taxonomy.node_in_use"
    usual_cure = "Map what stands at those codes anew first, or load with `--keep`."
