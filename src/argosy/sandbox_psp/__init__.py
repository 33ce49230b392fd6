"""A payment service provider to build and test against: its own process, its own storage.

It behaves like a modern provider (payments with idempotency keys, partial captures, refunds, 3DS,
delayed methods, signed webhooks) and misbehaves on demand: each test token and each control
endpoint under `/_test` names one way in which real providers go wrong. It moves no money and
refuses to start when ARGOSY_ENV is `production`. It shares no code with the shop it tests.
"""

from argosy.sandbox_psp.config import Config, RefusedInProduction
from argosy.sandbox_psp.server import run, serve
from argosy.sandbox_psp.tokens import TOKENS, TestToken

__all__ = ["TOKENS", "Config", "RefusedInProduction", "TestToken", "run", "serve"]
