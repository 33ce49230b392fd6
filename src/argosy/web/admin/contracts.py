"""Contracts: prices that customers were promised, as agreed or by formula."""

from collections.abc import Iterable
from typing import Any

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.email import EmailInvalid, checked_email
from argosy.kernel.errors import ArgosyError, Invalid
from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.modules import catalog, customers
from argosy.modules.contracts import ContractInvalid
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import all_channels, channel_options, currency_of, product_by_word
from argosy.web.admin.lists import Column
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Notice, lead_to, refusal_text, say
from argosy.web.admin.struct_forms import Codec, Document, Shaping
from argosy.web.admin.things import Row, Things, column, moment_column, pages_of, shaped
from argosy.web.api.admin import contracts as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/contracts"
_SHOWN = 50
_MOST_NAMES = 200
WORDS = {
    "code": (N_("Code"), N_("Small letters, digits, hyphens. It never changes.")),
    "name": (N_("Name"), ""),
    "channel_id": (N_("Channel"), N_("It never changes.")),
    "customer_ids": (N_("Customers"), N_("E-mail addresses, one a line.")),
    "reference": (N_("Your reference"), N_("As it is called in your own books.")),
    "priority": (N_("Priority"), N_("Of two contracts of a customer the higher one counts.")),
    "valid_from": (N_("From"), N_("By your clock.")),
    "valid_until": (N_("Until"), ""),
    "floor_margin_percent": (
        N_("Least margin over the cost, in percent"),
        N_("No formula goes below it. Empty: there is no floor."),
    ),
    "max_step_percent": (
        N_("A price moves within a day by at most, in percent"),
        N_("Empty: there is no limit."),
    ),
    "lines": (N_("What goods cost"), N_("The narrowest counts: a variant before its product.")),
    "lines[]": (N_("a clause"), ""),
    "kind": (N_("By"), ""),
    "kind:fixed": (N_("a fixed price"), ""),
    "kind:off_list": (N_("percent off the list price"), ""),
    "kind:over_cost": (N_("percent over the cost"), ""),
    "subject": (N_("Of"), N_("SKU of a variant, slug of a product; empty: all goods.")),
    "amount_minor": (N_("Price"), N_("Of a fixed price.")),
    "percent": (N_("Percent"), N_("Of a formula.")),
    "clause": (N_("Clause"), N_("As it is called in the paper.")),
}


async def _shaping(request: AnyRequest, row: Document) -> Shaping:
    people = {str(one) for one in row.get("customer_ids") or ()}
    goods = {str(one.get("subject") or "") for one in row.get("lines") or ()}
    async with shop(request).db.reading() as tx:
        known = await all_channels(tx)
        emails = await _emails(tx, people)
        names = await _goods(tx, goods)

    def show(ids: Iterable[str]) -> str:
        return "\n".join(emails.get(one, one) for one in ids)

    def lines(text: str) -> list[str]:
        return [one.strip() for one in text.replace(",", "\n").split("\n") if one.strip()]

    return shaped(
        request,
        words=WORDS,
        options={"channel_id": channel_options(known)},
        codecs={
            "customer_ids": Codec(show, lines),
            "lines.subject": Codec(lambda one: names.get(one, one), lambda text: text, "text"),
        },
        currency=currency_of(known, row.get("channel_id")),
    )


async def _emails(tx: Tx, ids: Iterable[str]) -> dict[str, str]:
    found = {}
    for one in sorted(ids)[:_MOST_NAMES]:
        if one.startswith("cus_"):
            try:
                customer = await customers.customer_by_id(tx, decode("customer", one))
            except ArgosyError:
                continue
            found[one] = customer.email or one
    return found


async def _goods(tx: Tx, ids: Iterable[str]) -> dict[str, str]:
    """Variants by SKU, products by slug. Two statements."""
    wanted: dict[str, list[Any]] = {"variant": [], "product": []}
    for one in ids:
        kind = {"var": "variant", "prd": "product"}.get(one.partition("_")[0])
        try:
            if kind is not None:
                wanted[kind].append(decode(kind, one))
        except ArgosyError:
            continue
    variants = await catalog.variants_by_ids(tx, wanted["variant"]) if wanted["variant"] else ()
    products = await catalog.products_by_ids(tx, wanted["product"]) if wanted["product"] else ()
    found = {encode("variant", one.id): one.sku for one in variants}
    return found | {encode("product", one.row.id): one.row.slug for one in products}


async def _prepare(request: AnyRequest, typed: Row) -> Row:
    """The body with ids in the place of addresses and names. Raises Invalid at what is none."""
    lines = []
    async with shop(request).db.reading() as tx:
        people = [await _customer(request, tx, one) for one in typed.get("customer_ids") or ()]
        for n, line in enumerate(typed.get("lines") or ()):
            word = line.get("subject") or ""
            lines.append(line | {"subject": await _subject(request, tx, word, n)})
    return typed | {"customer_ids": people, "lines": lines}


