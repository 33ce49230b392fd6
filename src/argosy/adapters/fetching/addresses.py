"""Which addresses a server may be asked at, so that nobody makes us ask our own network (SSRF).

A name is resolved once, every address of it must be public, and the connection is made to the
address that was looked at: a name that answers otherwise the next time gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Collection
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str, int], Awaitable[list[str]]]

_NEVER: Final = frozenset(
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254")
)
"""Where clouds keep the secrets of their machines; one of them lies in public address space."""
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64: Final = ipaddress.ip_network("64:ff9b:1::/48")


class AddressRefused(Exception):
    """A host may not be asked, or is not known; `code` is a constant word."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet at large, also when it only wraps an IPv4 one."""
    if address in _NEVER:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address in _LOCAL_NAT64 or address.is_site_local:
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
    )


def may_be_private(address: Address) -> bool:
    """Whether an address may be asked when its host is named as one of our own network."""
    return not (
        address in _NEVER or address.is_link_local or address.is_multicast or address.is_unspecified
    )


async def system_lookup(host: str, port: int) -> list[str]:
    """The addresses that the system knows of a host. Raises OSError, UnicodeError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


async def resolved(
    host: str, port: int, private_hosts: Collection[str], lookup: Lookup = system_lookup
) -> list[str]:
    """The addresses of a host, all of which may be asked. Raises AddressRefused."""
    try:
        found = await lookup(host, port)
    except (OSError, UnicodeError) as error:
        raise AddressRefused("host_unknown", f"There is no host {host!r}.") from error
    addresses = list(dict.fromkeys(text.partition("%")[0] for text in found))
    allowed = may_be_private if host in private_hosts else is_public
    for text in addresses:
        if not allowed(ipaddress.ip_address(text)):
            raise AddressRefused(
                "address_private", f"{host!r} is not an address of the public internet."
            )
    if not addresses:
        raise AddressRefused("host_unknown", f"There is no host {host!r}.")
    return addresses
