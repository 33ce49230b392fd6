-- name: classes :many
select code, name from tax.class order by position, code

-- name: set_class :exec
insert into tax.class (code, name, position) values ($1, $2, (select coalesce(max(position), 0) + 1 from tax.class))
    on conflict (code) do update set name = excluded.name

-- name: zones :many
-- Whole zones, areas and rates within, so that a page or a channel's rules are one statement.
-- $1: of a channel and of all channels (null: every zone); $2: only this one; $3: codes after.
select z.id, z.code, z.name, z.channel_id, z.priority, z.source, z.version,
       coalesce((select jsonb_agg(jsonb_build_object(
                            'country', a.country, 'region', a.region, 'postal_prefix', a.postal_prefix)
                            order by a.country, a.region, a.postal_prefix)
                   from tax.area a where a.zone_id = z.id), '[]') as areas,
       coalesce((select jsonb_agg(jsonb_build_object(
                            'id', r.id, 'tax_class', r.tax_class, 'code', r.code, 'name', r.name,
                            'jurisdiction', r.jurisdiction, 'rate', trim_scale(r.rate)::text,
                            'treatment', r.treatment, 'compound', r.compound, 'position', r.position,
                            'valid_from', lower(r.during), 'valid_until', upper(r.during),
                            'source', r.source, 'version', r.version)
                            order by r.tax_class, r.position, r.code, r.during)
                   from tax.rate r where r.zone_id = z.id), '[]') as rates
  from tax.zone z
 where ($1::uuid is null or z.channel_id is null or z.channel_id = $1)
   and ($2::uuid is null or z.id = $2)
   and ($3::text is null or z.code > $3)
 order by z.code
 limit $4

-- name: insert_zone :one?
insert into tax.zone (id, code, name, channel_id, priority, source, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $7)
    on conflict (code) do nothing
returning id

-- name: update_zone :one?
update tax.zone
   set code = $3, name = $4, channel_id = $5, priority = $6, source = $7, version = version + 1,
       updated_at = $8
 where id = $1 and version = $2
returning version

-- name: touch_zone :one?
update tax.zone set version = version + 1, updated_at = $2 where id = $1 returning version

-- name: delete_zone :exec
delete from tax.zone where id = $1

-- name: set_areas :exec
with wanted as (
    select * from unnest($2::text[], $3::text[], $4::text[]) as w (country, region, postal_prefix)),
dropped as (
    delete from tax.area a
     where a.zone_id = $1
       and (a.country, a.region, a.postal_prefix) not in (select * from wanted))
insert into tax.area (zone_id, country, region, postal_prefix)
select $1, country, region, postal_prefix from wanted
    on conflict do nothing

-- name: insert_rates :exec
insert into tax.rate
       (id, zone_id, tax_class, code, name, jurisdiction, rate, treatment, compound, position,
        during, source, updated_at)
select r.id, $1, r.tax_class, r.code, r.name, r.jurisdiction, r.rate, r.treatment, r.compound,
       r.position, daterange(r.valid_from, r.valid_until), r.source, $14
  from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::text[],
              $9::boolean[], $10::int[], $11::date[], $12::date[], $13::text[])
    as r (id, tax_class, code, name, jurisdiction, rate, treatment, compound, position, valid_from,
          valid_until, source)

-- name: update_rate :one?
update tax.rate
   set tax_class = $3, code = $4, name = $5, jurisdiction = $6, rate = $7, treatment = $8,
       compound = $9, position = $10, during = daterange($11, $12), source = $13,
       version = version + 1, updated_at = $14
 where id = $2 and zone_id = $1
returning version

-- name: delete_rate :exec
delete from tax.rate where id = $2 and zone_id = $1

-- name: zone_id_by_code :one?
select id from tax.zone where code = $1 for no key update

-- name: delete_rates :exec
delete from tax.rate where zone_id = $1

-- name: take_over_areas :exec
-- $1: the zone that has them now. Postal areas belong to one zone of a channel and priority: others
-- lose them, and those that keep no area are gone.
with mine as (
    select z.id, z.channel_id, z.priority, a.country, a.region, a.postal_prefix
      from tax.zone z join tax.area a on a.zone_id = z.id
     where z.id = $1 and a.postal_prefix <> ''),
lost as (
    delete from tax.area a
     using mine m, tax.zone z
     where z.id = a.zone_id and z.id <> m.id
       and z.channel_id is not distinct from m.channel_id and z.priority = m.priority
       and (a.country, a.region, a.postal_prefix) = (m.country, m.region, m.postal_prefix)
    returning a.zone_id, a.country, a.region, a.postal_prefix)
delete from tax.zone z
 where z.id in (select zone_id from lost)
   and not exists (
       select from tax.area a
        where a.zone_id = z.id
          and (a.zone_id, a.country, a.region, a.postal_prefix) not in (
              select zone_id, country, region, postal_prefix from lost))
