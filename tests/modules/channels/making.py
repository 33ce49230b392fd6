"""Channels for tests, opened through the face."""

from uuid import UUID

from argosy.modules.channels import Channel, CreateChannel, create_channel
from argosy.runtime.db import Tx

PRICE_LIST = UUID(int=1)


async def a_channel(tx: Tx, **given: object) -> Channel:
    """A euro channel with gross prices, unless told otherwise."""
    settings: dict[str, object] = {
        "code": "eu",
        "name": "Europe",
        "currency": "EUR",
        "countries": ("DE", "FR"),
        "default_country": "DE",
        "price_list_id": PRICE_LIST,
        "tax_inclusive": True,
        "time_zone": "Europe/Berlin",
    }
    return await create_channel(tx, CreateChannel(**(settings | given)))  # type: ignore[arg-type]
