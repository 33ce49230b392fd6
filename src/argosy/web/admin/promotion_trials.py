"""Promotions tried from the back office: on past orders, against each other, on one cart."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.modules import channels, promotions
from argosy.web.admin.access import may
from argosy.web.admin.editing import faults_of
from argosy.web.admin.places import N_
from argosy.web.admin.promotions import ONE, PATH, crumbs
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.admin.told_codes import STEPS, said_by, verdict_said
from argosy.web.api.admin.promotion_trials import (
    OverlapView,
    SimulationView,
    ask_simulation,
    explained_cart,
    may_read_costs,
)
from argosy.web.api.admin.promotions import of_promotion
from argosy.web.auth import shop
from argosy.web.pages.forms import read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.web.quote_views import QuoteView
from argosy.workflows import promoting
from argosy.workflows import promotion_checks as checks

AnyRequest = Request[Any, Any, Any]

_FEWEST_DAYS, _USUAL_DAYS, _MOST_DAYS = 1, 30, 366
_SUMS = (
    ("charged_minor", N_("Charged")),
    ("without_minor", N_("By today's promotions")),
    ("with_minor", N_("And with this one")),
    ("given_minor", N_("It gives away")),
    ("margin_without_minor", N_("Margin without it")),
    ("margin_with_minor", N_("Margin with it")),
)
_COUNTS = (
    ("orders", N_("Orders")),
    ("applied", N_("Orders that get it")),
    ("winners", N_("Cheaper")),
    ("losers", N_("Dearer")),
    ("costed", N_("Orders with known costs")),
)


@post(f"{ONE}/simulate", include_in_schema=False, guards=[own_pages_only, may("promotions:write")])
async def simulate(request: AnyRequest, promotion_id: str) -> Response[bytes]:
    """Replay the orders of the last days; the result comes on a page of its own."""
    found, form = of_promotion(promotion_id), await read_form(request)
    days = whole_number(form["days"], least=_FEWEST_DAYS, most=_MOST_DAYS) or _USUAL_DAYS
    async with shop(request).db.transaction() as tx:
        asked = await ask_simulation(tx, request, found, days)
    path = f"{PATH}/simulations/{encode('simulation', asked.id)}"
    return lead_to(request, path, Notice(say(request, N_("The replay has begun."))))


@get(
    f"{PATH}/simulations/{{simulation_id:str}}",
    include_in_schema=False,
    guards=[may("promotions:read")],
)
async def show_simulation(request: AnyRequest, simulation_id: str) -> Response[bytes]:
    """What became of past orders with a promotion. Two statements."""
    found = decode("simulation", simulation_id, field="simulation_id")
    async with shop(request).db.reading() as tx:
        done = await promotions.simulation_by_id(tx, found)
        one = await promotions.promotion_by_id(tx, done.promotion_id)
    told = SimulationView.of(done, with_cost=may_read_costs(request)).result or {}
    values = {
        "state": done.state,
        "days": done.days,
        "version": done.version,
        "here_path": f"{PATH}/simulations/{simulation_id}",
        "currencies": [
            {
                "currency": currency,
                "counts": [
                    (label, sums[name]) for name, label in _COUNTS if sums.get(name) is not None
                ],
                "sums": [
                    (label, Money(sums[name], currency))
                    for name, label in _SUMS
                    if sums.get(name) is not None
                ],
                "moves": [
                    (each["order_id"], Money(each["saves_minor"], currency))
                    for name in ("top_winners", "top_losers")
                    for each in sums.get(name, ())
                ],
            }
            for currency, sums in told.get("currencies", {}).items()
        ],
    }
    title = say(request, N_("Simulation"))
    return admin_page(
        request, "admin/promotion_simulation.html", values, title=title, crumbs=crumbs(request, one)
    )


@get(f"{ONE}/overlap", include_in_schema=False, guards=[may("promotions:read")])
async def show_overlap(request: AnyRequest, promotion_id: str) -> Response[bytes]:
    """The cart on which it and what is live give the most away. Some hundred quotes."""
    found, app = of_promotion(promotion_id), shop(request)
    channel_id = decode("channel", request.query_params.get("channel", ""), field="channel")
    async with app.db.reading() as tx:
        one = await promotions.promotion_by_id(tx, found)
        channel = await channels.channel_by_id(tx, channel_id)
    wish = promoting.wish_of(one)
    worst = await checks.overlap(app, wish, channel_id=channel.id, own_id=found)
    told = None
    names: dict[str, str] = {}
    if worst is not None:
        told = OverlapView.of(worst, channel.currency, with_cost=may_read_costs(request))
        async with app.db.reading() as tx:
            live = await promotions.live_promotions(tx, channel.id)
        names = {encode("promotion", each.promotion.id): each.promotion.name for each in live}
        names[encode("promotion", found)] = one.name
    values = {
        "overlap": told,
        "channel": channel.name,
        "promotions": []
        if told is None
        else [(one_id, names.get(one_id, one_id)) for one_id in told.promotion_ids],
        "list_path": PATH,
    }
    title = say(request, N_("Worst overlap"))
    return admin_page(
        request, "admin/promotion_overlap.html", values, title=title, crumbs=crumbs(request, one)
    )


@get(f"{PATH}/explain", include_in_schema=False, guards=[may("orders:read")])
async def explain(request: AnyRequest) -> Response[bytes]:
    """What a cart costs now, and what became of every promotion in it."""
    asked = request.query_params.get("cart", "").strip()[:60]
    told: QuoteView | None = None
    refusal: ArgosyError | None = None
    if asked:
        try:
            told = await explained_cart(request, decode("cart", asked, field="cart"))
        except ArgosyError as error:
            refusal = error
    values = {
        "cart": asked,
        "quote": told,
        "verdicts": [
            verdict_said(request, one, told.currency)
            for one in (told.explanation.promotions if told and told.explanation else ())
            if told is not None
        ],
        "step_said": said_by(request, STEPS),
        "steps": told.explanation.steps if told and told.explanation else [],
        "faults": faults_of(refusal, ["cart"], {"cart_id": "cart"}),
        "path": f"{PATH}/explain",
        "list_path": PATH,
    }
    return admin_page(
        request,
        "admin/promotion_explain.html",
        values,
        title=say(request, N_("Explain a cart")),
        crumbs=[Crumb(say(request, N_("Promotions")), PATH)],
        refusal=refusal,
    )


ROUTES: list[HTTPRouteHandler] = [simulate, show_simulation, show_overlap, explain]
