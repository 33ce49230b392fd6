"""The merchant's API under `/v1`: what a shop's adapter talks to."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State

from argosy.sandbox_psp import views, wire
from argosy.sandbox_psp.desk import Desk
from argosy.sandbox_psp.tokens import TOKENS
from argosy.sandbox_psp.wallet import CARD_TOKEN
from argosy.sandbox_psp.weather import Lost, Weather
from argosy.sandbox_psp.webhooks import Deliveries

Asked = Request[None, None, State]
Body = TypeVar("Body", bound=msgspec.Struct)
Act = Callable[[], tuple[str, str]]


def desk_of(request: Asked) -> Desk:
    """The books of the sandbox that serves this request."""
    found: Desk = request.app.state.desk
    return found


async def body_of(request: Asked, kind: type[Body]) -> Body:
    """The request's JSON as `kind`. Raises Stop 422 naming the field at fault."""
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=kind)
    except msgspec.DecodeError as error:
        raise wire.Stop(422, "request_invalid", str(error)) from error


@post("/v1/payments", status_code=200)
async def create_payment(request: Asked) -> Response[Any]:
    """Try a payment with a test token."""
    body = await body_of(request, wire.CreatePayment)
    desk = desk_of(request)
    key = _key(request)
    # A card is used up by its payment: how a repeated request goes is read from that.
    stored = desk.storage.row("select p.token from payment p where p.key = ?", key)
    token = body.token if stored is None else stored["token"]
    if stored is None and (body.method or body.token.startswith(CARD_TOKEN)):
        with suppress(wire.Stop):
            token = desk.behaves(body)
    return await _with_effect(request, "authorise", token, lambda: desk.create(key, body))


@post("/v1/payments/{payment_id:str}/captures", status_code=200)
async def capture_payment(request: Asked, payment_id: str) -> Response[Any]:
    """Capture authorised money."""
    body = await body_of(request, wire.Capture)
    desk = desk_of(request)
    token = desk.payment(payment_id)["token"]
    key = _key(request)
    return await _with_effect(
        request, "capture", token, lambda: desk.capture(key, payment_id, body)
    )


@post("/v1/payments/{payment_id:str}/voids", status_code=200)
async def void_payment(request: Asked, payment_id: str) -> Response[Any]:
    """Release what is authorised and not captured."""
    await body_of(request, wire.Void)
    desk = desk_of(request)
    token = desk.payment(payment_id)["token"]
    if "void_race" in TOKENS[token].faults:
        with desk.storage.transaction():
            desk.capture_by_itself(payment_id)
    key = _key(request)
    return await _with_effect(request, "void", token, lambda: desk.void(key, payment_id))


@post("/v1/payments/{payment_id:str}/refunds", status_code=200)
async def refund_payment(request: Asked, payment_id: str) -> Response[Any]:
    """Give captured money back."""
    body = await body_of(request, wire.Refund)
    desk = desk_of(request)
    token = desk.payment(payment_id)["token"]
    key = _key(request)
    return await _with_effect(request, "refund", token, lambda: desk.refund(key, payment_id, body))


@post("/v1/payments/{payment_id:str}/cancel", status_code=200)
async def cancel_payment(request: Asked, payment_id: str) -> Response[Any]:
    """End an attempt that still waits for the shopper or the bank; repeating it is harmless."""
    await _weather(request).before(request, "cancel")
    desk = desk_of(request)
    if desk.payment(payment_id)["code"] != "cancelled":
        with desk.storage.transaction():
            desk.cancel(payment_id)
    _deliveries(request).wake()
    return Response(desk.view(payment_id))


@get("/v1/payments/{payment_id:str}")
async def get_payment(request: Asked, payment_id: str) -> Response[Any]:
    """One payment with everything done to it."""
    await _weather(request).before(request, "retrieve")
    desk = desk_of(request)
    view = desk.view(payment_id)["payment"]
    await _weather(request).after()
    kept = desk.wallet.kept_from(payment_id)
    return Response({**view, "operations": desk.operations(payment_id), "method": kept})


@get("/v1/customers/{customer:str}/methods")
async def list_methods(request: Asked, customer: str) -> Response[Any]:
    """The ways to pay that are kept for a customer, the oldest first."""
    await _weather(request).before(request, "methods")
    return Response({"items": desk_of(request).wallet.kept_for(customer)})


@post("/v1/methods/{method_id:str}/detach", status_code=200)
async def detach_method(request: Asked, method_id: str) -> Response[Any]:
    """Forget a kept way to pay; repeating it, or an unknown one, is harmless."""
    await _weather(request).before(request, "detach")
    desk = desk_of(request)
    with desk.storage.transaction():
        desk.wallet.remove(method_id, desk.now())
    return Response({"id": method_id, "removed": True})


