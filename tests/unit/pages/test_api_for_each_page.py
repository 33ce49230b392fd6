"""What a page of the back office can do, the API of the administration can.

Most forms call the API's own handlers, which is seen by following their code. The others call the
same faces; which operation of the API does the same stands here, or in `test_page_for_each.py`.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from litestar.handlers import HTTPRouteHandler

from argosy.web.app import collect_pages, collect_routes
from tests.unit.pages.test_page_for_each import named, offered_by_pages

# The operation of the API that does what a form does. By lines: a form, and the operation.
DONE_BY = """
POST /admin/changes/stage/product/{}                    PATCH /admin/v1/change-sets/{}/edits
POST /admin/changes/stage/price/{}/{}                   PATCH /admin/v1/change-sets/{}/edits
POST /admin/channels/{}/edit                            PATCH /admin/v1/channels/{}
POST /admin/customers/{}/groups                         POST /admin/v1/customer-groups/{}/members
POST /admin/customers/{}/groups/leave  POST /admin/v1/customer-groups/{}/members/removal
POST /admin/kits/new                                    PUT /admin/v1/variants/{}/kit
POST /admin/me/passkeys/{}/remove                       DELETE /admin/v1/me/mfa/{}
POST /admin/media/{}/put-back                           PATCH /admin/v1/media/{}
POST /admin/media/{}/take-off                           PATCH /admin/v1/media/{}
POST /admin/orders/bulk/cancel                          POST /admin/v1/orders/{}/cancel
POST /admin/orders/bulk/capture                         POST /admin/v1/payments/{}/capture
POST /admin/products/bulk/put-back                      PATCH /admin/v1/products/{}
POST /admin/products/bulk/{}                            PATCH /admin/v1/products/{}
POST /admin/products/{}/media/file                      POST /admin/v1/media
POST /admin/reviews/bulk/undo                           POST /admin/v1/reviews/{}/approve
POST /admin/variants/{}/status                          PATCH /admin/v1/variants/{}
"""
# What no operation of the API does, and why none is needed.
PAGES_ONLY = {
    "POST /admin/me/language": "a cookie of the browser",
}
# The operation of the API that tells what a page shows.
SHOWN_BY = {
    "/admin/audit/{}": "GET /admin/v1/audit",
    "/admin/changes/stage/promotion/{}/{}": "GET /admin/v1/change-sets",
    "/admin/promotions/explain": "GET /admin/v1/carts/{}/quote",
    "/admin/channels": "GET /admin/v1/channels",
    "/admin/channels/{}": "GET /admin/v1/channels/{}",
    "/admin/find": "GET /admin/v1/orders",  # and the other lists, each by its `q`
    "/admin/imports/{}/progress": "GET /admin/v1/import-plans/{}",
    "/admin/pick/{}/{}": "GET /admin/v1/products",  # and the other lists, each by its `q`
    "/admin/prices": "GET /admin/v1/price-lists",
    "/admin/promotions/{}/overlap": "POST /admin/v1/promotion-checks",
}
API: dict[int, HTTPRouteHandler] = {
    id(one): one
    for one in collect_routes()
    if any(path.startswith("/admin/v1") for path in one.paths)
}


KNOWN = frozenset(name for one in API.values() for name in named(one))


def _used(function: Callable[..., Any]) -> Iterator[Any]:
    """What the code of a function names, alone or as a member of what it names."""
    module = inspect.getmodule(function)
    around = inspect.getclosurevars(function).nonlocals
    # Pages that are made of a description ask the handlers that stand in it.
    for held in around.values():
        yield from _within(held)
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Name):
            yield from _within(around.get(node.id, getattr(module, node.id, None)))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            of = around.get(node.value.id, getattr(module, node.value.id, None))
            yield getattr(of, node.attr, None)


def _within(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, tuple) else [value]


def asks_the_api(function: Callable[..., Any], seen: set[int] | None = None) -> bool:
    """Whether a page calls a handler of the API, itself or in what it calls of the back office."""
    function, seen = inspect.unwrap(function), set() if seen is None else seen
    seen.add(id(function))
    for one in _used(function):
        if isinstance(one, HTTPRouteHandler):
            if id(one) in API:
                return True
        elif (
            inspect.isfunction(one)
            and one.__module__.startswith("argosy.web.admin")
            and id(one) not in seen
            and asks_the_api(one, seen)
        ):
            return True
    return False


def _own(method: str) -> set[str]:
    """Pages of the back office that neither ask the API nor are told to offer what it does."""
    pages = [
        page
        for page in collect_pages()
        if method in page.http_methods and any(path.startswith("/admin") for path in page.paths)
    ]
    assert len(pages) > 150
    own = {name for page in pages if not asks_the_api(page.fn) for name in named(page)}
    return own - set(offered_by_pages().values())


def test_every_form_of_the_back_office_does_what_the_api_can() -> None:
    own = _own("POST")
    told = dict(re.split(r"  +", line, maxsplit=1) for line in DONE_BY.strip().split("\n"))
    missing = own - told.keys() - PAGES_ONLY.keys()
    assert not missing, f"Which operation of the API does this? {sorted(missing)}"
    stale = told.keys() - own
    assert not stale, f"These need no line: {sorted(stale)}"
    assert set(told.values()) <= KNOWN, sorted(set(told.values()) - KNOWN)


def test_every_page_of_the_back_office_shows_what_the_api_can_tell() -> None:
    forms = {name.removeprefix("POST ") for page in collect_pages() for name in named(page)}
    own = {name.removeprefix("GET ") for name in _own("GET")}
    # A file is a list without its page; a form shows what its page does.
    alone = {path for path in own if not path.endswith(".csv")} - forms
    missing = alone - SHOWN_BY.keys()
    assert not missing, f"Which operation of the API tells this? {sorted(missing)}"
    stale = SHOWN_BY.keys() - own
    assert not stale, f"These need no line: {sorted(stale)}"
    assert set(SHOWN_BY.values()) <= KNOWN, sorted(set(SHOWN_BY.values()) - KNOWN)
