-- What `audit` reads. It belongs to no island: it looks across all of them, from the outside.

-- name: orders :many
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
                  filter (where orphaned), 0) as orphaned_live,
         coalesce(sum(captured_minor - refunded_minor) filter (where exists (
                    select from payments.operation o where o.payment_id = p.id
                       and o.kind = 'refund' and o.state in ('declined', 'failed'))), 0) as refused
    from payments.payment p group by order_id
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
       coalesce(p.refused, 0) as refused,
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
  left join inventory.reservation r on r.order_id = o.id;

-- name: stock :many
select l.variant_id, l.reserved + l.allocated as promised, coalesce(h.units, 0) as held
  from inventory.level l
  left join (select u.variant_id, u.location_id, sum(u.quantity - u.fulfilled) as units
               from inventory.reservation r,
                    unnest(r.variant_ids, r.location_ids, r.quantities, r.fulfilled)
                      as u (variant_id, location_id, quantity, fulfilled)
              where r.state in ('held', 'allocated') group by 1, 2) h
    on h.variant_id = l.variant_id and h.location_id = l.location_id
 where l.reserved + l.allocated <> coalesce(h.units, 0);

-- name: stray :many
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
union all
select 'a use of a promotion that is ' || c.state || ' by an order that is '
       || coalesce(o.stage, 'not there'), c.order_id::text
  from promotions.claim c left join orders."order" o on o.id = c.order_id
 where c.state = 'held' and o.stage is distinct from 'pending_payment'
    or c.state = 'used' and o.stage is distinct from 'confirmed'
union all
select 'a limit of which ' || coalesce(a.taken, 0) || ' is taken, ' || coalesce(c.taken, 0)
       || ' by orders:', coalesce(a.subject, c.subject)::text
  from promotions.allowance a
  full join (select subject, person, currency, sum(amount) as taken from promotions.claim
              where state in ('held', 'used') group by subject, person, currency) c
    using (subject, person, currency)
 where coalesce(a.taken, 0) <> coalesce(c.taken, 0);

-- name: counts :one
select
  (select count(*) from orders."order") as "orders: one charge, or none and nothing held",
  (select count(*) from payments.payment) as "payments: equal to the provider's",
  (select count(*) from payments.operation) as "money moves: decided, booked once",
  (select count(*) from ledger.transaction) as "bookings: balanced",
  (select count(*) from inventory.reservation) as "holds: explained, none too old",
  (select count(*) from inventory.level) as "stock levels: equal to the journal",
  (select count(*) from promotions.claim) as "uses of promotions: by the orders that have them",
  (select count(*) from cart.cart) as "carts: usable, or placed with an order",
  (select count(*) from runtime.outbox) as "events: no gap, no double, none parked";
