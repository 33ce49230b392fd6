"""What carriers, and services that know many of them, must be turned into."""

from typing import Protocol

from argosy.modules.shipping.types import RateAnswer, RateQuestion


class RateCarrier(Protocol):
    """Someone who says what parcels cost now."""

    name: str

    async def rates(self, question: RateQuestion) -> RateAnswer:
        """What all the parcels of the question cost, by service, in the question's currency.

        Asking changes nothing there. Never raises for what the network or the carrier does.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
