"""How one sandbox is set up."""

from __future__ import annotations

import os

import msgspec


class RefusedInProduction(RuntimeError):
    """The sandbox approves payments without any money: it never runs beside a real shop."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one sandbox process.

    `database` is a file name or `:memory:`. `webhook_secret` is a Standard Webhooks secret
    (`whsec_` and base64). `public_url` is the address shoppers' browsers reach the 3DS page at.
    """

    host: str = "127.0.0.1"
    port: int = 8790
    database: str = ":memory:"
    api_key: str = "sk_sandbox_development"
    webhook_url: str | None = None
    webhook_secret: str = "whsec_YXJnb3N5LXNhbmRib3gtd2ViaG9vay1zZWNyZXQ="  # noqa: S105 - public on purpose
    public_url: str | None = None

    @property
    def base_url(self) -> str:
        """Where the challenge page is reached, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def refuse_production(environment: str | None = None) -> None:
    """Raise RefusedInProduction when ARGOSY_ENV says `production` (any letter case)."""
    value = os.environ.get("ARGOSY_ENV", "") if environment is None else environment
    if value.strip().lower() in {"production", "prod"}:
        raise RefusedInProduction(
            "The sandbox payment provider does not start when ARGOSY_ENV is 'production': "
            "it approves payments without money. Configure a real payment provider instead."
        )
