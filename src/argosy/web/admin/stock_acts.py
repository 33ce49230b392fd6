"""What people do to stock: adjust, count, take back, inspect, and say how a level sells."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError, Conflict, NotFound
from argosy.kernel.ids import encode, new_id
from argosy.kernel.wall_clock import check_year, instant_of
from argosy.modules import catalog, inventory
from argosy.modules.catalog import Variant
from argosy.modules.inventory import (
    MAX_QUANTITY,
    Count,
    Fact,
    FactItem,
    Level,
    Location,
    Movement,
    Selling,
)
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.editing import OPENED, Clash, chosen, clash_of, faults_of
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say, zone_of
from argosy.web.admin.stock import PATH, level_ids, stock_path
from argosy.web.api.admin.inventory import apply_fact, sell_so, selling_of
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

_LEVEL = f"{PATH}/{{variant_id:str}}/{{location_id:str}}"
_LONGEST_REASON = 200
_RULES = {
    "safety_stock": N_("Safety stock"),
    "backorder_limit": N_("Backorder limit"),
    "low_threshold": N_("Low from"),
}


class ActUnknown(NotFound):
    """There is no such act on stock. Follow the buttons of the variant's stock page."""

    code = "inventory.act_unknown"
    usual_cure = "Follow the buttons of the variant's stock page."


class StockMoved(Conflict):
    """The stock moved while the form was open, so that what was typed may not fit any more. Look at
    the number now, correct what you typed, and send it again.
    """

    code = "inventory.stock_moved"
    usual_cure = "Look at the number as it is now and send the form again."


class Act(NamedTuple):
    """A form about one level: what it is called, what its number means and may be."""

    title: str
    label: str
    says: str
    kind: Literal["adjustment", "count", "return", "disposition"]
    least: int
    done: str


ACTS = {
    "adjust": Act(
        N_("Adjust the stock"),
        N_("Units that came (or went: −)"),
        N_("The number on the shelf changes by what you type, and so does what can be sold."),
        "adjustment",
        -MAX_QUANTITY,
        N_("The stock is adjusted: %(number)s on the shelf now."),
    ),
    "count": Act(
        N_("Count the shelf"),
        N_("Units on the shelf"),
        N_(
            "Count everything on the shelf, quarantine included. What moved since you counted is"
            " kept on top."
        ),
        "count",
        0,
        N_("The count is recorded: %(number)s on the shelf now."),
    ),
    "return": Act(
        N_("Take goods back"),
        N_("Units that came back"),
        N_("They stand in quarantine, unsold, until somebody inspects them."),
        "return",
        1,
        N_("The return is recorded: %(number)s on the shelf now."),
    ),
    "inspect": Act(
        N_("Inspect the quarantine"),
        N_("Units inspected"),
        N_("Sound goods go on sale again; the others leave the shelf."),
        "disposition",
        1,
        N_("The inspection is recorded: %(number)s on the shelf now."),
    ),
}


@get(f"{_LEVEL}/{{act:str}}", include_in_schema=False, guards=[may("inventory:write")])
async def ask_act(
    request: AnyRequest, variant_id: str, location_id: str, act: str
) -> Response[bytes]:
    """The form of an act, beside the numbers as they are. Three statements."""
    keys = level_ids(variant_id, location_id)
    return await _act_page(request, keys, _known(act), Form(), None)


@post(
    f"{_LEVEL}/{{act:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("inventory:write")],
)
async def do_act(
    request: AnyRequest, variant_id: str, location_id: str, act: str
) -> Response[bytes]:
    """Record it, once however often the form is sent."""
    keys, name, form = level_ids(variant_id, location_id), _known(act), await read_form(request)
    try:
        fact = _fact(request, keys, name, form)
        async with shop(request).db.transaction() as tx:
            posted = (await apply_fact(tx, request, fact)).items[0]
        _check_applied(posted)
    except ArgosyError as refusal:
        return await _act_page(request, keys, name, form, refusal)
    said = say(request, ACTS[name].done, number=posted.on_hand)
    return lead_to(request, stock_path(keys[0]), Notice(said))


