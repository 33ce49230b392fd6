"""Promotions tried before they hold, and what became of them in a cart that is asked about."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import channels, promotions, staff
from argosy.runtime.db import Tx
from argosy.web.api.admin.promotion_forms import Id, PromotionBody, PromotionProblem
from argosy.web.api.admin.promotions import of_promotion
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.idempotent import KeyHeader, once
from argosy.web.quote_views import QuoteView
from argosy.workflows import explaining, promoting
from argosy.workflows import promotion_checks as checks
from argosy.workflows import promotion_trials as trials
from argosy.workflows.cart_desk import Seller
from argosy.workflows.promotion_checks import WorstOverlap

AnyRequest = Request[Any, Any, Any]


class PromotionCheckBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A promotion to judge without saving it: `promotion_id` if it would replace one, `channel_id`
    to search there for the worst combination with what is live.
    """

    promotion: Annotated[
        PromotionBody,
        msgspec.Meta(
            examples=[
                {
                    "name": "Ten percent off",
                    "document": {
                        "phase": "order",
                        "action": {"type": "percent", "percent": "10"},
                    },
                }
            ]
        ),
    ]
    promotion_id: Id | None = None
    channel_id: Id | None = None


class OverlapLine(msgspec.Struct, frozen=True, kw_only=True):
    """Goods of the cart that shows an overlap."""

    variant_id: str
    sku: str
    quantity: int
    unit_price: Money


class OverlapView(msgspec.Struct, frozen=True, kw_only=True):
    """The deepest discount on goods that was found, and the cart that shows it.

    `promotions` apply together there, in this order. Of `tried` carts; `complete` if these were all
    that the promotions suggest. `margin` is what the goods then leave over their costs, told to who
    may read costs; null if the cost of something is not known.
    """

    promotion_ids: list[str]
    list_total: Money
    discount: Money
    percent: int
    lines: list[OverlapLine]
    country: str
    coupons: bool
    tried: int
    complete: bool
    margin: Money | None = None

    @classmethod
    def of(cls, worst: WorstOverlap, currency: str, *, with_cost: bool) -> "OverlapView":
        """As answers show it."""
        found, margin = worst
        return cls(
            promotion_ids=list(found.promotions),
            list_total=Money(found.list_minor, currency),
            discount=Money(found.discount_minor, currency),
            percent=found.percent,
            lines=[
                OverlapLine(
                    variant_id=encode("variant", line.variant_id),
                    sku=line.sku,
                    quantity=line.quantity,
                    unit_price=Money(line.unit_minor, currency),
                )
                for line in found.lines
            ],
            country=found.country,
            coupons=bool(found.facts and found.facts.coupons),
            tried=found.tried,
            complete=found.complete,
            margin=Money(margin, currency) if with_cost and margin is not None else None,
        )


class PromotionCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a promotion (errors keep it from being saved), and the worst overlap."""

    problems: list[PromotionProblem]
    overlap: OverlapView | None


class AffectedCartView(msgspec.Struct, frozen=True, kw_only=True):
    """An open cart that has the promotion: its total, and what it would be without."""

    cart_id: str
    channel_id: str
    total: Money
    without: Money
    discount: Money


class AffectedCarts(msgspec.Struct, frozen=True, kw_only=True):
    """What stopping a live promotion would change: of the carts changed last (`looked_at`, at most
    200 of the past week), those that have it now.
    """

    looked_at: int
    items: list[AffectedCartView]
    next_cursor: str | None = None


class SimulationBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Over how many past days the placed orders are replayed."""

    days: Annotated[int, msgspec.Meta(ge=1, le=366, examples=[30])] = 30


class SimulationView(msgspec.Struct, frozen=True, kw_only=True):
    """A replay of past orders through a version of a promotion.

    `result`, once `state` is "done": orders, and by currency what they were charged, what they
    would cost by today's live promotions without and with this one, its discount, how many orders
    it is given to, how many become cheaper (winners) or dearer (losers), and the largest of them.
    Who may read costs is told what the `costed` orders, those whose costs are known, leave over
    them.
    """

    id: str
    promotion_id: str
    version: int
    days: int
    state: str
    result: dict[str, Any] | None
    asked_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, one: promotions.Simulation, *, with_cost: bool = False) -> "SimulationView":
        """As answers show it."""
        return cls(
            **msgspec.structs.asdict(one)
            | {
                "result": one.result if with_cost else _without_margins(one.result),
                "id": encode("simulation", one.id),
                "promotion_id": encode("promotion", one.promotion_id),
            }
        )


