-- name: pools_of :many
select variant_id, deliver_when, asks_consent, version from licences.pool
 where variant_id = any ($1::uuid[]);

-- name: list_pools :many
-- The pools after $1, $3 only those that paid lines wait for or that have fewer free keys than $2.
select p.variant_id, p.deliver_when, p.asks_consent, p.version,
       free.n as free, given.n as given, waiting.n as waiting
  from licences.pool p
 cross join lateral (
   select count(*) as n from licences.key k
    where k.variant_id = p.variant_id and k.line_id is null) free
 cross join lateral (
   select count(*) as n from licences.key k
    where k.variant_id = p.variant_id and k.line_id is not null) given
 cross join lateral (
   select coalesce(sum(o.units - o.given), 0) as n from licences.owed o
    where o.variant_id = p.variant_id and o.given < o.units and o.ended_at is null) waiting
 where p.variant_id > $1 and (not $3::boolean or waiting.n > 0 or free.n < $2::int)
 order by p.variant_id limit $4;

-- name: save_pool :one?
-- Compare-and-set: $4 is the version that was read, 0 for a variant without a pool.
insert into licences.pool as p (variant_id, deliver_when, asks_consent, version, updated_at)
select $1, $2, $3, 1, $5 where $4::int = 0
on conflict (variant_id) do nothing
returning version;

-- name: change_pool :one?
update licences.pool
   set deliver_when = $2, asks_consent = $3, version = version + 1, updated_at = $5
 where variant_id = $1 and version = $4
returning version;

-- name: count_keys :one
select (select count(*) from licences.key k where k.variant_id = $1 and k.line_id is null) as free,
       (select count(*) from licences.key k where k.variant_id = $1 and k.line_id is not null) as given,
       (select coalesce(sum(o.units - o.given), 0) from licences.owed o
         where o.variant_id = $1 and o.given < o.units and o.ended_at is null) as waiting;

-- name: add_keys :many
insert into licences.key (id, variant_id, digest, box, added_at)
select t.id, $1, t.digest, t.box, $5
  from unnest($2::uuid[], $3::bytea[], $4::bytea[]) as t (id, digest, box)
 order by t.digest
on conflict on constraint key_once do nothing
returning id;

-- name: owe :exec
insert into licences.owed (line_id, order_id, variant_id, units, asks_consent, since)
select t.line_id, t.order_id, t.variant_id, t.units, t.asks_consent, $6
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::boolean[])
       as t (line_id, order_id, variant_id, units, asks_consent)
 order by t.line_id
on conflict (line_id) do nothing;

-- name: lock_owed_of_orders :many
-- What may be given now: where nobody need agree, the buyer did, or the time to withdraw is over.
select o.line_id, o.order_id, o.variant_id, o.units, o.given
  from licences.owed o
 where o.order_id = any ($1::uuid[]) and o.given < o.units and o.ended_at is null
   and (not o.asks_consent or o.since <= $2
        or exists (select from licences.consent c where c.order_id = o.order_id))
 order by o.line_id
   for update of o;

-- name: lock_owed_of_variant :many
select o.line_id, o.order_id, o.variant_id, o.units, o.given
  from licences.owed o
 where o.variant_id = $1 and o.given < o.units and o.ended_at is null
   and (not o.asks_consent or o.since <= $2
        or exists (select from licences.consent c where c.order_id = o.order_id))
 order by o.since, o.line_id limit $3
   for update of o skip locked;

-- name: variants_waited_for :many
-- Of which a line waits that may be given some, and a key is free.
select distinct o.variant_id
  from licences.owed o
 where o.given < o.units and o.ended_at is null
   and (not o.asks_consent or o.since <= $1
        or exists (select from licences.consent c where c.order_id = o.order_id))
   and exists (select from licences.key k where k.variant_id = o.variant_id and k.line_id is null)
 limit $2;

-- name: allot :many
-- Whoever comes at the same moment takes other keys: each is allotted once.
with free as (
  select id from licences.key
   where variant_id = $1 and line_id is null
   order by id limit $5
     for update skip locked
), numbered as (
  select id, row_number() over (order by id) as n from free
)
update licences.key k
   set order_id = $2, line_id = $3, unit = $4::int + numbered.n, allotted_at = $6
  from numbered where k.id = numbered.id
returning k.unit;

-- name: note_given :exec
update licences.owed set given = given + $2 where line_id = $1;

-- name: end_owed :many
update licences.owed set ended_at = $2
 where line_id in (
   select line_id from licences.owed where order_id = $1 and ended_at is null
    order by line_id for update)
returning line_id;

-- name: revoke :many
update licences.key set revoked_at = $2
 where order_id = $1 and revoked_at is null
returning id;

-- name: agree :exec
insert into licences.consent (order_id, words, given_at) values ($1, $2, $3)
on conflict (order_id) do nothing;

-- name: consent_of :one?
select given_at from licences.consent where order_id = $1;

-- name: owed_of_order :many
select line_id, units, given, asks_consent from licences.owed
 where order_id = $1 and ended_at is null order by line_id;

-- name: keys_of_order :many
select line_id, unit, box, allotted_at, revoked_at from licences.key
 where order_id = $1 order by line_id, unit;

-- name: take_back_consent :exec
delete from licences.consent where order_id = $1;
