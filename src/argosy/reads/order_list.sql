-- name: orders_recent :many
-- Newest first. Each statement below is the same list through another index, so that a list of few
-- orders among a million reads only those. Where filters that no index serves are put on many orders,
-- $13 of them are looked through.
select o.id, o.number, o.channel_id, o.customer_id, o.email, o.currency, o.total_minor, o.units, o.stage,
       o.payment_status, o.fulfilment_status, o.return_status, o.hold_status, o.opened_at,
       o.confirmed_at, o.version
  from (select * from orders."order"
         where (opened_at, id) < ($1::timestamptz, $2::uuid)
           and ($9::timestamptz is null or opened_at >= $9)
         order by opened_at desc, id desc
         limit $13) o
 where ($4::uuid is null or o.channel_id = $4) and ($5::text is null or o.stage = $5)
   and ($6::text is null or o.payment_status = $6)
   and ($7::text is null or o.fulfilment_status = $7)
   and ($8::text is null or o.hold_status = $8)
   and ($10::text is null or o.number = $10) and ($11::uuid is null or o.customer_id = $11)
   and ($12::text is null or o.email_normalised = $12)
 order by o.opened_at desc, o.id desc
 limit $3

-- name: orders_recent_end :one?
-- $3: since; $4: how many are looked through.
select opened_at, id from orders."order"
 where (opened_at, id) < ($1::timestamptz, $2::uuid)
   and ($3::timestamptz is null or opened_at >= $3)
 order by opened_at desc, id desc
offset $4::bigint - 1 limit 1

-- name: orders_unusual :many
select o.id, o.number, o.channel_id, o.customer_id, o.email, o.currency, o.total_minor, o.units, o.stage,
       o.payment_status, o.fulfilment_status, o.return_status, o.hold_status, o.opened_at,
       o.confirmed_at, o.version
  from orders."order" o
 where (o.confirmed_at is null or o.cancelled_at is not null) and o.stage = $5::text
   and (o.opened_at, o.id) < ($1::timestamptz, $2::uuid)
   and ($4::uuid is null or o.channel_id = $4) and ($5::text is null or o.stage = $5)
   and ($6::text is null or o.payment_status = $6)
   and ($7::text is null or o.fulfilment_status = $7)
   and ($8::text is null or o.hold_status = $8)
   and ($9::timestamptz is null or o.opened_at >= $9)
   and ($10::text is null or o.number = $10) and ($11::uuid is null or o.customer_id = $11)
   and ($12::text is null or o.email_normalised = $12)
 order by o.opened_at desc, o.id desc
 limit $3

-- name: orders_held :many
select o.id, o.number, o.channel_id, o.customer_id, o.email, o.currency, o.total_minor, o.units, o.stage,
       o.payment_status, o.fulfilment_status, o.return_status, o.hold_status, o.opened_at,
       o.confirmed_at, o.version
  from orders."order" o
 where o.holds <> '[]'::jsonb
   and (o.opened_at, o.id) < ($1::timestamptz, $2::uuid)
   and ($4::uuid is null or o.channel_id = $4) and ($5::text is null or o.stage = $5)
   and ($6::text is null or o.payment_status = $6)
   and ($7::text is null or o.fulfilment_status = $7)
   and ($8::text is null or o.hold_status = $8)
   and ($9::timestamptz is null or o.opened_at >= $9)
   and ($10::text is null or o.number = $10) and ($11::uuid is null or o.customer_id = $11)
   and ($12::text is null or o.email_normalised = $12)
 order by o.opened_at desc, o.id desc
 limit $3

-- name: orders_to_fulfil :many
select o.id, o.number, o.channel_id, o.customer_id, o.email, o.currency, o.total_minor, o.units, o.stage,
       o.payment_status, o.fulfilment_status, o.return_status, o.hold_status, o.opened_at,
       o.confirmed_at, o.version
  from (select * from orders."order"
         where confirmed_at is not null and cancelled_at is null
           and units_fulfilled < units_to_ship and (opened_at, id) < ($1::timestamptz, $2::uuid)
           and ($9::timestamptz is null or opened_at >= $9)
         order by opened_at desc, id desc
         limit $13) o
 where ($4::uuid is null or o.channel_id = $4) and ($5::text is null or o.stage = $5)
   and ($6::text is null or o.payment_status = $6)
   and ($7::text is null or o.fulfilment_status = $7)
   and ($8::text is null or o.hold_status = $8)
   and ($10::text is null or o.number = $10) and ($11::uuid is null or o.customer_id = $11)
   and ($12::text is null or o.email_normalised = $12)
 order by o.opened_at desc, o.id desc
 limit $3

-- name: orders_to_fulfil_end :one?
-- $3: since; $4: how many are looked through.
select opened_at, id from orders."order"
 where confirmed_at is not null and cancelled_at is null
   and units_fulfilled < units_to_ship and (opened_at, id) < ($1::timestamptz, $2::uuid)
   and ($3::timestamptz is null or opened_at >= $3)
 order by opened_at desc, id desc
offset $4::bigint - 1 limit 1

