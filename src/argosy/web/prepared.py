"""Answers of a channel prepared once and kept until what they were made from changes.

A kept answer is found before a single parameter is read, and costs no statement.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request
from litestar.openapi.datastructures import ResponseSpec

from argosy.modules.channels import Channel
from argosy.modules.projections import Answer
from argosy.runtime.cache import Fill
from argosy.runtime.db import Tx
from argosy.web.auth import channel_context, shop
from argosy.web.kept import Key, Prepared


def key_of(request: Request[Any, Any, Any], channel: Channel) -> Key:
    """By what the answer to this very request is kept."""
    return channel.id, request.scope["path"], request.scope["query_string"]


def route_of(request: Request[Any, Any, Any]) -> str:
    """The path of the operation, for metrics."""
    return str(request.scope.get("path_template", ""))


async def kept(request: Request[Any, Any, Any]) -> Prepared | None:
    """The kept answer to this very request, before its parameters are read."""
    found: Prepared | None = shop(request).cache.peek(
        key_of(request, await channel_context(request))
    )
    return found


async def prepared(
    request: Request[Any, Any, Any], channel: Channel, read: Callable[[Tx], Awaitable[Answer]]
) -> Prepared:
    """The kept answer to this very request, made by `read` where there is none."""
    app = shop(request)

    async def load() -> Fill[Prepared]:
        async with app.db.reading() as tx:
            answer = await read(tx)
        return Fill(
            Prepared(answer.body, route_of(request)),
            topics=answer.topics,
            size=len(answer.body),
            expires_at=answer.expires_at,
        )

    return await app.cache.get(key_of(request, channel), load)


def answers(body: Any, **more: str) -> dict[int, ResponseSpec]:
    """What such an operation answers, for the OpenAPI document; `moved` describes a 301."""
    described = {200: ResponseSpec(body, generate_examples=False)}
    described[304] = ResponseSpec(None, description="Not changed since `If-None-Match`.")
    if "moved" in more:
        described[301] = ResponseSpec(None, description=more["moved"])
    return described
