"""The rule builder's pages: a new promotion, and one that is changed, checked as it is saved."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.modules import channels, promotions
from argosy.modules.promotions import Limits, Promotion, PromotionInvalid, SetPromotion
from argosy.modules.quote import Problem
from argosy.web.admin.access import may
from argosy.web.admin.editing import CHOOSE, OPENED, Clash, Faults, clash_of, faults_of
from argosy.web.admin.places import N_
from argosy.web.admin.promotions import ONE, PATH, crumbs, promotion_path
from argosy.web.admin.rule_builder import (
    MOST_FIELDS,
    Document,
    act_on,
    faults_at,
    money_read,
    money_text,
    nodes_of,
    read_document,
)
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.api.admin.promotions import check_channels, note_promotion, of_promotion
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import promoting

AnyRequest = Request[Any, Any, Any]

_BEGIN: Document = {"phase": "order", "action": {"type": "percent"}}
_PLAIN = ("name", "uses", "uses_per_customer", "budget", "document")
_LABELS = {
    "name": N_("Name"),
    "document": N_("Rule"),
    "channels": N_("Channels"),
    "needs_coupon": N_("Needs a coupon"),
    "limits": N_("Limits"),
}
_MOST = 10**9
_LONGEST_DOCUMENT = 200_000


@get(f"{PATH}/new", include_in_schema=False, guards=[may("promotions:write")])
async def ask_new(request: AnyRequest) -> Response[bytes]:
    """The rule builder, with a percentage off the order to begin with."""
    return await _builder(request, None, Form(), _BEGIN)


@post(f"{PATH}/new", include_in_schema=False, guards=[own_pages_only, may("promotions:write")])
async def make(request: AnyRequest) -> Response[bytes]:
    """Add or remove a part, check, or save the draft."""
    form = await read_form(request)
    document = _BEGIN
    try:
        document = _document(form)
        if form["act"] != "save":
            return await _worked(request, None, form, document)
        wish = _wish(form, document)
        async with shop(request).db.transaction() as tx:
            await check_channels(tx, wish)
            made, _ = await promoting.create(tx, wish, by=actor(request).name)
            await note_promotion(tx, request, "promotion.created", None, made)
    except ArgosyError as refusal:
        return await _builder(request, None, form, document, refusal=refusal)
    said = say(request, N_("The draft is saved. No shopper notices it before it is live."))
    return lead_to(request, promotion_path(made.id), Notice(said))


@get(f"{ONE}/edit", include_in_schema=False, guards=[may("promotions:write")])
async def ask_edit(request: AnyRequest, promotion_id: str) -> Response[bytes]:
    """The rule builder with a promotion as it is."""
    async with shop(request).db.reading() as tx:
        one = await promotions.promotion_by_id(tx, of_promotion(promotion_id))
    form = _form_of(one, as_text="text" if request.query_params.get("as") == "text" else "")
    return await _builder(request, one, form, one.document)


@post(f"{ONE}/edit", include_in_schema=False, guards=[own_pages_only, may("promotions:write")])
async def change(request: AnyRequest, promotion_id: str) -> Response[bytes]:
    """Add or remove a part, check, or save; what another saved meanwhile is shown first."""
    found, form = of_promotion(promotion_id), await read_form(request)
    async with shop(request).db.reading() as tx:
        one = await promotions.promotion_by_id(tx, found)
    document: Document = one.document
    version = whole_number(form["version"], least=1, most=2**62) or one.version
    try:
        document = _document(form)
        if form["act"] != "save":
            return await _worked(request, one, form, document)
        wish = _chosen(form, _wish(form, document), one)
        async with shop(request).db.transaction() as tx:
            await check_channels(tx, wish)
            before = await promotions.promotion_by_id(tx, found)
            made, _ = await promoting.update(
                tx, found, wish, expected_version=version, by=actor(request).name
            )
            await note_promotion(tx, request, "promotion.changed", before, made)
    except promotions.PromotionChanged as refusal:
        return await _clashed(request, found, form, document, refusal)
    except ArgosyError as refusal:
        return await _builder(request, one, form, document, refusal=refusal)
    return lead_to(request, promotion_path(found), Notice(say(request, N_("It is saved."))))


async def _worked(
    request: AnyRequest, one: Promotion | None, form: Form, document: Document
) -> Response[bytes]:
    """The builder again, after a button that saves nothing."""
    act = form["act"]
    if act in ("check", ""):
        own = promoting.UNSAVED if one is None else encode("promotion", one.id)
        async with shop(request).db.reading() as tx:
            checked = await promoting.judged(tx, _wish(form, document), own_id=own)
        return await _builder(request, one, form, document, problems=checked.problems, checked=True)
    if act in ("text", "builder"):
        form["as"] = "text" if act == "text" else ""
        return await _builder(request, one, form, document)
    return await _builder(request, one, form, act_on(document, act, form))


async def _clashed(
    request: AnyRequest,
    promotion_id: UUID,
    form: Form,
    document: Document,
    refusal: ArgosyError,
) -> Response[bytes]:
    """Theirs beside ours, by the promotion's parts; the rule is compared as a whole."""
    labels = {name: say(request, label) for name, label in _LABELS.items()}
    mine = Form(_facts_of(_wish(form, document)))
    mine.update({name: value for name, value in form.items() if name.startswith(OPENED)})
    async with shop(request).db.reading() as tx:
        now = await promotions.promotion_by_id(tx, promotion_id)
        theirs = _facts_of(promoting.wish_of(now))
        subject = encode("promotion", promotion_id)
        clash = await clash_of(tx, subject, labels, mine, theirs)
    merged = _wish_of_facts(clash.merged)
    shown = _form_of(msgspec.structs.replace(now, **_members_of(merged)), as_text=form["as"])
    shown.update({OPENED + name: value for name, value in theirs.items()})
    return await _builder(request, now, shown, merged.document, refusal=refusal, clash=clash)


