"""Answers of a channel prepared once and kept until what they were made from changes.

A kept answer is found before a single parameter is read, and costs no statement.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec

from argosy.modules.channels import CHANNELS_TOPIC
from argosy.modules.projections import Answer
from argosy.runtime.cache import Fill
from argosy.runtime.db import Tx
from argosy.web.auth import shop
from argosy.web.kept import Key, Prepared
from argosy.web.windows import WINDOWS_TOPIC, Overlay, ShownWindow, differs, window_of


def key_of(request: Request[Any, Any, Any], window: ShownWindow) -> Key:
    """By what the answer to this very request is kept."""
    return window.key_id, request.scope["path"], request.scope["query_string"]


def route_of(request: Request[Any, Any, Any]) -> str:
    """The path of the operation, for metrics."""
    return str(request.scope.get("path_template", ""))


async def kept(request: Request[Any, Any, Any]) -> Prepared | None:
    """The kept answer to this very request, before its parameters are read. What only some may see
    is looked at in full.
    """
    window = await window_of(request)
    if window.private:
        return None
    found: Prepared | None = shop(request).cache.peek(key_of(request, window))
    return found


async def prepared(
    request: Request[Any, Any, Any],
    window: ShownWindow,
    read: Callable[[Tx], Awaitable[Answer]],
    overlay: Overlay | None = None,
) -> Response[bytes]:
    """The kept answer to this very request, made by `read` where there is none; for who has other
    prices than everybody a copy, with these put in by `overlay`.
    """
    app = shop(request)
    varies = await differs(request, window.channel)

    async def load() -> Fill[Prepared]:
        async with app.db.reading() as tx:
            answer = await read(tx)
        return Fill(
            Prepared(
                answer.body,
                route_of(request),
                differs=varies,
                language=window.language,
                offered=window.offered,
            ),
            topics=answer.topics
            | {f"{WINDOWS_TOPIC}:{window.channel.id}", f"{CHANNELS_TOPIC}:{window.channel.id}"},
            size=len(answer.body),
            expires_at=answer.expires_at,
        )

    made = await app.cache.get(key_of(request, window), load)
    if not window.private:
        return made
    return await window.answer(app, made.content, overlay)


def answers(body: Any, **more: str) -> dict[int, ResponseSpec]:
    """What such an operation answers, for the OpenAPI document; `moved` describes a 301."""
    described = {200: ResponseSpec(body, generate_examples=False)}
    described[304] = ResponseSpec(None, description="Not changed since `If-None-Match`.")
    if "moved" in more:
        described[301] = ResponseSpec(None, description=more["moved"])
    return described