@get(f"{_LEVEL}/selling", include_in_schema=False, guards=[may("inventory:write")])
async def ask_selling(request: AnyRequest, variant_id: str, location_id: str) -> Response[bytes]:
    """How this level sells."""
    return await _selling_page(request, level_ids(variant_id, location_id), Form(), None, None)


@post(f"{_LEVEL}/selling", include_in_schema=False, guards=[own_pages_only, may("inventory:write")])
async def set_selling(request: AnyRequest, variant_id: str, location_id: str) -> Response[bytes]:
    """Change how this level sells; what another changed meanwhile is shown first."""
    keys, form = level_ids(variant_id, location_id), await read_form(request)
    form = chosen(form, list(_RULES))
    clash: Clash | None = None
    try:
        async with shop(request).db.transaction() as tx:
            level = _at(await inventory.levels_of(tx, keys[:1]), keys[1])
            theirs = _rules_of(selling_of(level))
            if any(form.get(OPENED + name, now) != now for name, now in theirs.items()):
                labels = {name: say(request, label) for name, label in _RULES.items()}
                subject = encode("variant", keys[0])
                clash = await clash_of(tx, subject, labels, form, theirs)
            else:
                wanted = Selling(
                    **{
                        name: whole(
                            form[name], name, -MAX_QUANTITY if name == "safety_stock" else 0
                        )
                        for name in _RULES
                    }
                )
                await sell_so(tx, request, *keys, wanted)
    except ArgosyError as refusal:
        return await _selling_page(request, keys, form, refusal, None)
    if clash is not None:
        return await _selling_page(request, keys, form, None, clash)
    said = say(request, N_("The rules hold from now on."))
    return lead_to(request, stock_path(keys[0]), Notice(said))


def whole(text: str, field: str, least: int) -> int:
    """A whole number of a form. Raises QuantityInvalid at the field."""
    plain = text.replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-").replace(" ", "")
    digits = plain.removeprefix("-").removeprefix("+")
    if digits.isascii() and digits.isdigit() and len(digits) <= 10:
        number = int(plain)
        if least <= number <= MAX_QUANTITY:
            return number
    raise inventory.QuantityInvalid(
        f"A whole number from {least} to {MAX_QUANTITY} is needed."
        if least > -MAX_QUANTITY
        else "A whole number is needed.",
        field=field,
        cure="Write digits only, with a minus in front if units went.",
    )


def form_key(form: Form) -> str:
    """The form's own key: sent twice, it does its work once."""
    key = form["key"]
    return key if 0 < len(key) <= 60 and key.isascii() and key.isprintable() else str(new_id())


def _known(act: str) -> str:
    if act not in ACTS:
        raise ActUnknown("There is no such act on stock.", field="act")
    return act


def _fact(request: AnyRequest, keys: tuple[UUID, UUID], name: str, form: Form) -> Fact:
    act, (variant, place), who = ACTS[name], keys, actor(request)
    number = whole(form["quantity"], "quantity", act.least)
    reason = form["reason"][:_LONGEST_REASON]
    if not reason:
        raise inventory.QuantityInvalid(
            "Stock changes for a reason.", field="reason", cure="Say why, for the journal."
        )
    seen = whole(form["seen"], "seen", -MAX_QUANTITY) if form["seen"] else None
    items: dict[str, Callable[[], Movement | Count]] = {
        "adjust": lambda: Movement(
            variant_id=variant, location_id=place, on_hand=number, expected=seen
        ),
        "count": lambda: Count(
            variant_id=variant,
            location_id=place,
            on_hand=number,
            as_of=_counted_at(request, form["counted_at"]),
            expected=None if form["counted_at"] else seen,
        ),
        "return": lambda: inventory.returned(variant, place, number),
        "inspect": lambda: inventory.disposed(
            variant, place, number, sellable=form["sound"] == "yes"
        ),
    }
    return Fact(
        key=f"{act.kind}:{form_key(form)}",
        kind=act.kind,
        reason=reason,
        actor=f"{who.kind}:{who.name}",
        items=(items[name](),),
    )


