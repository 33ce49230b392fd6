-- name: paid_licences :many
-- Lines of these orders that are delivered as keys, and whose money is there as their pool wants it.
-- The orders are held: one that is cancelled or paid back meanwhile waits, and finds what it ends.
select l.id as line_id, l.order_id, l.variant_id, l.quantity as units, p.asks_consent
  from orders."order" o
  join orders.line l on l.order_id = o.id
  join licences.pool p on p.variant_id = l.variant_id
 where o.id = any ($1::uuid[]) and o.confirmed_at is not null and o.cancelled_at is null
   and (o.captured_minor >= o.total_minor
        or (p.deliver_when = 'authorised' and o.authorised_minor - o.voided_minor >= o.total_minor))
   and (o.refunded_minor < o.captured_minor or o.captured_minor = 0)
 order by o.id, l.id
   for share of o;

-- name: ended_orders :many
-- Those of the orders that were cancelled, or whose money all went back or never came.
select id from orders."order"
 where id = any ($1::uuid[])
   and (cancelled_at is not null or payment_status in ('refunded', 'voided'));
