"""What `argosy doctor` tells."""

from __future__ import annotations

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at. `cure` is empty when all is well."""

    level: Literal["ok", "warning", "error"]
    what: str
    cure: str = ""
