"""A postal address as requests send it and answers show it."""

from typing import Annotated

import msgspec

from argosy.kernel.address import Address

Text = Annotated[str, msgspec.Meta(max_length=200)]


class AddressBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A postal address. Which fields are needed depends on the country: a problem of code
    `customers.address_invalid` lists what is missing or wrong. `phone` may be local to the country;
    it is kept with its country code.
    """

    country: Annotated[
        str, msgspec.Meta(min_length=2, max_length=2, description="ISO 3166-1 alpha-2, like US.")
    ]
    region: Annotated[str, msgspec.Meta(max_length=120, description="State, by name or code.")] = ""
    postal_code: Annotated[str, msgspec.Meta(max_length=20)] = ""
    city: Annotated[str, msgspec.Meta(max_length=120)] = ""
    line1: Text = ""
    line2: Text = ""
    name: Annotated[str, msgspec.Meta(max_length=120)] = ""
    company: Annotated[str, msgspec.Meta(max_length=120)] = ""
    phone: Annotated[str, msgspec.Meta(max_length=40)] = ""

    def address(self) -> Address:
        """As the kernel's word; still to be checked (`customers.check_address`)."""
        return Address(**msgspec.structs.asdict(self))

    @classmethod
    def of(cls, address: Address) -> "AddressBody":
        """As answers show it."""
        return cls(**msgspec.structs.asdict(address))
