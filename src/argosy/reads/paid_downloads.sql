-- name: paid_downloads :many
-- Lines of these orders that are delivered as files, and whose money is there as their policy wants.
-- The orders are held: one that is cancelled or paid back meanwhile waits, and finds what it ends.
select l.id as line_id, l.order_id, l.variant_id, p.asks_consent,
       least(p.most_downloads::bigint * l.quantity, 1000000)::int as most_downloads, p.days
  from orders."order" o
  join orders.line l on l.order_id = o.id
  join downloads.policy p on p.variant_id = l.variant_id
 where o.id = any ($1::uuid[]) and o.confirmed_at is not null and o.cancelled_at is null
   and (o.captured_minor >= o.total_minor
        or (p.deliver_when = 'authorised' and o.authorised_minor - o.voided_minor >= o.total_minor))
   and (o.refunded_minor < o.captured_minor or o.captured_minor = 0)
 order by o.id, l.id
   for share of o;

-- name: lines_of_customer :many
-- Lines that somebody may download, or might once.
select e.line_id
  from orders."order" o
  join downloads.entitlement e on e.order_id = o.id
 where o.customer_id = $1;

-- name: bought_by_customer :many
-- What a customer bought as files in a channel, the newest first.
select o.id as order_id, o.number, e.line_id, l.title, l.variant_title, e.since
  from orders."order" o
  join downloads.entitlement e on e.order_id = o.id and e.ended_at is null
  join orders.line l on l.order_id = o.id and l.id = e.line_id
 where o.customer_id = $1 and o.channel_id = $2
 order by e.since desc, e.line_id desc limit $3;
