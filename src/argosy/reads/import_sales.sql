-- name: import_sales :many
-- Orders of channels ($3) confirmed in [$1, $2), by id after $4, with what was given back of them.
select o.id, o.frozen_quote, o.total_minor, o.refunded_minor
  from orders."order" o
 where o.confirmed_at >= $1 and o.confirmed_at < $2 and o.cancelled_at is null
   and o.channel_id = any ($3::uuid[]) and ($4::uuid is null or o.id > $4)
   and o.frozen_quote is not null
 order by o.id
 limit $5
