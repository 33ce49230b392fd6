-- name: hold_order :one
select * from inventory.hold_one(
  $1, $2::uuid[], $3::bigint[], $4::uuid[], $5, $6, $7, $8, $9)

-- name: hold_hot_orders :many
select * from inventory.hold(
  $1::uuid[], $2::int[], $3::uuid[], $4::bigint[], $5::uuid[], $6::timestamptz[], false, true,
  $7, 'system:gate', null)

-- name: allocate_order :one?
select * from inventory.allocate($1, $2, $3, $4)

-- name: release_orders :many
select * from inventory.release($1::uuid[], $2, $3, $4, $5, $6)

-- name: extend_hold :one?
update inventory.reservation set expires_at = greatest(expires_at, $2), updated_at = $3
 where order_id = $1 and state = 'held'
returning expires_at

-- name: expire_holds :many
select * from inventory.expire($1, $2)

-- name: settle_hot_holds :one
select inventory.settle(null, $1, $2) as settled

-- name: fulfil_order :one
select * from inventory.fulfil($1, $2, $3, $4, $5::uuid[], $6::bigint[], $7, $8, $9, $10)

-- name: reservation_by_order :one?
select order_id, state, expires_at, sourcing, variant_ids, location_ids, quantities, backordered
  from inventory.reservation where order_id = $1

-- name: post_fact :many
select * from inventory.post(
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::uuid[], $13::uuid[], $14::boolean[],
  $15::bigint[], $16::bigint[], $17::bigint[], $18::timestamptz[], $19::bigint[])

-- name: set_selling :one
insert into inventory.level as l (
  variant_id, location_id, safety_stock, backorder_limit, low_threshold, oversold)
values ($1, $2, $3, $4, $5, greatest(0, $3::bigint - $4::bigint))
on conflict (variant_id, location_id) do update
  set safety_stock = excluded.safety_stock, backorder_limit = excluded.backorder_limit,
      low_threshold = excluded.low_threshold,
      oversold = greatest(0, l.reserved + l.allocated + l.quarantine + excluded.safety_stock
                             - l.on_hand - excluded.backorder_limit)
returning variant_id, location_id, on_hand, reserved, allocated, quarantine, incoming,
          safety_stock, backorder_limit, low_threshold, oversold, counted_as_of

-- name: lock_level :one?
select variant_id, location_id, on_hand, reserved, allocated, quarantine, incoming, safety_stock,
       backorder_limit, low_threshold, oversold, counted_as_of
  from inventory.level where variant_id = $1 and location_id = $2 for no key update

-- name: rebuild_level :one?
select * from inventory.rebuild($1, $2)

-- name: levels_of_variants :many
select variant_id, location_id, on_hand, reserved, allocated, quarantine, incoming, safety_stock,
       backorder_limit, low_threshold, oversold, counted_as_of
  from inventory.level where variant_id = any ($1::uuid[])
 order by variant_id, location_id

-- name: levels_at_location :many
select variant_id, location_id, on_hand, reserved, allocated, quarantine, incoming, safety_stock,
       backorder_limit, low_threshold, oversold, counted_as_of
  from inventory.level
 where location_id = $1 and ($2::uuid is null or variant_id > $2) and (not $3 or oversold > 0)
 order by variant_id
 limit $4

-- name: availability :many
select l.variant_id,
       sum(greatest(0, s.sellable))::bigint as sellable,
       sum(greatest(0, s.sellable + l.backorder_limit))::bigint as promisable,
       max(l.low_threshold) as low_threshold
  from inventory.level l
       join inventory.location c on c.id = l.location_id and c.active
       cross join lateral (
         select l.on_hand - l.reserved - l.allocated - l.quarantine - l.safety_stock as sellable
       ) s
 where l.variant_id = any ($1::uuid[]) and l.location_id = any ($2::uuid[])
 group by l.variant_id

