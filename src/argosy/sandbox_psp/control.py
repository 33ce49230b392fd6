"""The control panel under `/_test`: what tests, demos and drills turn."""

from typing import Any

import msgspec
from litestar import Response, get, post, put
from litestar.handlers import HTTPRouteHandler

from argosy.sandbox_psp import views, wire
from argosy.sandbox_psp.api import Asked, body_of, desk_of
from argosy.sandbox_psp.weather import Weather
from argosy.sandbox_psp.webhooks import Deliveries


def _weather(request: Asked) -> Weather:
    found: Weather = request.app.state.weather
    return found


def _deliveries(request: Asked) -> Deliveries:
    found: Deliveries = request.app.state.deliveries
    return found


@post("/_test/clock", status_code=200)
async def move_clock(request: Asked) -> Response[Any]:
    """Move the clock and do what became due."""
    now = desk_of(request).move_clock(await body_of(request, wire.MoveClock))
    _deliveries(request).wake()
    return Response({"now": views.instant(now)})


@put("/_test/behaviour")
async def set_behaviour(request: Asked) -> Response[Any]:
    """Behave like this from now on; fields left out take their defaults (`{}` is normal)."""
    weather = _weather(request)
    weather.become(await body_of(request, wire.Behaviour))
    return Response(msgspec.to_builtins(weather.behaviour))


@get("/_test/behaviour")
async def get_behaviour(request: Asked) -> Response[Any]:
    """The present behaviour."""
    return Response(msgspec.to_builtins(_weather(request).behaviour))


@get("/_test/requests")
async def list_requests(request: Asked, idempotency_key: str | None = None) -> Response[Any]:
    """The last requests under `/v1`, optionally of one idempotency key."""
    items = [
        entry
        for entry in _weather(request).log
        if idempotency_key is None
        or entry["idempotency_key"] == idempotency_key
        or entry["path"].endswith(f"/operations/{idempotency_key}")
    ]
    return Response({"items": items})


@post("/_test/payments/{payment_id:str}/challenge", status_code=200)
async def resolve_challenge(request: Asked, payment_id: str) -> Response[Any]:
    """Answer a 3DS challenge without a browser."""
    body = await body_of(request, wire.ResolveChallenge)
    desk = desk_of(request)
    with desk.storage.transaction():
        desk.finish_challenge(payment_id, approve=body.approve)
    _deliveries(request).wake()
    return Response(desk.view(payment_id))


@post("/_test/payments/{payment_id:str}/dashboard", status_code=200)
async def act_in_dashboard(request: Asked, payment_id: str) -> Response[Any]:
    """Capture, refund or void as a person would in the provider's dashboard."""
    body = await body_of(request, wire.ExternalAction)
    desk = desk_of(request)
    with desk.storage.transaction():
        if body.action == "capture":
            ids = desk.capture(None, payment_id, wire.Capture(amount=body.amount))
        elif body.action == "void":
            ids = desk.void(None, payment_id)
        else:
            amount = body.amount or desk.payment(payment_id)["captured"]
            ids = desk.refund(None, payment_id, wire.Refund(amount=amount))
        view = desk.view(*ids)
    _deliveries(request).wake()
    return Response(view)


@put("/_test/webhooks")
async def set_webhooks(request: Asked) -> Response[Any]:
    """Where webhooks go, and whether they are held back."""
    body = await body_of(request, wire.WebhookSettings)
    deliveries = _deliveries(request)
    if body.url is not msgspec.UNSET:
        deliveries.url = body.url
    if body.paused is not msgspec.UNSET:
        deliveries.paused = body.paused
    deliveries.wake()
    return Response({"url": deliveries.url, "paused": deliveries.paused})


@get("/_test/webhooks")
async def list_deliveries(request: Asked) -> Response[Any]:
    """The last 200 deliveries with their tries and answers, newest first."""
    rows = desk_of(request).storage.rows(
        "select d.id, d.event_id, e.type, e.payment_id, d.tries, d.status, d.answer"
        " from delivery d join event e on e.id = d.event_id order by d.id desc limit 200"
    )
    return Response({"items": [dict(row) for row in rows]})


@post("/_test/webhooks/replay", status_code=200)
async def replay_webhooks(request: Asked) -> Response[Any]:
    """Deliver stored events again."""
    queued = _deliveries(request).replay(await body_of(request, wire.Replay))
    return Response({"queued": queued})


@post("/_test/webhooks/flush", status_code=200)
async def flush_webhooks(request: Asked, order: str = "forward") -> Response[Any]:
    """Deliver everything that waits now, one by one; answers when all were tried once."""
    return Response({"accepted": await _deliveries(request).flush(order)})


ROUTES: list[HTTPRouteHandler] = [
    move_clock,
    set_behaviour,
    get_behaviour,
    list_requests,
    resolve_challenge,
    act_in_dashboard,
    set_webhooks,
    list_deliveries,
    replay_webhooks,
    flush_webhooks,
]
