"""How a path names the shop and the language that it belongs to: `/@eu/~fr/cart` is the cart of
the shop `eu` in French.
"""

import re

SITE = "argosy.site"
"""Where the name of the shop stands in an ASGI scope; absent or None: the one that opens at `/`."""

LANGUAGE = "argosy.language"
"""Where the language stands that a path names; absent or None: the shop's own."""

_LOCALE = r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?"
_SPOKEN = re.compile(rf"/~({_LOCALE})(/.*)?", re.DOTALL)
_PROGRAMS = ("/v1/", "/admin/", "/webhooks/")


def split(path: str) -> tuple[str | None, str]:
    """The shop's name and the rest: ("eu", "/cart"); (None, "/cart") for a path without a name.

    What is meant for programs, and the back office, has one address only and is never found behind
    a name.
    """
    if not path.startswith("/@"):
        return None, path
    name, slash, rest = path[2:].partition("/")
    rest = slash + rest or "/"
    return (None, path) if f"{rest}/".startswith(_PROGRAMS) else (name, rest)


def spoken(path: str) -> tuple[str | None, str]:
    """The language and the rest, of a path without the shop's name: ("fr", "/cart")."""
    found = _SPOKEN.fullmatch(path)
    if found is None:
        return None, path
    rest = found[2] or "/"
    return (None, path) if rest.startswith(_PROGRAMS) else (found[1], rest)