def _counted_at(request: AnyRequest, text: str) -> datetime | None:
    """What the person's clock showed, as an instant; None for now."""
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text[:19])
        check_year(local, "counted_at")
        return instant_of(local.replace(tzinfo=None), ZoneInfo(zone_of(request))).instant
    except (ValueError, OverflowError) as error:
        raise inventory.QuantityInvalid(
            "This is no date and time.", field="counted_at", cure="Leave it empty for now."
        ) from error


def _check_applied(posted: FactItem) -> None:
    if posted.outcome == "mismatch":
        raise StockMoved(
            f"The stock moved while you wrote: {posted.on_hand} are on the shelf now.",
            field="quantity",
        )
    if posted.outcome == "stale":
        raise StockMoved("A newer count is known already.", field="counted_at")


def _at(levels: list[Level], location_id: UUID) -> Level | None:
    return next((level for level in levels if level.location_id == location_id), None)


async def _goods(tx: Tx, keys: tuple[UUID, UUID]) -> tuple[Variant, Location, Level | None]:
    return (
        await catalog.variant_by_id(tx, keys[0]),
        await inventory.location_by_id(tx, keys[1]),
        _at(await inventory.levels_of(tx, keys[:1]), keys[1]),
    )


async def _act_page(
    request: AnyRequest,
    keys: tuple[UUID, UUID],
    name: str,
    form: Form,
    refusal: ArgosyError | None,
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        variant, location, level = await _goods(tx, keys)
    values = {
        "act": ACTS[name],
        "name": name,
        "variant": variant,
        "location": location,
        "level": level,
        "path": stock_path(*keys),
        "back": stock_path(keys[0]),
        "form": form,
        # What was refused stands under the old key; what is sent next is another fact.
        "key": str(new_id()),
        "faults": faults_of(refusal, ["quantity", "reason", "counted_at"]),
    }
    return admin_page(
        request,
        "admin/stock_act.html",
        values,
        title=say(request, ACTS[name].title),
        crumbs=_crumbs(request, variant),
        refusal=refusal,
    )


async def _selling_page(
    request: AnyRequest,
    keys: tuple[UUID, UUID],
    form: Form,
    refusal: ArgosyError | None,
    clash: Clash | None,
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        variant, location, level = await _goods(tx, keys)
    now = _rules_of(selling_of(level))
    shown = now if not form else {name: form[name] for name in _RULES}
    values = {
        "variant": variant,
        "location": location,
        "level": level,
        "path": f"{stock_path(*keys)}/selling",
        "back": stock_path(keys[0]),
        "shown": shown if clash is None else clash.merged,
        "opened": now
        if not form or clash is not None
        else {name: form.get(OPENED + name, now[name]) for name in _RULES},
        "clash": clash,
        "faults": faults_of(refusal, list(_RULES)),
    }
    return admin_page(
        request,
        "admin/stock_selling.html",
        values,
        title=say(request, N_("How it sells")),
        crumbs=_crumbs(request, variant),
        refusal=refusal,
        status=409 if clash is not None else None,
    )


def _rules_of(selling: Selling) -> dict[str, str]:
    return {name: str(getattr(selling, name)) for name in _RULES}


def _crumbs(request: AnyRequest, variant: Variant) -> list[Crumb]:
    return [
        Crumb(say(request, N_("Stock")), PATH),
        Crumb(variant.sku, stock_path(variant.id)),
    ]


ROUTES: list[HTTPRouteHandler] = [ask_act, do_act, ask_selling, set_selling]