@get("/v1/payments")
async def list_payments(
    request: Asked, reference: str | None = None, after: str | None = None, limit: int = 50
) -> Response[Any]:
    """Payments in the order of their creation, optionally of one reference, paged by `after`."""
    await _weather(request).before(request, "list")
    desk = desk_of(request)
    start = 0 if after is None else desk.payment(after)["seq"]
    limit = max(1, min(limit, 100))
    rows = desk.storage.rows(
        "select * from payment where seq > ? and (? is null or reference = ?) order by seq limit ?",
        *(start, reference, reference, limit + 1),
    )
    items = [views.payment_view(row, desk.base_url) for row in rows[:limit]]
    return Response({"items": items, "has_more": len(rows) > limit})


@get("/v1/operations/{key:str}")
async def look_up(request: Asked, key: str) -> Response[Any]:
    """What was done under one idempotency key; 404 when nothing ever was."""
    await _weather(request).before(request, "lookup")
    desk = desk_of(request)
    row = desk.operation_by_key(key)
    await _weather(request).after()
    return Response(desk.view(row["payment_id"], row["id"]))


@get("/v1/balance")
async def balance(request: Asked) -> Response[Any]:
    """What the provider holds for the merchant, per currency."""
    await _weather(request).before(request, "balance")
    desk = desk_of(request)
    return Response({"as_of": views.instant(desk.now()), "currencies": desk.balance()})


@get("/v1/events")
async def list_events(request: Asked, payment: str | None = None) -> Response[Any]:
    """The last 200 events, oldest first, whether or not their webhooks arrived."""
    await _weather(request).before(request, "events")
    rows = desk_of(request).storage.rows(
        "select body from (select seq, body from event where ? is null or payment_id = ?"
        " order by seq desc limit 200) order by seq",
        *(payment, payment),
    )
    return Response({"items": [json.loads(row["body"]) for row in rows]})


async def _with_effect(request: Asked, kind: str, token: str, act: Act) -> Response[Any]:
    """Run `act` once per idempotency key and answer the same ever after.

    The answer is stored in the transaction of the effect; another body under the same key is
    refused. What the weather and the token's faults ask for happens around it.
    """
    weather = _weather(request)
    desk = desk_of(request)
    key = _key(request)
    fingerprint = hashlib.sha256(
        request.url.path.encode() + b"\0" + msgspec.json.encode(json.loads(await _raw(request)))
    ).hexdigest()
    faults = TOKENS[token].faults if token in TOKENS else frozenset[str]()
    seen = _count(desk, key)
    await weather.before(request, kind)
    weather.fault_before(kind, faults, seen)
    stored = desk.storage.row("select * from answer where key = ?", key)
    if stored is not None and stored["fingerprint"] != fingerprint:
        raise wire.Stop(
            422, "idempotency_key_reused", "this key was used for another request before"
        )
    if stored is None:
        status, text = _act_once(desk, key, fingerprint, act)
        _deliveries(request).wake()
    else:
        status, text = stored["status"], stored["body"]
    if weather.loses(kind, faults, seen):
        raise Lost
    await weather.after()
    await weather.delay(kind, faults)
    headers = {"idempotent-replayed": "true"} if stored is not None else {}
    return Response(
        content=text.encode(), status_code=status, headers=headers, media_type="application/json"
    )


def _act_once(desk: Desk, key: str, fingerprint: str, act: Act) -> tuple[int, str]:
    try:
        with desk.storage.transaction():
            status, text = 200, json.dumps(desk.view(*act()))
            _keep(desk, key, fingerprint, status, text)
    except wire.Stop as stop:
        status, text = stop.status, json.dumps(stop.body)
        with desk.storage.transaction():
            _keep(desk, key, fingerprint, status, text)
    return status, text


def _keep(desk: Desk, key: str, fingerprint: str, status: int, text: str) -> None:
    desk.storage.run("insert into answer values (?,?,?,?)", key, fingerprint, status, text)


def _count(desk: Desk, key: str) -> int:
    """How often this key came before."""
    desk.storage.run(
        "insert into seen values (?, 1) on conflict (key) do update set times = times + 1", key
    )
    times: int = desk.storage.value("select times from seen where key = ?", key)
    return times - 1


async def _raw(request: Asked) -> bytes:
    return await request.body() or b"{}"


def _key(request: Asked) -> str:
    key = request.headers.get("idempotency-key", "")
    if not 1 <= len(key) <= 255:
        raise wire.Stop(400, "idempotency_key_missing", "send an Idempotency-Key header")
    return key


def _weather(request: Asked) -> Weather:
    found: Weather = request.app.state.weather
    return found


def _deliveries(request: Asked) -> Deliveries:
    found: Deliveries = request.app.state.deliveries
    return found


ROUTES = [
    create_payment,
    capture_payment,
    void_payment,
    refund_payment,
    cancel_payment,
    get_payment,
    list_payments,
    list_methods,
    detach_method,
    look_up,
    balance,
    list_events,
]

__all__ = ["ROUTES", "Asked", "body_of", "desk_of"]