-- name: orders_of_rare_payment :many
select o.id, o.number, o.channel_id, o.customer_id, o.email, o.currency, o.total_minor, o.units, o.stage,
       o.payment_status, o.fulfilment_status, o.return_status, o.hold_status, o.opened_at,
       o.confirmed_at, o.version
  from orders."order" o
 where o.payment_status in ('action_required', 'failed', 'not_required', 'partially_paid',
                            'partially_refunded', 'refunded', 'voided')
   and o.payment_status = $6::text
   and (o.opened_at, o.id) < ($1::timestamptz, $2::uuid)
   and ($4::uuid is null or o.channel_id = $4) and ($5::text is null or o.stage = $5)
   and ($6::text is null or o.payment_status = $6)
   and ($7::text is null or o.fulfilment_status = $7)
   and ($8::text is null or o.hold_status = $8)
   and ($9::timestamptz is null or o.opened_at >= $9)
   and ($10::text is null or o.number = $10) and ($11::uuid is null or o.customer_id = $11)
   and ($12::text is null or o.email_normalised = $12)
 order by o.opened_at desc, o.id desc
 limit $3

-- name: orders_of_rare_fulfilment :many
select o.id, o.number, o.channel_id, o.customer_id, o.email, o.currency, o.total_minor, o.units, o.stage,
       o.payment_status, o.fulfilment_status, o.return_status, o.hold_status, o.opened_at,
       o.confirmed_at, o.version
  from orders."order" o
 where o.fulfilment_status in ('not_required', 'partially_fulfilled')
   and o.fulfilment_status = $7::text
   and (o.opened_at, o.id) < ($1::timestamptz, $2::uuid)
   and ($4::uuid is null or o.channel_id = $4) and ($5::text is null or o.stage = $5)
   and ($6::text is null or o.payment_status = $6)
   and ($7::text is null or o.fulfilment_status = $7)
   and ($8::text is null or o.hold_status = $8)
   and ($9::timestamptz is null or o.opened_at >= $9)
   and ($10::text is null or o.number = $10) and ($11::uuid is null or o.customer_id = $11)
   and ($12::text is null or o.email_normalised = $12)
 order by o.opened_at desc, o.id desc
 limit $3

-- name: orders_of_customer :many
select o.id, o.number, o.channel_id, o.customer_id, o.email, o.currency, o.total_minor, o.units, o.stage,
       o.payment_status, o.fulfilment_status, o.return_status, o.hold_status, o.opened_at,
       o.confirmed_at, o.version
  from orders."order" o
 where o.customer_id = $11::uuid
   and (o.opened_at, o.id) < ($1::timestamptz, $2::uuid)
   and ($4::uuid is null or o.channel_id = $4) and ($5::text is null or o.stage = $5)
   and ($6::text is null or o.payment_status = $6)
   and ($7::text is null or o.fulfilment_status = $7)
   and ($8::text is null or o.hold_status = $8)
   and ($9::timestamptz is null or o.opened_at >= $9)
   and ($10::text is null or o.number = $10) and ($11::uuid is null or o.customer_id = $11)
   and ($12::text is null or o.email_normalised = $12)
 order by o.opened_at desc, o.id desc
 limit $3

-- name: orders_by_email :many
select o.id, o.number, o.channel_id, o.customer_id, o.email, o.currency, o.total_minor, o.units, o.stage,
       o.payment_status, o.fulfilment_status, o.return_status, o.hold_status, o.opened_at,
       o.confirmed_at, o.version
  from orders."order" o
 where o.email_normalised = $12::text
   and (o.opened_at, o.id) < ($1::timestamptz, $2::uuid)
   and ($4::uuid is null or o.channel_id = $4) and ($5::text is null or o.stage = $5)
   and ($6::text is null or o.payment_status = $6)
   and ($7::text is null or o.fulfilment_status = $7)
   and ($8::text is null or o.hold_status = $8)
   and ($9::timestamptz is null or o.opened_at >= $9)
   and ($10::text is null or o.number = $10) and ($11::uuid is null or o.customer_id = $11)
   and ($12::text is null or o.email_normalised = $12)
 order by o.opened_at desc, o.id desc
 limit $3

-- name: orders_by_number :many
select o.id, o.number, o.channel_id, o.customer_id, o.email, o.currency, o.total_minor, o.units, o.stage,
       o.payment_status, o.fulfilment_status, o.return_status, o.hold_status, o.opened_at,
       o.confirmed_at, o.version
  from orders."order" o
 where o.number = $10::text
   and (o.opened_at, o.id) < ($1::timestamptz, $2::uuid)
   and ($4::uuid is null or o.channel_id = $4) and ($5::text is null or o.stage = $5)
   and ($6::text is null or o.payment_status = $6)
   and ($7::text is null or o.fulfilment_status = $7)
   and ($8::text is null or o.hold_status = $8)
   and ($9::timestamptz is null or o.opened_at >= $9)
   and ($10::text is null or o.number = $10) and ($11::uuid is null or o.customer_id = $11)
   and ($12::text is null or o.email_normalised = $12)
 order by o.opened_at desc, o.id desc
 limit $3

-- name: orders_by_ids :many
select o.id, o.number, o.channel_id, o.customer_id, o.email, o.currency, o.total_minor, o.units, o.stage,
       o.payment_status, o.fulfilment_status, o.return_status, o.hold_status, o.opened_at,
       o.confirmed_at, o.version
  from orders."order" o
 where o.id = any($1::uuid[])