@post(
    "/admin/v1/promotion-checks",
    status_code=200,
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("promotions:read")],
    problems=[channels.ChannelNotFound],
)
async def check_promotion(request: AnyRequest, data: PromotionCheckBody) -> PromotionCheck:
    """Say what is wrong with a promotion, by itself and beside the live ones, without saving it.

    With `channel_id`, search for the worst combination that it and the live promotions allow there:
    some hundred carts of a dozen goods, those it names first.
    """
    app, wish = shop(request), data.promotion.wish()
    own = None if data.promotion_id is None else of_promotion(data.promotion_id)
    async with app.db.reading() as tx:
        channel = None
        if data.channel_id is not None:
            channel_id = decode("channel", data.channel_id, field="channel_id")
            channel = await channels.channel_by_id(tx, channel_id)
        own_name = promoting.UNSAVED if own is None else encode("promotion", own)
        checked = await promoting.judged(tx, wish, own_id=own_name)
        checked = await checks.with_costs(tx, wish, checked)
    found = None
    if channel is not None and not checked.errors:
        found = await checks.overlap(app, wish, channel_id=channel.id, own_id=own)
    return PromotionCheck(
        problems=PromotionProblem.all_of(checked.problems),
        overlap=None
        if found is None or channel is None
        else OverlapView.of(found, channel.currency, with_cost=may_read_costs(request)),
    )


@get(
    "/admin/v1/promotions/{promotion_id:str}/affected-carts",
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("promotions:read")],
    problems=[promotions.PromotionNotFound],
)
async def list_affected_carts(request: AnyRequest, promotion_id: str) -> AffectedCarts:
    """What pausing a live promotion would change in the carts that are being filled now."""
    looked_at, found = await trials.affected_carts(shop(request), of_promotion(promotion_id))
    return AffectedCarts(
        looked_at=looked_at,
        items=[
            AffectedCartView(
                cart_id=encode("cart", one.cart_id),
                channel_id=encode("channel", one.channel_id),
                total=Money(one.total_minor, one.currency),
                without=Money(one.without_minor, one.currency),
                discount=Money(one.discount_minor, one.currency),
            )
            for one in found
        ],
    )


@post(
    "/admin/v1/promotions/{promotion_id:str}/simulations",
    status_code=202,
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("promotions:write")],
    problems=[promotions.PromotionNotFound],
    responses={202: ResponseSpec(SimulationView, description="It runs; ask for its result.")},
)
async def simulate_promotion(
    request: AnyRequest,
    promotion_id: str,
    data: SimulationBody,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Replay the orders of the last days through the promotion as it is saved, drafts included."""
    found = of_promotion(promotion_id)

    async def work(tx: Tx) -> promotions.Simulation:
        return await ask_simulation(tx, request, found, data.days)

    return await once(request, work, show=SimulationView.of, status=202)


@get(
    "/admin/v1/promotion-simulations/{simulation_id:str}",
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("promotions:read")],
    problems=[promotions.SimulationNotFound],
)
async def get_simulation(request: AnyRequest, simulation_id: str) -> SimulationView:
    """A simulation, with its result once it is done."""
    found = decode("simulation", simulation_id, field="simulation_id")
    async with shop(request).db.reading() as tx:
        done = await promotions.simulation_by_id(tx, found)
    return SimulationView.of(done, with_cost=may_read_costs(request))


@get(
    "/admin/v1/carts/{cart_id:str}/quote",
    tags=["Promotions"],
    security=ADMINISTRATION,
    guards=[requires("orders:read")],
    problems=[carts.CartNotFound],
)
async def explain_cart(request: AnyRequest, cart_id: str) -> QuoteView:
    """What a shopper's cart costs now and why: every step, and what became of every promotion,
    with those that shoppers are not told of.
    """
    return await explained_cart(request, decode("cart", cart_id, field="cart_id"))


async def ask_simulation(
    tx: Tx, request: AnyRequest, promotion_id: UUID, days: int
) -> promotions.Simulation:
    """Begin a simulation and audit it. Raises PromotionNotFound."""
    asked = await trials.ask_for_simulation(tx, promotion_id, days)
    subject = encode("promotion", promotion_id)
    await staff.audit(tx, actor(request), "promotion.simulated", subject, None, {"days": days})
    return asked


async def explained_cart(request: AnyRequest, cart_id: UUID) -> QuoteView:
    """A cart's quote with its whole explanation. Raises CartNotFound."""
    app = shop(request)
    async with app.db.reading() as tx:
        cart = await carts.find_cart(tx, cart_id)
        if cart is None:
            raise carts.CartNotFound("There is no such cart.", field="cart_id")
        channel = await channels.channel_by_id(tx, cart.channel_id)
    explained = await explaining.quote_of_cart(
        app, Seller(channel, cart.customer_id), cart_id, explain=True
    )
    return QuoteView.of(explained, explained.explanation)


def may_read_costs(request: AnyRequest) -> bool:
    """Whether this person may be told what goods cost the shop."""
    return staff.covers(actor(request).scopes, "costs:read")


def _without_margins(result: dict[str, Any] | None) -> dict[str, Any] | None:
    if result is None:
        return None
    told = {
        currency: {name: value for name, value in sums.items() if name not in _OF_COSTS}
        for currency, sums in result.get("currencies", {}).items()
    }
    return result | {"currencies": told}


_OF_COSTS = frozenset({"costed", "margin_without_minor", "margin_with_minor"})

ROUTES = [
    check_promotion,
    list_affected_carts,
    simulate_promotion,
    get_simulation,
    explain_cart,
]
