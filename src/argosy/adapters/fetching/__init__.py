"""Files from elsewhere, over the network: `addresses` says which machines may be asked, `fetcher`
asks them.
"""

from argosy.adapters.fetching.addresses import AddressRefused, is_public, resolved
from argosy.adapters.fetching.fetcher import FetchLimits, GuardedFetcher

__all__ = ["AddressRefused", "FetchLimits", "GuardedFetcher", "is_public", "resolved"]
