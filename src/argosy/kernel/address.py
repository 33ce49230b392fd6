"""A postal address, the word that cart, orders, quote, shipping and customers share.

Only the shape lives here. Whether an address is deliverable (required fields, postcode pattern,
sub-regions, phone) is decided by `argosy.modules.customers.check_address`, which also returns
the normalised form; everything downstream of it may rely on that form.
"""

import msgspec


class Address(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a person or company can be reached by post.

    Text that is not given is the empty string, never None, so that two addresses are equal
    exactly when they read the same. Only `country` is needed to compute tax and shipping;
    `region` and `postal_code` make it exact.
    """

    country: str
    """ISO 3166-1 alpha-2, upper case."""
    region: str = ""
    """State, province or prefecture: the postal key where the country has a list (`CA`, `MI`)."""
    postal_code: str = ""
    city: str = ""
    line1: str = ""
    line2: str = ""
    name: str = ""
    """The recipient, in the order the person writes it."""
    company: str = ""
    phone: str = ""
    """E.164 (`+4930123456`) once checked."""
