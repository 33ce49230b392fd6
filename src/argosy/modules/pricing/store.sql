-- name: insert_list :exec
insert into pricing.price_list (id, code, name, currency, created_at, updated_at)
values ($1, $2, $3, $4, $5, $5)

-- name: rename_list :one?
update pricing.price_list set name = $3, version = version + 1, updated_at = $4
 where id = $1 and version = $2
returning id, code, name, currency, version

-- name: lists :many
-- $1: only these ids (null: all); $2: only this code; $3: codes after.
select id, code, name, currency, version
  from pricing.price_list
 where ($1::uuid[] is null or id = any ($1))
   and ($2::text is null or code = $2)
   and ($3::text is null or code > $3)
 order by code
 limit $4

-- name: set_prices :one
-- One statement writes the prices and their history; what is so already is left alone, so that
-- an import of the same file writes nothing.
with given as (
    select * from unnest($2::uuid[], $3::uuid[], $4::int[], $5::smallint[], $6::bigint[], $7::bigint[],
                         $8::timestamptz[], $9::timestamptz[])
        as g (id, variant_id, min_quantity, priority, amount_minor, compare_at_minor, valid_from,
              valid_until)),
written as (
    insert into pricing.price as p
           (id, price_list_id, variant_id, min_quantity, priority, amount_minor, compare_at_minor,
            during, updated_at)
    select id, $1, variant_id, min_quantity, priority, amount_minor, compare_at_minor,
           tstzrange(valid_from, valid_until, '[)'), $10
      from given
     order by variant_id, min_quantity, priority, valid_from nulls first
        on conflict on constraint price_same do update
       set amount_minor = excluded.amount_minor, compare_at_minor = excluded.compare_at_minor,
           updated_at = excluded.updated_at
     where (p.amount_minor, p.compare_at_minor)
           is distinct from (excluded.amount_minor, excluded.compare_at_minor)
    returning p.id, p.price_list_id, p.variant_id, p.min_quantity, p.priority, p.amount_minor,
              p.compare_at_minor, p.during),
recorded as (
    insert into pricing.price_change
           (price_id, price_list_id, variant_id, min_quantity, priority, amount_minor,
            compare_at_minor, during, recorded_at)
    select id, price_list_id, variant_id, min_quantity, priority, amount_minor, compare_at_minor,
           during, $10
      from written)
select count(*) filter (where w.id = any ($2)) as created,
       count(*) filter (where w.id <> all ($2)) as updated,
       coalesce(array_agg(distinct w.variant_id), '{}') as variants
  from written w

-- name: remove_prices :many
with gone as (
    delete from pricing.price
     where price_list_id = $1 and id = any ($2)
    returning id, price_list_id, variant_id, min_quantity, priority, compare_at_minor, during),
recorded as (
    insert into pricing.price_change
           (price_id, price_list_id, variant_id, min_quantity, priority, amount_minor,
            compare_at_minor, during, recorded_at)
    select id, price_list_id, variant_id, min_quantity, priority, null, null, during, $3
      from gone)
select variant_id from gone

-- name: prices_of_variants :many
select id, price_list_id, variant_id, min_quantity, priority, amount_minor, compare_at_minor,
       lower(during) as valid_from, upper(during) as valid_until
  from pricing.price
 where variant_id = any ($1::uuid[])
 order by variant_id, price_list_id, id

-- name: prices :many
-- $2: only these variants (null: all); $3, $4: after this variant and price.
select id, price_list_id, variant_id, min_quantity, priority, amount_minor, compare_at_minor,
       lower(during) as valid_from, upper(during) as valid_until
  from pricing.price
 where price_list_id = $1
   and ($2::uuid[] is null or variant_id = any ($2))
   and ($3::uuid is null or (variant_id, id) > ($3, $4::uuid))
 order by variant_id, id
 limit $5

-- name: history :many
select id, price_id, min_quantity, priority, amount_minor, compare_at_minor,
       lower(during) as valid_from, upper(during) as valid_until, recorded_at
  from pricing.price_change
 where price_list_id = $1 and variant_id = $2 and id > $3
 order by id
 limit $4