async def _builder(
    request: AnyRequest,
    one: Promotion | None,
    form: Form,
    document: Document,
    *,
    refusal: ArgosyError | None = None,
    problems: Sequence[Problem] = (),
    checked: bool = False,
    clash: Clash | None = None,
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        places = await channels.list_channels(tx)
    nodes = nodes_of(document)
    if isinstance(refusal, PromotionInvalid):
        told = refusal.details.get("problems") or ()
        problems = [msgspec.convert(each, Problem) for each in told]  # type: ignore[attr-defined]
    fields = sum(1 for node in nodes for _ in node.all())
    placed = faults_at(nodes, problems)
    plain = faults_of(refusal, _PLAIN)
    opened = {} if one is None else _facts_of(promoting.wish_of(one))
    values = {
        "one": one,
        "form": form,
        "nodes": nodes,
        "faults": Faults({**placed.at, **plain.at}, ()),
        "problems": problems,
        "checked": checked and not problems,
        "as_text": form["as"] == "text" or fields > MOST_FIELDS,
        "too_long": fields > MOST_FIELDS,
        "text": form["document"] or _pretty(document),
        "places": [(encode("channel", place.id), place.name) for place in places],
        "in_channels": form.every("channel") or form["channels"].split(),
        "opened": {name: form.get(OPENED + name, value) for name, value in opened.items()},
        "version": one.version if one and (clash or not form["version"]) else form["version"],
        "path": f"{PATH}/new" if one is None else f"{promotion_path(one.id)}/edit",
        "back": PATH if one is None else promotion_path(one.id),
        "clash": clash,
    }
    way = [Crumb(say(request, N_("Promotions")), PATH)] if one is None else crumbs(request, one)
    title = N_("New promotion") if one is None else N_("Change the promotion")
    return admin_page(
        request,
        "admin/promotion_edit.html",
        values,
        title=say(request, title),
        crumbs=way,
        refusal=refusal,
    )


def _document(form: Form) -> Document:
    """The document of the form: from its fields, or from its text. Raises PromotionInvalid."""
    if "document" not in form:
        return read_document(form)
    try:
        return msgspec.json.decode(form["document"][:_LONGEST_DOCUMENT].encode(), type=Document)
    except (msgspec.DecodeError, RecursionError) as error:
        raise PromotionInvalid(
            f"This is no document: {str(error)[:200]}", field="document"
        ) from error


def _wish(form: Form, document: Document) -> SetPromotion:
    name = form["name"]
    if not 0 < len(name) <= 200:
        raise PromotionInvalid("A promotion has a name of up to 200 characters.", field="name")
    budget = money_read(form["budget"])
    if not isinstance(budget, dict) or not all(budget.values()):
        raise PromotionInvalid("Write amounts like 500.00 EUR; 500.00 USD.", field="budget")
    return SetPromotion(
        name=name,
        document=document,
        channels=tuple(decode("channel", one) for one in form.every("channel")),
        needs_coupon=form["needs_coupon"] == "yes",
        limits=Limits(
            uses=_limit(form, "uses"),
            uses_per_customer=_limit(form, "uses_per_customer"),
            budget=budget,
        ),
    )


def _limit(form: Form, name: str) -> int | None:
    if not form[name]:
        return None
    number = whole_number(form[name], least=1, most=_MOST)
    if number is None:
        raise PromotionInvalid("A whole number from 1 is needed, or nothing.", field=name)
    return number


def _form_of(one: Promotion, *, as_text: str) -> Form:
    limits = one.limits
    return Form(
        {
            "name": one.name,
            "channels": " ".join(encode("channel", channel) for channel in one.channels),
            "needs_coupon": "yes" if one.needs_coupon else "",
            "uses": "" if limits.uses is None else str(limits.uses),
            "uses_per_customer": (
                "" if limits.uses_per_customer is None else str(limits.uses_per_customer)
            ),
            "budget": money_text(limits.budget),
            "as": as_text,
        }
    )


def _facts_of(wish: SetPromotion) -> dict[str, str]:
    """The parts of a promotion that two people may change, each as text."""
    return {
        "name": wish.name,
        "document": msgspec.json.encode(wish.document, order="deterministic").decode(),
        "channels": " ".join(encode("channel", one) for one in wish.channels),
        "needs_coupon": "yes" if wish.needs_coupon else "no",
        "limits": msgspec.json.encode(wish.limits, order="deterministic").decode(),
    }


def _wish_of_facts(facts: dict[str, str] | Any) -> SetPromotion:
    return SetPromotion(
        name=facts["name"],
        document=msgspec.json.decode(facts["document"], type=Document),
        channels=tuple(decode("channel", one) for one in facts["channels"].split()),
        needs_coupon=facts["needs_coupon"] == "yes",
        limits=msgspec.json.decode(facts["limits"], type=Limits),
    )


def _chosen(form: Form, wish: SetPromotion, now: Promotion) -> SetPromotion:
    """The wish with what was chosen of theirs, as it is now."""
    mine, theirs = _facts_of(wish), _facts_of(promoting.wish_of(now))
    for name in _LABELS:
        if form[CHOOSE + name] == "theirs":
            mine[name] = theirs[name]
    return _wish_of_facts(mine)


def _members_of(wish: SetPromotion) -> dict[str, Any]:
    return {name: getattr(wish, name) for name in SetPromotion.__struct_fields__}


def _pretty(document: Document) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


ROUTES: list[HTTPRouteHandler] = [ask_new, make, ask_edit, change]