-- name: journal_page :many
with now_at as (
  select on_hand, on_hand - reserved - allocated - quarantine - safety_stock as sellable
    from inventory.level where variant_id = $1 and location_id = $2
), later as (
  select coalesce(sum(on_hand), 0) as on_hand,
         coalesce(sum(on_hand - reserved - allocated - quarantine), 0) as sellable
    from inventory.journal
   where variant_id = $1 and location_id = $2 and id >= coalesce($3, 9223372036854775807)
), page as (
  select * from inventory.journal
   where variant_id = $1 and location_id = $2 and id < coalesce($3, 9223372036854775807)
   order by id desc
   limit $4
)
select p.id, p.on_hand, p.reserved, p.allocated, p.quarantine, p.incoming, p.reason, p.source_kind,
       p.source_id, p.actor, p.correlation, p.occurred_at, p.recorded_at,
       (n.on_hand - l.on_hand
         - coalesce(sum(p.on_hand) over newer, 0))::bigint as on_hand_after,
       (n.sellable - l.sellable - coalesce(
         sum(p.on_hand - p.reserved - p.allocated - p.quarantine) over newer, 0)
       )::bigint as sellable_after
  from page p cross join now_at n cross join later l
window newer as (order by p.id desc rows between unbounded preceding and 1 preceding)
 order by p.id desc

-- name: diverging_levels :many
with fold as (
  select variant_id, location_id,
         sum(on_hand)::bigint as on_hand, sum(reserved)::bigint as reserved,
         sum(allocated)::bigint as allocated, sum(quarantine)::bigint as quarantine,
         sum(incoming)::bigint as incoming
    from inventory.journal
   where $1::uuid is null or variant_id = $1
   group by variant_id, location_id
), held as (
  select u.variant_id, u.location_id,
         coalesce(sum(u.quantity - u.fulfilled) filter (where r.bucket = 'reserved'), 0)::bigint
           as reserved,
         coalesce(sum(u.quantity - u.fulfilled) filter (where r.bucket = 'allocated'), 0)::bigint
           as allocated
    from inventory.reservation r
         cross join lateral unnest(r.variant_ids, r.location_ids, r.quantities, r.fulfilled)
           u (variant_id, location_id, quantity, fulfilled)
   where r.state in ('held', 'allocated') and ($1::uuid is null or u.variant_id = $1)
   group by u.variant_id, u.location_id
), level as (
  select * from inventory.level where $1::uuid is null or variant_id = $1
), compared as (
  select coalesce(l.variant_id, f.variant_id) as variant_id,
         coalesce(l.location_id, f.location_id) as location_id, 'journal' as against,
         b.bucket, b.level, b.expected
    from level l full join fold f on f.variant_id = l.variant_id and f.location_id = l.location_id
         cross join lateral (values
           ('on_hand', l.on_hand, f.on_hand), ('reserved', l.reserved, f.reserved),
           ('allocated', l.allocated, f.allocated), ('quarantine', l.quarantine, f.quarantine),
           ('incoming', l.incoming, f.incoming)) b (bucket, level, expected)
  union all
  select coalesce(l.variant_id, h.variant_id), coalesce(l.location_id, h.location_id),
         'reservations', b.bucket, b.level, b.expected
    from level l full join held h on h.variant_id = l.variant_id and h.location_id = l.location_id
         cross join lateral (values
           ('reserved', l.reserved, h.reserved), ('allocated', l.allocated, h.allocated)
         ) b (bucket, level, expected)
)
select variant_id, location_id, against, bucket,
       coalesce(level, 0) as level, coalesce(expected, 0) as expected
  from compared
 where coalesce(level, 0) <> coalesce(expected, 0)
 order by variant_id, location_id, against, bucket
 limit $2

-- name: insert_location :exec
insert into inventory.location (id, code, name, country, address, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $6)

-- name: update_location :one?
update inventory.location
   set code = $3, name = $4, country = $5, address = $6, active = $7, version = version + 1,
       updated_at = $8
 where id = $1 and version = $2
returning id, code, name, country, address, active, version

-- name: location_by_id :one?
select id, code, name, country, address, active, version from inventory.location where id = $1

-- name: list_locations :many
select id, code, name, country, address, active, version from inventory.location
 where $1::text is null or code > $1
 order by code
 limit $2

-- name: locations_by_code :many
select id, code, name, country, address, active, version from inventory.location
 where code = any ($1::text[])

-- name: list_feeds :many
select name, sequence, as_of, last_message, messages, received_at from inventory.feed order by name

-- name: list_documents :many
select id, key, kind, reason, actor, correlation, feed, sequence, outcome as items, created_at
  from inventory.document
 where ($1::timestamptz is null or (created_at, id) < ($1, $2::uuid))
   and ($3::text is null or kind = $3)
 order by created_at desc, id desc
 limit $4
