"""The sandbox's webhooks: Standard Webhooks signatures over the raw bytes (DOMAIN.md H4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from standardwebhooks import Webhook, WebhookVerificationError

from argosy.adapters.psp.sandbox import wire
from argosy.modules.payments import OperationState, WebhookHint, WebhookRejected

_STATES: dict[str, OperationState] = {
    "succeeded": "succeeded",
    "declined": "declined",
    "failed": "failed",
    "requires_action": "requires_action",
}
_DECODER = msgspec.json.Decoder(wire.Event)


def verify(secrets: Sequence[str], headers: Mapping[str, str], raw: bytes) -> WebhookHint:
    """The event of a webhook signed with any of `secrets` (two while one is being rotated).

    Raises WebhookRejected: wrong signature, older or newer than five minutes, or not an event.
    """
    if not any(_is_signed(secret, headers, raw) for secret in secrets):
        raise WebhookRejected("The webhook's signature or time is not valid.")
    try:
        event = _DECODER.decode(raw)
    except msgspec.DecodeError as error:
        raise WebhookRejected("The webhook's body is not an event.") from error
    if event.id != headers.get("webhook-id"):
        raise WebhookRejected("The webhook's id is not that of its event.")
    return WebhookHint(
        event_id=event.id,
        type=event.type,
        payment_id=_uuid(event.data.payment.reference),
        operation_id=_uuid(event.data.operation.idempotency_key),
        says=_STATES.get(event.data.operation.status),
    )


def _is_signed(secret: str, headers: Mapping[str, str], raw: bytes) -> bool:
    try:
        Webhook(secret).verify(raw, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        # ValueError: a signature header that is not even base64, a body that is not text.
        return False
    return True


def _uuid(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        return None
