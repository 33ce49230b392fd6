"""To whom price lists are offered, how a channel chooses among prices, and why one applies."""

from functools import partial
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.email import EmailInvalid, checked_email
from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.modules import catalog, customers, pricing
from argosy.modules.pricing import AssignmentInvalid
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import (
    all_channels,
    channel_options,
    currency_of,
    price_list_options,
)
from argosy.web.admin.editing import faults_of
from argosy.web.admin.lists import Column, Filter
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.sheets import pages_of_sheet, sheet
from argosy.web.admin.showing import Crumb, admin_page, say, zone_of
from argosy.web.admin.struct_forms import Codec, Document, Shaping, local_text
from argosy.web.admin.struct_reading import instant_read
from argosy.web.admin.things import Row, Things, column, moment_column, pages_of, shaped
from argosy.web.api.admin import price_offers as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, whole_number

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/price-assignments"
POLICIES = "/admin/price-policies"
WHY = "/admin/prices/why"
_CHANNELS = "/admin/channels"
_MOST_LISTS = 1000

LEVELS = {
    "contract": N_("contract"),
    "customer": N_("customer"),
    "group": N_("group of customers"),
    "segment": N_("segment of customers"),
    "market": N_("country"),
    "channel": N_("channel"),
    "base": N_("the channel's own list"),
}
WORDS = {
    "price_list_id": (N_("Price list"), ""),
    "level": (N_("Offered to"), N_("How strong it is, too: see the policy of the channel.")),
    **{f"level:{name}": (said, "") for name, said in LEVELS.items()},
    "channel_id": (N_("Channel"), N_("None chosen: all channels of its currency.")),
    "subject": (
        N_("Who"),
        N_("The e-mail address of a customer, the code of a group, two letters of a country; "
           "nothing for a channel."),
    ),
    "reference": (N_("Your reference"), N_("A contract or clause, as in your own books.")),
    "priority": (N_("Priority"), N_("Of equal ones the higher one counts.")),
    "valid_from": (N_("From"), N_("By your clock.")),
    "valid_until": (N_("Until"), ""),
}  # fmt: skip
POLICY_WORDS = {
    "choice": (N_("Of several prices counts"), ""),
    "choice:precedence": (N_("that of the strongest level"), ""),
    "choice:lowest": (N_("the lowest"), ""),
    "levels": (
        N_("Strength of levels"),
        N_("One a line, the strongest first; each stands here once."),
    ),
    "gross_policy": (N_("Where taxes differ stays"), ""),
    "gross_policy:gross_fixed": (N_("the price with tax"), ""),
    "gross_policy:net_fixed": (N_("the price without tax"), ""),
    "was_price": (N_("Former prices are shown"), ""),
    "was_price:free": (N_("as they are entered"), ""),
    "was_price:omnibus": (N_("as the lowest of 30 days (EU)"), ""),
    "hold_minutes": (
        N_("Carts keep a price for (minutes)"),
        N_("Empty: carts go by the prices of the moment."),
    ),
    "tell_personal": (N_("Tell shoppers where a price is made for them"), ""),
}


async def _shaping(request: AnyRequest, row: Document) -> Shaping:
    zone = zone_of(request)
    moments = Codec(
        lambda value: local_text(str(value), zone), partial(instant_read, zone=zone), "moment"
    )
    async with shop(request).db.reading() as tx:
        known = await all_channels(tx)
        lists = await price_list_options(tx)
        emails = await _emails(tx, [str(row.get("subject") or "")])
    who = Codec(lambda one: emails.get(one, one), lambda text: text.strip(), "text")
    return shaped(
        request,
        words=WORDS,
        options={"channel_id": channel_options(known), "price_list_id": lists},
        codecs={"valid_from": moments, "valid_until": moments, "subject": who},
        picks={"subject": "customer/email"},
    )


async def _emails(tx: Tx, ids: list[str]) -> dict[str, str]:
    found = {}
    for one in {one for one in ids if one.startswith("cus_")}:
        try:
            customer = await customers.customer_by_id(tx, decode("customer", one))
        except ArgosyError:
            continue
        found[one] = customer.email or one
    return found


async def _prepare(request: AnyRequest, typed: Row) -> Row:
    """The body with the id of a customer in the place of the address."""
    word = str(typed.get("subject") or "")
    if typed.get("level") not in {"contract", "customer"} or "@" not in word:
        return typed
    async with shop(request).db.reading() as tx:
        return typed | {"subject": await customer_id(request, tx, word)}


async def customer_id(request: AnyRequest, tx: Tx, word: str) -> str:
    """The id of who has this e-mail address. Raises AssignmentInvalid at `subject`."""
    try:
        found = await customers.customer_by_email(tx, checked_email(word).normalised)
    except EmailInvalid:
        found = None
    if found is None:
        said = say(request, N_("Nobody has the address %(address)s."), address=word[:254])
        raise AssignmentInvalid(said, field="subject")
    return encode("customer", found.id)


async def _filters(request: AnyRequest) -> list[Filter]:
    async with shop(request).db.reading() as tx:
        known = channel_options(await all_channels(tx))
        lists = await price_list_options(tx)
    request.state.lists = dict(lists)
    return [
        Filter("price_list_id", say(request, N_("Price list")), tuple(lists)),
        Filter("channel_id", say(request, N_("Channel")), tuple(known)),
        Filter("subject", say(request, N_("Who")), kind="text", pick="customer/id"),
    ]


