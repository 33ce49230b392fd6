"""The HTTP server around the desk."""

import asyncio
import hmac
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, Request, Response, Router
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from argosy.sandbox_psp import api, control, fields, pages, wire
from argosy.sandbox_psp.config import Config, refuse_production
from argosy.sandbox_psp.desk import Desk
from argosy.sandbox_psp.storage import Storage
from argosy.sandbox_psp.weather import Lost, Weather
from argosy.sandbox_psp.webhooks import Deliveries

log = structlog.get_logger("argosy.sandbox_psp")
logging.getLogger("httpx").setLevel(
    logging.WARNING
)  # a line for each webhook tells nobody anything


def create_app(config: Config) -> Litestar:
    """The ASGI application of one sandbox. Raises RefusedInProduction."""
    refuse_production()
    storage = Storage(config.database)
    deliveries = Deliveries(storage, url=config.webhook_url, secret=config.webhook_secret)
    desk = Desk(storage, config.base_url)

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(deliveries.work()), asyncio.create_task(_tick(desk))]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        storage.close()

    def only_the_merchant(
        connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
    ) -> None:
        given = connection.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {config.api_key}".encode()):
            raise wire.Stop(401, "api_key_invalid", "send Authorization: Bearer with the API key")

    merchant = Router(
        path="/", route_handlers=[*api.ROUTES, *control.ROUTES], guards=[only_the_merchant]
    )
    return Litestar(
        route_handlers=[merchant, *pages.ROUTES, *fields.ROUTES],
        lifespan=[running],
        state=State({"desk": desk, "weather": Weather(), "deliveries": deliveries}),
        exception_handlers={wire.Stop: _stopped, Lost: _lost, HTTPException: _http_error},
        openapi_config=None,
        middleware=[_closes_connections],
        request_max_body_size=64 * 1024,
    )


async def _tick(desk: Desk) -> None:
    """Real time passes too: authorisations lapse without anybody moving the clock."""
    while True:
        await asyncio.sleep(1.0)
        desk.do_due()


def _stopped(_: Request[Any, Any, Any], stop: wire.Stop) -> Response[Any]:
    wait = stop.body["error"].get("retry_after")
    headers = {} if wait is None else {"retry-after": str(wait)}
    return Response(stop.body, status_code=stop.status, headers=headers)


def _http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    body = {"error": {"code": "request_invalid", "message": error.detail}}
    return Response(body, status_code=error.status_code)


def _lost(request: Request[Any, Any, Any], _: Lost) -> Response[Any]:
    request.scope["state"]["lost"] = True
    return Response(b"", status_code=502)


def _closes_connections(app: ASGIApp) -> ASGIApp:
    """Break the connection where a handler lost its answer.

    The server only closes a connection in the middle of a body, so a longer body is announced
    than will ever come: the client sees the peer hang up.
    """

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        async def watch(message: Message) -> None:
            if scope["state"].get("lost"):
                if message["type"] == "http.response.start":
                    await send({**message, "headers": [(b"content-length", b"1000")]})
                    await send({"type": "http.response.body", "body": b" ", "more_body": True})
                raise ConnectionAbortedError("answer lost on purpose")
            await send(message)

        await app(scope, receive, watch)

    return run


async def serve(config: Config, *, stop: asyncio.Event | None = None) -> None:
    """Serve until `stop` is set, or until SIGINT or SIGTERM when no event is given."""
    app = create_app(config)
    server = Server(
        app,
        address=config.host,
        port=config.port,
        interface=Interfaces.ASGI,
        log_enabled=False,
        websockets=False,
    )
    if stop is None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.serve())
    log.info("sandbox_psp.started", url=f"http://{config.host}:{config.port}")
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not serving.done():
        server.stop()  # type: ignore[no-untyped-call]
    with suppress(asyncio.CancelledError):
        await serving


def run(config: Config) -> None:
    """Serve in this process until it is told to end. Raises RefusedInProduction."""
    refuse_production()
    asyncio.run(serve(config))


__all__ = ["create_app", "run", "serve"]