async def _customer(request: AnyRequest, tx: Tx, word: str) -> str:
    if word.startswith("cus_"):
        return word
    said = say(request, N_("Nobody has the address %(address)s."), address=word[:254])
    try:
        found = await customers.customer_by_email(tx, checked_email(word).normalised)
    except EmailInvalid as error:
        raise Invalid(said, field="customer_ids") from error
    if found is None:
        raise ContractInvalid(said, field="customer_ids")
    return encode("customer", found.id)


async def _subject(request: AnyRequest, tx: Tx, word: str, n: int) -> str | None:
    if not word or word.startswith(("var_", "prd_")):
        return word or None
    variant = await catalog.find_variant_by_sku(tx, word)
    if variant is not None:
        return encode("variant", variant.id)
    try:
        return encode("product", await product_by_word(tx, word))
    except ArgosyError as error:
        said = say(request, N_("Nothing has the SKU or slug %(word)s."), word=word[:100])
        raise ContractInvalid(said, field=f"lines[{n}].subject") from error


async def _more(
    request: AnyRequest, row: Row | None, _document: Document, _form: Form
) -> dict[str, Any]:
    """What the contract makes of each variant, a page of it."""
    if row is None:
        return {"prices": None, "next_url": ""}
    cursor = request.query_params.get("cursor")
    found = await ask(
        request, api.list_contract_prices, contract_id=row["id"], limit=_SHOWN, cursor=cursor
    )
    async with shop(request).db.reading() as tx:
        currency = currency_of(await all_channels(tx), row["channel_id"])
        names = await _goods(tx, {one["variant_id"] for one in found["items"]})
    cuts = {
        "floor": N_("kept up by the least margin"),
        "step": N_("held back by the most that a day may bring"),
        "no_list_price": N_("there is no list price"),
        "cost_unknown": N_("the cost is not known"),
    }
    following = found.get("next_cursor")
    return {
        "ended": row["state"] == "ended",
        "removes": row["state"] != "ended",
        "refreshed": row["refreshed_at"],
        "prices": [
            (
                names.get(one["variant_id"], one["variant_id"]),
                None if one["amount_minor"] is None else Money(one["amount_minor"], currency),
                one["line"] + 1,
                [say(request, cuts[cut]) for cut in one["cuts"]],
            )
            for one in found["items"]
        ],
        "next_url": f"{PATH}/{row['id']}?cursor={following}" if following else "",
    }


@post(
    f"{PATH}/{{thing_id:str}}/refresh",
    include_in_schema=False,
    guards=[own_pages_only, may("prices:write")],
)
async def refresh(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """Have the prices worked out now."""
    await read_form(request)
    path = f"{PATH}/{thing_id}"
    try:
        await ask(request, api.refresh_contract, contract_id=thing_id)
    except ArgosyError as refusal:
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    said = say(request, N_("Its prices are worked out within seconds."))
    return lead_to(request, path, Notice(said, "info"))


def _columns(request: AnyRequest) -> list[Column]:
    return [
        column(request, "name", N_("Name")),
        column(request, "code", N_("Code"), "code"),
        Column(
            "customers",
            say(request, N_("Customers")),
            lambda row: len(row["customer_ids"]),
            "number",
        ),
        column(request, "state", N_("State"), "badge"),
        moment_column(request, "valid_until", N_("Until"), narrow=False),
    ]


CONTRACTS = Things(
    path=PATH,
    title=N_("Contracts"),
    new=N_("New contract"),
    area="prices",
    rows=api.list_contracts,
    one=api.get_contract,
    make=api.create_contract,
    change=api.replace_contract,
    remove=api.end_contract,
    param="contract_id",
    columns=_columns,
    shaping=_shaping,
    prepare=_prepare,
    more=_more,
    template="admin/contract.html",
    empty=(
        N_("No contracts yet"),
        N_("A contract keeps the prices that a customer was promised: fixed, or by formula."),
    ),
    removal=(
        N_("Its customers pay what others do, at once."),
        N_("It does not come back; it stays in the list as ended."),
    ),
    cards=(
        (N_("Who and when"), ("code", "name", "channel_id", "customer_ids", "reference", "priority",
                              "valid_from", "valid_until")),
        (N_("What goods cost"), ("lines",)),
        (N_("Guard rails"), ("floor_margin_percent", "max_step_percent")),
    ),
    made_says=N_("The contract is made. Its prices are worked out within seconds."),
)  # fmt: skip
ENTRIES = (
    Entry(
        N_("Contracts"), PATH, N_("Prices and taxes"), "prices:read", icon="prices",
        words="b2b agreements business customers", position=30,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [*pages_of(CONTRACTS), refresh]