def _columns(request: AnyRequest) -> list[Column]:
    def level(row: Row) -> str:
        return say(request, LEVELS[row["level"]])

    return [
        Column(
            "price_list",
            say(request, N_("Price list")),
            lambda row: request.state.lists.get(row["price_list_id"], row["price_list_id"]),
        ),
        Column("level", say(request, N_("Offered to")), level),
        column(request, "subject", N_("Who"), "muted"),
        column(request, "priority", N_("Priority"), "number", narrow=False),
        moment_column(request, "valid_from", N_("From"), narrow=False),
        moment_column(request, "valid_until", N_("Until"), narrow=False),
        Column(
            "id",
            say(request, N_("End it")),
            lambda _row: say(request, N_("End…")),
            href=lambda row: f"{PATH}/{row['id']}/delete",
        ),
    ]


ASSIGNMENTS = Things(
    path=PATH,
    title=N_("Who is offered which prices"),
    new=N_("Offer a price list"),
    area="prices",
    rows=api.list_assignments,
    make=api.assign_price_list,
    remove=api.end_assignment,
    param="assignment_id",
    called=lambda row: str(row["id"]),
    columns=_columns,
    shaping=_shaping,
    prepare=_prepare,
    filters=_filters,
    empty=(
        N_("Every channel sells by its own price list"),
        N_("Offer another list to a customer, a group, a segment, a country or a channel."),
    ),
    removal=(
        N_("From now on it is offered no longer. Orders keep what they were placed with."),
        N_("What was offered stays known."),
    ),
    made_says=N_("The price list is offered."),
)


def _policy(request: AnyRequest, channel_id: str) -> Things:
    return sheet(
        request,
        channel_id,
        path=POLICIES,
        title=N_("The channel"),
        home=f"{_CHANNELS}/{channel_id}",
        called=say(request, N_("How prices are chosen")),
        area="prices",
        one=api.get_policy,
        change=api.set_policy,
        param="channel_id",
        shaping=_policy_shaping,
    )


async def _policy_shaping(request: AnyRequest, _row: Document) -> Shaping:
    said = {name: say(request, label) for name, label in LEVELS.items()}
    known = {label.casefold(): name for name, label in said.items()}

    def lines(text: str) -> list[str]:
        words = (line.strip() for line in text.split("\n"))
        return [known.get(word.casefold(), word) for word in words if word]

    levels = Codec(lambda value: "\n".join(said.get(one, str(one)) for one in value), lines)
    return shaped(request, words=POLICY_WORDS, codecs={"levels": levels})


@get(WHY, include_in_schema=False, guards=[may("prices:read")])
async def show_why(request: AnyRequest) -> Response[bytes]:
    """Which price of a variant applies in a channel to somebody, and why no other does."""
    query = Form({name: value.strip()[:254] for name, value in request.query_params.items()})
    async with shop(request).db.reading() as tx:
        known = await all_channels(tx)
        lists = await pricing.list_price_lists(tx, limit=_MOST_LISTS)
    found: Row | None = None
    refusal: ArgosyError | None = None
    if query["sku"]:
        try:
            found = await _why(request, query, query["channel"] or channel_options(known)[0][0])
        except ArgosyError as error:
            refusal = error
    currencies = {encode("price_list", one.id): one.currency for one in lists}
    currency = currency_of(known, query["channel"])

    def amount(minor: object, price_list: str = "") -> Money | None:
        if not isinstance(minor, int):
            return None
        return Money(minor, currencies.get(price_list, currency))

    values = {
        "query": query,
        "channels": channel_options(known),
        "faults": faults_of(refusal, ["sku", "customer", "quantity", "country"]),
        "why": found,
        "amount": amount,
        "levels": {name: say(request, label) for name, label in LEVELS.items()},
        "path": WHY,
    }
    return admin_page(
        request,
        "admin/price_why.html",
        values,
        title=say(request, N_("Why does it cost that?")),
        crumbs=[Crumb(say(request, N_("Prices")), "/admin/prices")],
        refusal=refusal,
    )


async def _why(request: AnyRequest, query: Form, channel: str) -> Row:
    async with shop(request).db.reading() as tx:
        variant = await catalog.find_variant_by_sku(tx, query["sku"])
        if variant is None:
            raise catalog.VariantNotFound("No variant has this SKU.", field="sku")
        buyer = query["customer"] or None
        if buyer is not None and "@" in buyer:
            try:
                buyer = await customer_id(request, tx, buyer)
            except AssignmentInvalid as error:
                raise AssignmentInvalid(error.message, field="customer") from error
    found: Row = await ask(
        request,
        api.explain_channel_price,
        channel_id=channel,
        variant_id=encode("variant", variant.id),
        quantity=whole_number(query["quantity"], least=1, most=10**9) or 1,
        customer_id=buyer,
        country=query["country"].upper() or None,
    )
    return found


ENTRIES = (
    Entry(
        N_("Who is offered which prices"), PATH, N_("Prices and taxes"), "prices:read",
        icon="customers", words="assignments price list group customer market b2b", position=20,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    *pages_of(ASSIGNMENTS),
    *pages_of_sheet(POLICIES, "prices", _policy),
    show_why,
]
