"""What must hold whenever nothing is in motion; `audit` names each breach.

Checked from the outside: the tables and the provider's own records, not what the code under test
says about itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from argosy.modules import inventory, ledger
from argosy.runtime.subscriptions import deliver, register, retry_parked
from argosy.workflows import money_moves, recovery
from argosy.workflows.app import App
from argosy.workflows.reactions import subscriptions

ORDERS = """
with paid as (
  select order_id,
         count(*) filter (where authorised_minor > 0 and not orphaned) as charged,
         coalesce(sum(authorised_minor) filter (where not orphaned), 0) as authorised,
         coalesce(sum(captured_minor) filter (where not orphaned), 0) as captured,
         coalesce(sum(refunded_minor) filter (where not orphaned), 0) as refunded,
         coalesce(sum(voided_minor) filter (where not orphaned), 0) as voided,
         sum(captured_minor - refunded_minor) as kept,
         sum(authorised_minor - voided_minor - refunded_minor) as live,
         coalesce(sum(authorised_minor - voided_minor - refunded_minor)
                  filter (where orphaned), 0) as orphaned_live
    from payments.payment group by order_id
), booked as (
  select t.order_id, count(distinct t.id) filter (where t.kind = 'placed') as placed,
         sum(e.amount_minor) filter (where e.account like 'psp_clearing:%') as cleared
    from ledger.transaction t join ledger.entry e on e.transaction_id = t.id group by t.order_id
)
select o.id, o.stage, o.waiting_for, o.total_minor, o.hold_status,
       o.confirmed_at is not null as sold, o.authorised_minor, o.captured_minor,
       o.refunded_minor, o.voided_minor,
       coalesce(p.charged, 0) as charged, coalesce(p.authorised, 0) as p_authorised,
       coalesce(p.captured, 0) as p_captured, coalesce(p.refunded, 0) as p_refunded,
       coalesce(p.voided, 0) as p_voided, coalesce(p.kept, 0) as kept,
       coalesce(p.live, 0) as live, coalesce(p.orphaned_live, 0) as orphaned_live,
       coalesce(b.placed, 0) as booked, coalesce(b.cleared, 0) as cleared,
       c.state as cart, r.state as hold, r.expires_at,
       (select count(*) from orders.timeline t where t.order_id = o.id and t.kind = 'confirmed')
         as confirmed,
       (select coalesce(sum(q), 0) from unnest(r.quantities) q) as held_units,
       (select coalesce(sum(l.quantity), 0) from orders.line l
         where l.order_id = o.id and l.tracks_inventory) as units
  from orders."order" o
  left join paid p on p.order_id = o.id
  left join booked b on b.order_id = o.id
  left join cart.cart c on c.id = o.id
  left join inventory.reservation r on r.order_id = o.id
"""

STOCK = """
select l.variant_id, l.reserved + l.allocated as promised, coalesce(h.units, 0) as held
  from inventory.level l
  left join (select u.variant_id, u.location_id, sum(u.quantity - u.fulfilled) as units
               from inventory.reservation r,
                    unnest(r.variant_ids, r.location_ids, r.quantities, r.fulfilled)
                      as u (variant_id, location_id, quantity, fulfilled)
              where r.state in ('held', 'allocated') group by 1, 2) h
    on h.variant_id = l.variant_id and h.location_id = l.location_id
 where l.reserved + l.allocated <> coalesce(h.units, 0)
"""

STRAY = """
select 'a hold without an order' as what, r.order_id::text as id
  from inventory.reservation r left join orders."order" o on o.id = r.order_id
 where r.state in ('held', 'allocated') and o.id is null
union all
select 'a payment without an order', p.id::text
  from payments.payment p left join orders."order" o on o.id = p.order_id where o.id is null
union all
select 'an undecided money move', id::text from payments.operation
 where state in ('pending', 'unknown', 'requires_action')
union all
select 'a cart that nobody can use', c.id::text
  from cart.cart c left join orders."order" o on o.id = c.id
 where c.state in ('placing', 'awaiting_action') and (o.waiting_for is null)
    or c.state = 'placed' and o.id is null
union all
select 'an event told twice', subject || ' ' || type from runtime.outbox
 where type = 'argosy.orders.order_placed.v1' group by subject, type having count(*) > 1
union all
select 'a gap in the history of', subject from runtime.outbox
 group by subject having count(*) <> max(seq) or count(distinct seq) <> count(*)
