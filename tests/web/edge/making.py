"""A small application behind the real edge, for tests that need no shop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import httpx
from litestar.handlers import HTTPRouteHandler

from argosy.runtime.cache import Cache
from argosy.runtime.db import Database
from argosy.runtime.settings import Settings
from argosy.web import app as web_app
from argosy.workflows.app import App


@asynccontextmanager
async def an_edge(
    *routes: HTTPRouteHandler, db: Database | None = None, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that has these routes; `settings` override the defaults."""
    shop = cast(
        "App", SimpleNamespace(settings=Settings(**settings), db=db, checkout_db=db, cache=Cache())
    )
    with mock.patch.object(web_app, "collect_routes", return_value=list(routes)):
        made = web_app.create_app(shop)
    transport = httpx.ASGITransport(app=made)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://edge.test") as client:
        yield client


def code_of(answer: httpx.Response) -> str:
    """The problem's code, after checking that it is a whole problem document."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    missing = {
        "type",
        "title",
        "status",
        "detail",
        "code",
        "retryable",
        "request_id",
        "cure",
    } - set(problem)
    assert not missing, missing
    assert problem["cure"]
    assert problem["status"] == answer.status_code
    assert problem["type"].endswith("/problems/" + problem["code"])
    assert problem["request_id"] == answer.headers["x-request-id"]
    return str(problem["code"])


def names(errors: Sequence[dict[str, str]]) -> set[str]:
    """The fields that a problem's `errors` name."""
    return {error["field"] for error in errors}
