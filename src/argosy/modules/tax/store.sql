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

-- name: channel_taxes :one
-- What a channel's quotes need beside zones, in one statement.
select p.channel_id, p.seller_country, p.seller_tax_id, p.waived_price, p.unverified, p.recheck_s,
       p.recent_days, p.engine, p.engine_company, p.engine_commit, p.refuse_above_minor, p.origin,
       p.engine_codes, p.ioss_number, p.excise_classes, coalesce(p.version, 0) as version,
       (select coalesce(jsonb_agg(jsonb_build_object('as_of', r.as_of, 'rate', r.rate::text,
                                                     'source', r.source) order by r.as_of desc), '[]')
          from (select as_of, rate, source from tax.euro_rate where currency = $2
                 order by as_of desc limit $3) r) as euro_rates,
       exists (select from tax.certificate) or exists (select from tax.buyer) as has_buyers
  from (select) as always left join tax.policy p on p.channel_id = $1

-- name: insert_policy :one?
insert into tax.policy (channel_id, seller_country, seller_tax_id, waived_price, unverified,
                        recheck_s, recent_days, engine, engine_company, engine_commit,
                        refuse_above_minor, origin, engine_codes, ioss_number, excise_classes,
                        updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
    on conflict (channel_id) do nothing
returning version

-- name: update_policy :one?
update tax.policy
   set seller_country = $3, seller_tax_id = $4, waived_price = $5, unverified = $6, recheck_s = $7,
       recent_days = $8, engine = $9, engine_company = $10, engine_commit = $11,
       refuse_above_minor = $12, origin = $13, engine_codes = $14, ioss_number = $15,
       excise_classes = $16, updated_at = $17, version = version + 1
 where channel_id = $1 and version = $2
returning version

-- name: keep_euro_rates :exec
insert into tax.euro_rate as r (currency, as_of, rate, source, loaded_at)
select g.currency, $1, g.rate, $2, $3
  from unnest($4::text[], $5::numeric[]) as g (currency, rate)
 order by g.currency
    on conflict on constraint euro_rate_pkey do update
   set rate = excluded.rate, source = excluded.source, loaded_at = excluded.loaded_at
 where (r.rate, r.source) is distinct from (excluded.rate, excluded.source)

-- name: insert_check :exec
insert into tax.tax_id_check (id, tax_id, country, register, requester, answer, asked_at)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: latest_check :one?
-- The newest consultation of an id that was answered.
select id, tax_id, country, register, requester, answer, asked_at
  from tax.tax_id_check
 where tax_id = $1 and answer ->> 'status' <> 'silent'
 order by asked_at desc limit 1

-- name: checks :many
select id, tax_id, country, register, requester, answer, asked_at
  from tax.tax_id_check
 where tax_id = $1 and ($2::uuid is null or id < $2)
 order by id desc limit $3

-- name: buyer :one
select (select b.tax_id from tax.buyer b where b.customer_id = $1) as tax_id,
       coalesce((select jsonb_agg(jsonb_build_object(
                    'id', c.id, 'customer_id', c.customer_id, 'number', c.number,
                    'reason', c.reason, 'jurisdictions', c.jurisdictions,
                    'tax_classes', c.tax_classes, 'taxes', c.taxes, 'document', c.document,
                    'version', c.version) order by c.number)
                   from tax.certificate c
                  where c.customer_id = $1 and c.revoked_at is null), '[]') as certificates

-- name: set_buyer :one
-- `first`: nobody had a tax id or a certificate before, so quotes did not ask for them.
with was as (select exists (select from tax.certificate) or exists (select from tax.buyer) as any)
insert into tax.buyer (customer_id, tax_id, updated_at) values ($1, $2, $3)
    on conflict (customer_id) do update set tax_id = excluded.tax_id, updated_at = excluded.updated_at
returning not (select "any" from was) as first

-- name: drop_buyer :exec
delete from tax.buyer where customer_id = $1

-- name: insert_certificate :one
with was as (select exists (select from tax.certificate) or exists (select from tax.buyer) as any)
insert into tax.certificate (id, customer_id, number, reason, jurisdictions, tax_classes, taxes,
                             document, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
returning not (select "any" from was) as first

-- name: update_certificate :one?
update tax.certificate
   set number = $4, reason = $5, jurisdictions = $6, tax_classes = $7, taxes = $8, document = $9,
       version = version + 1, updated_at = $10
 where customer_id = $1 and id = $2 and version = $3 and revoked_at is null
returning version

-- name: revoke_certificate :one?
update tax.certificate set revoked_at = $3, version = version + 1, updated_at = $3
 where customer_id = $1 and id = $2 and revoked_at is null
returning version

-- name: certificates :many
select id, customer_id, number, reason, jurisdictions, tax_classes, taxes, document, revoked_at, version
  from tax.certificate
 where customer_id = $1 and ($2::uuid is null or id = $2)
 order by number

-- name: open_filings :exec
-- With the orders of one batch; a cart that is placed again after a failure is told of anew.
insert into tax.filing (order_id, channel_id, engine, degraded, document, charged_tax_minor, currency,
                        next_at, created_at, updated_at)
select order_id, channel_id, engine, degraded, document, charged, currency, $8, $9, $9
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::boolean[], $5::jsonb[], $6::bigint[], $7::text[])
       as t (order_id, channel_id, engine, degraded, document, charged, currency)
    on conflict (order_id) do update
   set engine = excluded.engine, degraded = excluded.degraded, document = excluded.document,
       charged_tax_minor = excluded.charged_tax_minor, state = 'open', tries = 0, reason = '',
       next_at = excluded.next_at, updated_at = excluded.updated_at
 where tax.filing.state in ('open', 'closed')

-- name: due_filings :many
-- Takes what is due over until $2, so that two workers never tell of the same order at once.
update tax.filing f set next_at = $2, tries = tries + 1
  from (select order_id from tax.filing where next_at <= $1 order by next_at limit $3
           for update skip locked) due
 where f.order_id = due.order_id
returning f.order_id, f.channel_id, f.engine, f.state, f.degraded, f.document, f.charged_tax_minor,
          f.due_tax_minor, f.currency, f.reason, f.tries, f.next_at

-- name: settle_filing :one?
-- Compare-and-set on the state it was told of in.
update tax.filing set state = $3, due_tax_minor = coalesce($4, due_tax_minor), reason = $5, next_at = $6,
       tries = case when $3 = state then tries else 0 end, updated_at = $7
 where order_id = $1 and state = $2
returning order_id

-- name: ask_filings :exec
-- Orders that were cancelled or refunded: what was told of them is to be told anew.
update tax.filing set state = $2, next_at = $3, tries = 0, updated_at = $3
 where order_id = any ($1::uuid[]) and state in ('committed', 'to_adjust')

-- name: filings :many
select order_id, channel_id, engine, state, degraded, document, charged_tax_minor, due_tax_minor,
       currency, reason, tries, next_at
  from tax.filing
 where ($1::text is null or state = $1) and ($2::boolean is null or degraded = $2)
   and ($3::uuid is null or order_id < $3)
 order by order_id desc limit $4

-- name: degraded_filings :one
select count(*) as waiting from tax.filing where state = 'open' and degraded and next_at is not null
