-- name: classes :many
select code, name from shipping.class order by position, code

-- name: set_class :exec
insert into shipping.class (code, name, position)
values ($1, $2, (select coalesce(max(position), 0) + 1 from shipping.class))
    on conflict (code) do update set name = excluded.name

-- name: zones :many
-- Whole zones with their areas. $1: only this one; $2: codes after.
select z.id, z.code, z.name, z.version,
       coalesce((select jsonb_agg(jsonb_build_object(
                                'country', a.country, 'region', a.region,
                                'postal_codes', a.postal_codes,
                                'except_postal_codes', a.except_postal_codes)
                            order by a.country, a.region)
                   from shipping.area a where a.zone_id = z.id), '[]') as areas
  from shipping.zone z
 where ($1::uuid is null or z.id = $1) and ($2::text is null or z.code > $2)
 order by z.code
 limit $3

-- name: lock_zones :many
-- A zone that a method is about to serve cannot be deleted meanwhile.
select id from shipping.zone where id = any ($1) order by id for share

-- name: insert_zone :exec
insert into shipping.zone (id, code, name, created_at, updated_at) values ($1, $2, $3, $4, $4)

-- name: update_zone :one?
update shipping.zone set code = $3, name = $4, version = version + 1, updated_at = $5
 where id = $1 and version = $2
returning version

-- name: lock_zone :one?
select id from shipping.zone where id = $1 for update

-- name: zone_is_used :one
select exists (select from shipping.method where zone_ids @> array[$1::uuid]) as used

-- name: delete_zone :exec
delete from shipping.zone where id = $1

-- name: set_areas :exec
with wanted as (
    select * from jsonb_to_recordset($2::jsonb) as w (
        country text, region text, postal_codes text[], except_postal_codes text[])),
dropped as (
    delete from shipping.area a
     where a.zone_id = $1 and (a.country, a.region) not in (select country, region from wanted))
insert into shipping.area (zone_id, country, region, postal_codes, except_postal_codes)
select $1, country, coalesce(region, ''), coalesce(postal_codes, '{}'),
       coalesce(except_postal_codes, '{}')
  from wanted
    on conflict (zone_id, country, region) do update
   set postal_codes = excluded.postal_codes, except_postal_codes = excluded.except_postal_codes

-- name: methods :many
-- $1: of a channel (null: of all); $2: only this one; $3, $4: after this channel and code.
select id, channel_id, code, name, description, pricing, tax_class, zone_ids, tiers, class_rules,
       min_days, max_days, position, active, packing, conditions, free_from, promise, live, version
  from shipping.method
 where ($1::uuid is null or channel_id = $1)
   and ($2::uuid is null or id = $2)
   and ($3::uuid is null or (channel_id, code) > ($3, $4::text))
 order by channel_id, code
 limit $5

-- name: insert_method :exec
insert into shipping.method
       (id, channel_id, code, name, description, pricing, tax_class, zone_ids, tiers, class_rules,
        min_days, max_days, position, active, packing, conditions, free_from, promise, live,
        created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
        $20, $20)

-- name: update_method :one?
update shipping.method
   set code = $3, name = $4, description = $5, pricing = $6, tax_class = $7, zone_ids = $8,
       tiers = $9, class_rules = $10, min_days = $11, max_days = $12, position = $13, active = $14,
       packing = $15, conditions = $16, free_from = $17, promise = $18, live = $19,
       version = version + 1, updated_at = $20
 where id = $1 and version = $2
returning version

-- name: delete_method :exec
delete from shipping.method where id = $1

-- name: rates :many
select key, rates, asked_at from shipping.rate where key = any ($1)

-- name: keep_rates :exec
insert into shipping.rate (key, rates, asked_at)
select r.key, r.rates, r.asked_at
  from jsonb_to_recordset($1::jsonb) as r (key text, rates jsonb, asked_at timestamptz)
    on conflict (key) do update set rates = excluded.rates, asked_at = excluded.asked_at
 where shipping.rate.asked_at <= excluded.asked_at

-- name: forget_rates :exec
delete from shipping.rate where asked_at < $1
