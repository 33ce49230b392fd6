"""`python -m argosy.entry.drill_child`: the process that forks what a drill kills."""

from __future__ import annotations

import functools

from argosy.drill.child import main
from argosy.entry import wiring
from argosy.entry.wiring import running_app
from argosy.runtime.credentials import Passwords

if __name__ == "__main__":
    # Each fork starts anew: no time for hashing passwords that nobody has.
    quick = functools.partial(Passwords, memory_kib=64, passes=1, lanes=1)
    setattr(wiring, "Passwords", quick)  # noqa: B010 - of another module's own import
    main(running_app)
