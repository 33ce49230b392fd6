"""Every page there is: found by following links, held against the routes of the application.

A page is named by its route, with the acts of one route told apart (`/admin/payments/{payment_id}/
refund`), so that one of each kind is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from argosy.web.app import collect_pages

# What is no page for people: files, feeds, scripts, and what a page asks for by itself.
_NO_PAGE = re.compile(
    r"\.(csv|xml|txt|js|webmanifest|svg|png)$|^/assets/|^/account/export$|^/search/suggestions$"
    r"|/progress$|^/admin/pick/|^/admin/downloads/[^/]+/files/|^/media/"
)
# A parameter that names an act is part of the page's name: a capture is no refund.
_ACTS = frozenset({"act", "kind"})


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, str, re.Pattern[str]]]:
    """Method, route and what its paths look like; what names more of the path comes first."""
    found = []
    for handler in collect_pages():
        for route in handler.paths:
            if _NO_PAGE.search(route):
                continue
            parts = (
                f"(?P<{part[1:].partition(':')[0]}>{'.+' if part.endswith(':path}') else '[^/]+'})"
                if part.startswith("{")
                else re.escape(part)
                for part in route.split("/")
            )
            shape = re.compile("/".join(parts))
            found += [(method, route, shape) for method in handler.http_methods - {"HEAD"}]

    def wide(entry: tuple[str, str, re.Pattern[str]]) -> list[tuple[bool, bool]]:
        return [(":path}" in part, "{" in part) for part in entry[1].split("/")]

    return sorted(found, key=wide)


def page_of(path: str, method: str = "GET") -> str | None:
    """The name of the page at a path; None where there is none."""
    at = urlsplit(path).path.rstrip("/") or "/"
    if _NO_PAGE.search(at):
        return None
    for known, route, shape in _patterns():
        found = shape.fullmatch(at) if known == method else None
        if found is not None:
            name = re.sub(r":(str|path)}", "}", route)
            for part, value in found.groupdict().items():
                name = name.replace(f"{{{part}}}", value) if part in _ACTS else name
            return name
    return None


def all_pages() -> set[str]:
    """The names of all pages that can be opened; acts stand as parameters."""
    found = (route for method, route, _ in _patterns() if method == "GET")
    return {re.sub(r":(str|path)}", "}", route) for route in found}


def route_of(page: str) -> str:
    """The route that a page's name stands for, without its acts."""
    for known in sorted(all_pages(), key=lambda one: one.count("{")):
        shape = re.escape(known)
        for act in _ACTS:
            shape = shape.replace(re.escape(f"{{{act}}}"), "[a-z-]+")
        if re.fullmatch(shape, page):
            return known
    raise LookupError(page)


class Links(HTMLParser):
    """Where a page leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href") if tag == "a" else None
        if target:
            self.found.append(target)


def links_in(html: str, base: str) -> list[str]:
    """The paths of this site that a page leads to."""
    parser = Links()
    parser.feed(html)
    full = (urlsplit(urljoin(base, target)) for target in parser.found)
    home = urlsplit(base).netloc
    return [
        f"{one.path}?{one.query}" if one.query else one.path for one in full if one.netloc == home
    ]


async def walk(
    look: Callable[[str, str], Awaitable[str]], begin: Iterable[str], base: str
) -> dict[str, str]:
    """Open one page of each name that can be reached from `begin`; what was opened, by name.

    `look(name, path)` opens a page and returns its HTML.
    """
    waiting, seen = list(begin), dict[str, str]()
    while waiting:
        path = waiting.pop(0)
        name = page_of(path)
        if name is None or name in seen:
            continue
        seen[name] = path
        waiting += links_in(await look(name, path), urljoin(base, path))
    return seen
