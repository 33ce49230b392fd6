-- name: hold_together :one
-- Hold ($7: allocate) for orders of the caller's own, from one location ($6): all that can be served
-- from its shelf whatever the others get, in one statement. What is left over (a variant that does
-- not suffice for all who want it, backorder, an order that has a reservation already) is for
-- hold_orders: nothing was written for it. Lines are folded and come as (order's ordinal, variant,
-- units). Locks: reservations by order, then levels by variant. Each level is checked as it is under
-- its lock, and the CHECKs on inventory.level guard it as ever.
with known as materialized (
  select r.order_id from inventory.reservation r
   where r.order_id = any ($1::uuid[]) order by r.order_id for update
), asked as materialized (
  select o.order_id, o.expires_at, o.ord
    from unnest($1::uuid[], $2::timestamptz[]) with ordinality o (order_id, expires_at, ord)
   where o.order_id <> all ((select coalesce(array_agg(k.order_id), '{}') from known k)::uuid[])
), line as materialized (
  select a.ord, a.order_id, d.variant_id, d.quantity
    from unnest($3::int[], $4::uuid[], $5::bigint[]) d (ord, variant_id, quantity)
    join asked a on a.ord = d.ord
), total as materialized (
  select variant_id, sum(quantity)::bigint as quantity from line group by variant_id
), locked as materialized (
  select l.variant_id, t.quantity as wanted, l.backorder_limit, l.low_threshold,
         l.on_hand - l.reserved - l.allocated - l.quarantine - l.safety_stock as sellable
    from total t
    join inventory.level l on l.variant_id = t.variant_id and l.location_id = $6::uuid
   where exists (select from inventory.location c where c.id = $6::uuid and c.active)
   order by l.variant_id
     for no key update of l
), clear as materialized (
  select a.order_id, a.expires_at, a.ord from asked a
   where not exists (
     select from line i left join locked k on k.variant_id = i.variant_id
      where i.ord = a.ord and (k.sellable is null or k.sellable < k.wanted))
), taken as materialized (
  select i.ord, i.order_id, i.variant_id, i.quantity from line i join clear c on c.ord = i.ord
), written as (
  insert into inventory.reservation (
    order_id, state, bucket, hot, expires_at, variant_ids, location_ids, quantities,
    backordered, fulfilled, candidates, sourcing, created_at, updated_at)
  select c.order_id, case when $7 then 'allocated' else 'held' end,
         case when $7 then 'allocated' else 'reserved' end, false,
         case when not $7 then c.expires_at end,
         coalesce(t.variants, '{}'), coalesce(t.places, '{}'), coalesce(t.quantities, '{}'),
         coalesce(t.zeros, '{}'), coalesce(t.zeros, '{}'), array[$6::uuid],
         case when t.ord is null then 'nothing' else 'one_parcel' end, $8, $8
    from clear c left join (
      select ord, array_agg(variant_id order by variant_id) as variants,
             array_agg(quantity order by variant_id) as quantities,
             array_agg($6::uuid) as places, array_agg(0::bigint) as zeros
        from taken group by ord) t on t.ord = c.ord
  on conflict do nothing
  returning order_id
), moving as materialized (
  select variant_id, sum(quantity)::bigint as quantity from taken group by variant_id
), moved as (
  -- oversold stays untouched by anything that takes: level_promises_covered is the last guard.
  update inventory.level l
     set reserved = l.reserved + case when $7 then 0 else m.quantity end,
         allocated = l.allocated + case when $7 then m.quantity else 0 end
    from moving m
   where l.variant_id = m.variant_id and l.location_id = $6::uuid
), told as (
  insert into inventory.journal (
    variant_id, location_id, reserved, allocated, reason, source_kind, source_id, actor,
    correlation, occurred_at, recorded_at)
  select t.variant_id, $6::uuid, case when $7 then 0 else t.quantity end,
         case when $7 then t.quantity else 0 end,
         case when $7 then 'allocated' else 'reserved' end,
         'order', t.order_id, $9, $10, $8, $8
    from taken t order by t.ord, t.variant_id
), judged as (
  select k.variant_id, k.sellable - m.quantity as sellable,
         inventory.availability_status(k.sellable, k.backorder_limit, k.low_threshold) as was,
         inventory.availability_status(
           k.sellable - m.quantity, k.backorder_limit, k.low_threshold) as becomes
    from moving m join locked k on k.variant_id = m.variant_id
)
select (select count(*) from clear) as clear,
       array(select order_id from written) as taken,
       array_agg(j.variant_id) as changed_variants, array_agg($6::uuid) as changed_locations,
       array_agg(j.sellable) as changed_sellable, array_agg(j.was) as changed_from,
       array_agg(j.becomes) as changed_to
  from judged j where j.was <> j.becomes

-- name: hold_orders :many
-- The same for any orders, locations and stock, in the order given.
select * from inventory.hold(
  $1::uuid[], $2::int[], $3::uuid[], $4::bigint[], $5::uuid[], $6::timestamptz[], $7, false,
  $8, $9, $10)

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

-- name: drop_empty_levels :exec
delete from inventory.level l
 using unnest($1::uuid[], $2::uuid[]) as g (variant_id, location_id)
 where l.variant_id = g.variant_id and l.location_id = g.location_id
   and (l.on_hand, l.reserved, l.allocated, l.quarantine, l.incoming, l.safety_stock,
        l.backorder_limit, l.oversold) = (0, 0, 0, 0, 0, 0, 0, 0)

-- name: hold_levels :many
-- For update: also who only wants to take from them waits, and finds what became of them.
select variant_id, location_id from inventory.level where variant_id = any ($1::uuid[])
 order by variant_id, location_id for update

-- name: forget_levels :exec
delete from inventory.level
 where variant_id = any ($1::uuid[])
   and (on_hand, reserved, allocated, quarantine, incoming) = (0, 0, 0, 0, 0)

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
