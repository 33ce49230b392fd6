"""The handles that a workflow needs. Built once, by entry/wiring.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from argosy.modules.catalog.ports import Storage
from argosy.modules.customers.ports import Mailer
from argosy.modules.inventory import StockGate
from argosy.modules.payments.ports import Gateway
from argosy.runtime.cache import Cache
from argosy.runtime.credentials import Passwords
from argosy.runtime.db import Database
from argosy.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class App:
    """One per process. `checkout_db` is a pool that only carts and checkout use (DOMAIN.md P8)."""

    db: Database
    checkout_db: Database
    settings: Settings
    cache: Cache
    gateways: Mapping[str, Gateway]
    stock_gate: StockGate
    storage: Storage
    passwords: Passwords
    mailer: Mailer | None = None
