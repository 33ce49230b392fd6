"""Webhooks of payment providers: verified over the raw bytes, stored, answered at once.

What an event is about is found out by a job (workflows/money_moves.py), so that a provider never
waits for us and a repeated or disordered event does nothing (DOMAIN.md H4).
"""

from typing import Any

from litestar import Request, post

from argosy.modules import payments
from argosy.web.auth import shop
from argosy.workflows import money_moves


@post(
    "/webhooks/psp/{gateway:str}",
    status_code=204,
    tags=["Webhooks"],
    problems=[payments.GatewayNotOffered, payments.WebhookRejected],
)
async def receive_psp_webhook(request: Request[Any, Any, Any], gateway: str) -> None:
    """For the payment provider, not for you: its signed events. A repeated event is accepted."""
    raw = await request.body()
    await money_moves.receive_webhook(shop(request), gateway, dict(request.headers), raw)


ROUTES = [receive_psp_webhook]
