"""`Idempotency-Key` on unsafe requests: the same request twice has one effect and one answer.

DOMAIN.md G2 and G3. The scope of a key is tenant (one database each), principal, method and route;
the request hash covers path, query and body. The answer is stored in the transaction of the effect
and replayed byte for byte with its status, marked by `Idempotency-Replayed: true`. Errors without
an effect are not stored: their request may be repeated with the same key.

    @post("/admin/v1/locations")
    async def create_location(request: Request, data: NewLocation) -> Response[bytes]:
        return await once(request, lambda tx: inventory.create_location(tx, data), show=shown)

Commands of several transactions (place, capture, refund) take the `Key` of `key_of` and store
their answer themselves, in the transaction of the effect; the handler answers with `answered`.
"""

import re
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.params import HeaderParameter

from argosy.kernel.errors import Invalid
from argosy.modules.staff import Actor
from argosy.runtime.db import Database, Tx
from argosy.runtime.idempotency import Key, claim, key_for
from argosy.runtime.outbox_rows import Answered
from argosy.web.ready import Ready

Result = TypeVar("Result")

_KEY = re.compile(r'"?([\x21\x23-\x7e]{1,255}?)"?')

# Declared as a parameter of a handler, so that the header stands in the OpenAPI document.
KeyHeader = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="A text of your own, new for each intended effect. Send the same key again to "
        "repeat a request safely: the first answer comes back.",
    ),
]
RequiredKeyHeader = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        description="A text of your own, new for each intended effect. Required: send the same key "
        "again to repeat this request safely; the first answer comes back.",
    ),
]


class KeyMissing(Invalid):
    """This operation moves money or goods and needs an `Idempotency-Key` header.

    Make a new random text for each intended effect (a UUID will do), keep it with what you are
    doing, and send the same one when you repeat the request after a lost answer.
    """

    code = "idempotency.key_missing"
    usual_cure = "Send a new random text, for example a UUID, in the header `Idempotency-Key`."


class KeyMalformed(Invalid):
    """An `Idempotency-Key` has 1 to 255 visible ASCII characters, optionally in double quotes."""

    code = "idempotency.key_malformed"
    usual_cure = "Send 1 to 255 visible ASCII characters, for example a UUID."


async def once(
    request: Request[Any, Any, Any],
    run: Callable[[Tx], Awaitable[Result]],
    *,
    show: Callable[[Result], Any] = lambda result: result,
    status: int = 201,
    headers: Callable[[Result], dict[str, str]] = lambda _: {},
    required: bool = False,
    principal: str | None = None,
    db: Database | None = None,
) -> Response[bytes]:
    """Run `run` in one transaction and answer `show(result)`; with a key, at most once.

    `principal` names who asks where a credential is not enough, or changes on refresh; `db` is the
    main database unless given. Raises KeyMissing, KeyMalformed, KeyReused, and what `run` raises.
    """
    key = await key_of(request, required=required, principal=principal)
    async with (db or request.app.state.shop.db).transaction() as tx:
        if key is not None:
            stored = await claim(tx, key)
            if stored is not None:
                return answered(stored)
        result = await run(tx)
        body, extra = msgspec.json.encode(show(result)), headers(result)
        if key is not None:
            tx.remember(key.answered(status, body, extra))
    return Ready(body, status_code=status, headers=extra)


async def key_of(
    request: Request[Any, Any, Any], *, required: bool = False, principal: str | None = None
) -> Key | None:
    """The key of this request in its scope, None without the header.

    Raises KeyMissing if it is required and absent, KeyMalformed.
    """
    sent = request.headers.get("idempotency-key")
    if sent is None:
        if required:
            raise KeyMissing(
                "This operation needs an Idempotency-Key.",
                field="Idempotency-Key",
                cure="Send a new random text in the header `Idempotency-Key`.",
            )
        return None
    found = _KEY.fullmatch(sent.strip())
    if found is None:
        raise KeyMalformed(
            "An Idempotency-Key has 1 to 255 visible ASCII characters.", field="Idempotency-Key"
        )
    scope = request.scope
    return key_for(
        f"{principal or _principal(request)} {request.method} {scope['path_template']}",
        found.group(1),
        scope["path"].encode(),
        scope["query_string"],
        await request.body(),
    )


def answered(stored: Answered) -> Response[bytes]:
    """The stored answer of an earlier request, byte for byte."""
    return Ready(
        stored.body,
        status_code=stored.status,
        headers={**stored.headers, "Idempotency-Replayed": "true"},
    )


def _principal(request: Request[Any, Any, Any]) -> str:
    """Who asks: the actor of the administration, else the holder of these credentials, hashed."""
    actor = request.scope["state"].get("actor")
    if isinstance(actor, Actor):
        return f"{actor.kind}:{actor.id}"
    digest = blake2b(digest_size=16)
    for name in ("authorization", "x-publishable-key"):
        digest.update(request.headers.get(name, "").encode() + b"\0")
    return digest.hexdigest()
