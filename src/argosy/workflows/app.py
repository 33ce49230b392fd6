"""The handles that a workflow needs. Built once, by entry/wiring.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from argosy.modules.catalog.ports import Storage
from argosy.modules.customers.ports import Mailer
from argosy.modules.feeds.ports import Fetcher
from argosy.modules.media.ports import Studio
from argosy.modules.payments.ports import Gateway
from argosy.modules.search.ports import SearchIndex
from argosy.modules.shipping.ports import RateCarrier
from argosy.modules.tax.ports import TaxEngine, VatRegister
from argosy.runtime.cache import Cache
from argosy.runtime.credentials import Passwords
from argosy.runtime.db import Database
from argosy.runtime.settings import Settings
from argosy.workflows.letters import Scribe

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class App:
    """One per process. `checkout_db` is a pool that only carts and checkout use (DOMAIN.md P8)."""

    db: Database
    checkout_db: Database
    settings: Settings
    cache: Cache
    gateways: Mapping[str, Gateway]
    storage: Storage
    studio: Studio
    search: SearchIndex
    passwords: Passwords
    mailer: Mailer | None = None
    scribe: Scribe | None = None
    fetcher: Fetcher | None = None
    vat_register: VatRegister | None = None
    tax_engines: Mapping[str, TaxEngine] = field(default_factory=dict)
    carriers: Mapping[str, RateCarrier] = field(default_factory=dict)
    parts: dict[Callable[[], Any], Any] = field(default_factory=dict)

    def part(self, make: Callable[[], Part]) -> Part:
        """The one `make()` of this process, made when it is first asked for. For what a workflow
        keeps between requests, so that this file need not know it.
        """
        if make not in self.parts:
            self.parts[make] = make()
        return cast("Part", self.parts[make])
