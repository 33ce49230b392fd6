"""Kept ways to pay on the pages of the shop: the choice at the checkout, the list of an account.

At the checkout a kept one is chosen as `gateway=sandbox:spm_…`; `save_way=sandbox` asks that the
card is kept which is typed now. Both are fields of the form, without any script.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import MalformedId, decode, encode
from argosy.modules import wallets
from argosy.modules.customers import Identity
from argosy.modules.wallets import MAX_METHODS, SavedMethod
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.storefront.checkout_form import instrument_of
from argosy.web.storefront.people import person_of, to_sign_in
from argosy.web.storefront.showing import lead_to, personal_page
from argosy.web.storefront.sites import Site, site_of
from argosy.web.storefront.visitors import visitor_of
from argosy.workflows.placement import PaymentChoice
from argosy.workflows.saved_ways import vault_named

PATH = "/account/payment-methods"
SAVE = "save_way"
_KIND = "saved_method"
_NAMES = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express"}


class KeptWay(NamedTuple):
    """A kept way to pay as pages show it. `name` is empty for a card of a brand without a name;
    `value` is the choice of it at the checkout.
    """

    id: str
    value: str
    name: str
    last4: str
    until: str
    expired: bool


class Offer(NamedTuple):
    """What a checkout offers somebody: kept ways that can be paid with, and gateways whose cards
    can be kept for them.
    """

    ways: Sequence[KeptWay] = ()
    keeping: frozenset[str] = frozenset()


async def offer_of(request: Request[Any, Any, Any], gateways: Sequence[str]) -> Offer:
    """Kept ways to pay at these gateways. One statement for who is signed in where cards are kept,
    none for all others.
    """
    app = shop(request)
    vaults = [name for name in gateways if vault_named(app, name) is not None]
    person = await person_of(request) if vaults else None
    if person is None:
        return Offer()
    kept = await _kept(request, person)
    good = [one for one in kept if not one.expired and one.value.partition(":")[0] in vaults]
    return Offer(good, frozenset(vaults if len(kept) < MAX_METHODS else ()))


async def _kept(request: Request[Any, Any, Any], person: Identity) -> list[KeptWay]:
    async with shop(request).db.reading() as tx:
        today = tx.now.date()
        found = await wallets.list_methods(tx, person.customer_id)
    return [_way(one, wallets.is_expired(one, today)) for one in found]


def _way(one: SavedMethod, expired: bool) -> KeptWay:
    public = encode(_KIND, one.id)
    until = f"{one.exp_month:02}/{one.exp_year % 100:02}"
    name = _NAMES.get(one.brand, "")
    return KeptWay(public, f"{one.gateway}:{public}", name, one.last4, until, expired)


def gateway_of(form: Form) -> tuple[str, UUID | None]:
    """The gateway that the form chooses, and which kept way to pay there, if it is one. What is
    none is the name of no gateway, and refused as such.
    """
    gateway, _, public = form["gateway"].partition(":")
    try:
        return gateway, decode(_KIND, public) if public else None
    except MalformedId:
        return form["gateway"], None


def choice_of(form: Form, return_url: str) -> PaymentChoice:
    """How the form says it shall be paid."""
    gateway, saved = gateway_of(form)
    return PaymentChoice(
        gateway=gateway,
        instrument={} if saved else instrument_of(form, gateway),
        return_url=return_url,
        saved=saved,
        save=saved is None and form[SAVE] == gateway,
    )


@get(PATH, include_in_schema=False)
async def show_saved_ways(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The cards that are kept, the default first."""
    site, person = await site_of(request), await person_of(request)
    if person is None:
        return to_sign_in(request, site)
    return await _page(request, site, person, None)


@post(PATH, include_in_schema=False, guards=[own_pages_only])
async def change_saved_ways(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Let one come first, or remove one."""
    site, person = await site_of(request), await person_of(request)
    if person is None:
        return to_sign_in(request, site)
    form = await read_form(request)
    try:
        async with shop(request).db.transaction() as tx:
            if form["remove"]:
                gone = decode(_KIND, form["remove"], field="remove")
                await wallets.remove_method(tx, person.customer_id, gone)
            else:
                chosen = decode(_KIND, form["default"], field="default")
                await wallets.prefer_method(tx, person.customer_id, chosen)
    except ArgosyError as refusal:
        return await _page(request, site, person, refusal)
    return lead_to(site.path(PATH))


async def _page(
    request: Request[Any, Any, Any], site: Site, person: Identity, refusal: ArgosyError | None
) -> Response[bytes]:
    return await personal_page(
        request,
        site,
        "storefront/account/payment_methods.html",
        {"ways": await _kept(request, person), "refusal": refusal},
        visitor=visitor_of(request, site),
        status=200 if refusal is None else refusal.http_status,
    )


ROUTES: list[HTTPRouteHandler] = [show_saved_ways, change_saved_ways]
