-- name: channel_by_id :one?
select c.id, c.code, c.name, c.currency, c.countries, c.default_country, c.locale, c.time_zone,
       c.tax_inclusive, c.tax_rounding, c.rounding_mode, c.shipping_tax, c.price_list_id, c.capture,
       c.reservation_ttl_s, c.order_prefix, c.gateways, c.active, c.version, c.fallbacks,
       array(select g.locale from channels.language g
              where g.channel_id = c.id and g.state <> 'ended' order by g.position) as locales,
       array(select g.locale from channels.language g
              where g.channel_id = c.id and g.state = 'ready' order by g.position) as shown_locales,
       array(select g.locale from channels.language g
              where g.channel_id = c.id and g.state = 'ended' order by g.locale) as ended_locales,
       array(select l.location_id from channels.channel_location l
              where l.channel_id = c.id order by l.priority, l.location_id) as locations
  from channels.channel c where c.id = $1

-- name: channel_by_code :one?
select c.id, c.code, c.name, c.currency, c.countries, c.default_country, c.locale, c.time_zone,
       c.tax_inclusive, c.tax_rounding, c.rounding_mode, c.shipping_tax, c.price_list_id, c.capture,
       c.reservation_ttl_s, c.order_prefix, c.gateways, c.active, c.version, c.fallbacks,
       array(select g.locale from channels.language g
              where g.channel_id = c.id and g.state <> 'ended' order by g.position) as locales,
       array(select g.locale from channels.language g
              where g.channel_id = c.id and g.state = 'ready' order by g.position) as shown_locales,
       array(select g.locale from channels.language g
              where g.channel_id = c.id and g.state = 'ended' order by g.locale) as ended_locales,
       array(select l.location_id from channels.channel_location l
              where l.channel_id = c.id order by l.priority, l.location_id) as locations
  from channels.channel c where c.code = $1

-- name: list_channels :many
select c.id, c.code, c.name, c.currency, c.countries, c.default_country, c.locale, c.time_zone,
       c.tax_inclusive, c.tax_rounding, c.rounding_mode, c.shipping_tax, c.price_list_id, c.capture,
       c.reservation_ttl_s, c.order_prefix, c.gateways, c.active, c.version, c.fallbacks,
       array(select g.locale from channels.language g
              where g.channel_id = c.id and g.state <> 'ended' order by g.position) as locales,
       array(select g.locale from channels.language g
              where g.channel_id = c.id and g.state = 'ready' order by g.position) as shown_locales,
       array(select g.locale from channels.language g
              where g.channel_id = c.id and g.state = 'ended' order by g.locale) as ended_locales,
       array(select l.location_id from channels.channel_location l
              where l.channel_id = c.id order by l.priority, l.location_id) as locations
  from channels.channel c
 where $1::text is null or c.code > $1
 order by c.code
 limit $2

-- name: insert_channel :exec
insert into channels.channel
       (id, code, name, currency, countries, default_country, locale, time_zone, tax_inclusive,
        tax_rounding, rounding_mode, shipping_tax, price_list_id, capture, reservation_ttl_s,
        order_prefix, gateways, active, fallbacks, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
        $20)

-- name: update_channel :one?
update channels.channel
   set name = $3, countries = $4, default_country = $5, locale = $6, time_zone = $7,
       tax_rounding = $8, rounding_mode = $9, shipping_tax = $10, price_list_id = $11, capture = $12,
       reservation_ttl_s = $13, order_prefix = $14, gateways = $15, active = $16,
       fallbacks = $17, version = version + 1, updated_at = $18
 where id = $1 and version = $2
returning version

-- name: set_locations :exec
with wanted as (select location_id, place from unnest($2::uuid[]) with ordinality as w (location_id, place)),
dropped as (
    delete from channels.channel_location
     where channel_id = $1 and location_id not in (select location_id from wanted))
insert into channels.channel_location (channel_id, location_id, priority)
select $1, location_id, place from wanted
    on conflict (channel_id, location_id) do update set priority = excluded.priority

-- name: set_languages :exec
with wanted as (select locale, place from unnest($2::text[]) with ordinality as w (locale, place)),
ended as (
    update channels.language set state = 'ended'
     where channel_id = $1 and locale not in (select locale from wanted))
insert into channels.language as g (channel_id, locale, position, state)
select $1, locale, place, $3 from wanted
    on conflict (channel_id, locale) do update
   set position = excluded.position,
       state = case when g.state = 'ended' then excluded.state else g.state end

-- name: begin_languages :exec
update channels.language set state = 'building' where state = 'new'

-- name: finish_languages :many
update channels.language set state = 'ready' where state = 'building'
returning channel_id