union all
select 'a parked event', event_id::text from runtime.parked
"""


async def audit(app: App, *, provider: bool = True) -> list[str]:
    """Every breach, as words; empty when all is whole. `provider`: compare the sandbox's balance,
    for which that sandbox must be this database's own.
    """
    found: list[str] = []
    async with app.db.reading() as tx:
        found += [f"books: {one}" for one in await ledger.verify(tx)]
        balances = await ledger.trial_balance(tx)
        if sum(one.balance.minor for one in balances):
            found.append("books: debits are not credits")
        found += [f"stock: {one}" for one in await inventory.verify(tx)]
    if provider:
        found += [f"balance: {one}" for one in await money_moves.compare_balances(app, "sandbox")]
    rows = await app.db.pool.fetch(ORDERS)
    now = app.db.clock()
    for row in rows:
        found += [f"order {row['id']}: {word}" for word in breaches(row, now)]
    for row in await app.db.pool.fetch(STOCK):
        found.append(f"stock: promised {row['promised']}, held by orders {row['held']}")
    found += [f"{row['what']} {row['id']}" for row in await app.db.pool.fetch(STRAY)]
    return found


def breaches(row: Any, now: Any) -> list[str]:
    """What is wrong with one order."""
    words = _of_sold(row) if row["sold"] else _of_unsold(row)
    wrong = {
        f"still waits for {row['waiting_for']}": row["waiting_for"],
        "cancelled, yet money is charged": row["stage"] == "cancelled" and row["live"],
        "late money was not given back": row["orphaned_live"],
        f"clearing {row['cleared']}, payments {row['kept']}": row["cleared"] != row["kept"],
    }
    return words + [word for word, is_so in wrong.items() if is_so] + _hold_breaches(row, now)


def _of_sold(row: Any) -> list[str]:
    once = 1 if row["total_minor"] else 0
    wrong = {
        f"confirmed with {row['charged']} charges": row["charged"] != once,
        f"authorised {row['p_authorised']} for {row['total_minor']}": (
            row["p_authorised"] != row["total_minor"]
        ),
        f"booked {row['booked']} times as sold": row["booked"] != once,
        f"confirmed {row['confirmed']} times": row["confirmed"] != 1,
        f"confirmed while its cart is {row['cart']}": row["cart"] != "placed",
    }
    for name in ("authorised", "captured", "refunded", "voided"):
        ours, theirs = row[f"{name}_minor"], row[f"p_{name}"]
        wrong[f"{name} {ours}, by its payments {theirs}"] = ours != theirs
    return [word for word, is_so in wrong.items() if is_so]


def _of_unsold(row: Any) -> list[str]:
    failed = row["stage"] == "payment_failed"
    wrong = {
        f"{row['stage']}, yet {row['live']} is charged": row["live"],
        f"{row['stage']}, yet booked as sold": row["booked"],
        f"failed while its cart is {row['cart']}": (
            failed and row["cart"] not in {"open", "expired", "placed"}
        ),
    }
    return [word for word, is_so in wrong.items() if is_so]


def _hold_breaches(row: Any, now: Any) -> list[str]:
    held = row["hold"] in {"held", "allocated"}
    promised = row["stage"] == "confirmed" and row["units"] and row["hold_status"] == "clear"
    whole = row["hold"] in {"allocated", "fulfilled"} and row["held_units"] == row["units"]
    if promised and not whole:
        return [f"confirmed with {row['hold']} stock of {row['held_units']}/{row['units']}"]
    if row["stage"] in {"payment_failed", "cancelled"} and held:
        return [f"{row['stage']}, yet its stock is {row['hold']}"]
    if row["hold"] == "held" and row["expires_at"] < now - timedelta(seconds=1):
        return ["its hold outlived its time"]
    return []


async def work_off(app: App) -> None:
    """What the worker does, until it finds nothing to do."""
    reactions = subscriptions(app)
    await register(app.db, reactions)
    for _ in range(50):
        done = await recovery.sweep(app) + await money_moves.sweep(app)
        done += await inventory.expire_due(app.db, app.db.clock())
        done += await inventory.settle_hot(app.db)
        for one in reactions:
            done += await deliver(app.db, one) + await retry_parked(app.db, one)
        if not done:
            return
    raise AssertionError("the worker never comes to rest")


async def time_passes(app: App, clock: Any, *, lease_rounds: int = 5) -> None:
    """Leases run out one after the other, workers run; then an hour without anybody."""
    for _ in range(lease_rounds):
        clock.advance(seconds=app.settings.placing_lease_s + 31)
        await work_off(app)
    clock.advance(minutes=61)
    await work_off(app)
