-- name: sales_by_day :many
-- $1 since, $2 zone, $3 until. Checkouts that began and orders that were confirmed, by the day they began on
-- the reader's clock.
select (opened_at at time zone $2)::date as day, currency,
       count(*) as begun,
       count(*) filter (where confirmed_at is not null and cancelled_at is null) as confirmed,
       coalesce(sum(total_minor) filter (where confirmed_at is not null and cancelled_at is null), 0)::bigint
         as total_minor
  from orders."order"
 where opened_at >= $1 and opened_at < $3
 group by 1, 2
 order by 1, 2

-- name: orders_waiting :one
-- Work that waits, each counted to $1 at most.
select (select count(*) from (
          select from orders."order"
           where confirmed_at is not null and cancelled_at is null and units_fulfilled < units_to_ship
           limit $1) waiting) as to_fulfil,
       (select count(*) from (
          select from orders."order" where holds <> '[]'::jsonb limit $1) held) as held,
       (select count(*) from (
          select from orders."order"
           where (confirmed_at is null or cancelled_at is not null) and stage = 'payment_failed'
             and opened_at >= $2
           limit $1) failed) as payment_failed

-- name: stock_waiting :one
-- Variants at locations with nothing, or little, left to sell: $1 at most, of both together. One pass
-- over the levels, as no index holds what is sellable.
select count(*) filter (where sellable <= 0) as sold_out, count(*) filter (where sellable > 0) as low
  from (select on_hand - reserved - allocated - quarantine - safety_stock as sellable
          from inventory.level
         where on_hand - reserved - allocated - quarantine - safety_stock <= greatest(low_threshold, 0)
         limit $1) waiting
