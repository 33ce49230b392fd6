"""How a path names the shop that it belongs to: `/@eu/cart` is the cart of the shop `eu`."""

SITE = "argosy.site"
"""Where the name of the shop stands in an ASGI scope; absent or None: the one that opens at `/`."""

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
