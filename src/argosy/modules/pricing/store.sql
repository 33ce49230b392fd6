-- name: insert_list :exec
insert into pricing.price_list
       (id, code, name, currency, tier_kind, tier_basis, created_at, updated_at, max_step_per_day)
values ($1, $2, $3, $4, $5, $6, $7, $7, $8)

-- name: change_list :one?
update pricing.price_list
   set name = $3, tier_kind = $4, tier_basis = $5, version = version + 1, updated_at = $6,
       max_step_per_day = $7
 where id = $1 and version = $2
returning id, code, name, currency, version, tier_kind, tier_basis, max_step_per_day

-- name: lists :many
-- $1: only these ids (null: all); $2: only this code; $3: codes after.
select id, code, name, currency, version, tier_kind, tier_basis, max_step_per_day
  from pricing.price_list
 where ($1::uuid[] is null or id = any ($1))
   and ($2::text is null or code = $2)
   and ($3::text is null or code > $3)
 order by code
 limit $4

-- name: lock_stepped_list :one?
-- A list that limits steps (else nothing is locked): of two writers the later one is judged by what
-- the earlier one wrote.
select id, code, name, currency, version, tier_kind, tier_basis, max_step_per_day
  from pricing.price_list
 where id = $1 and max_step_per_day is not null
   for no key update

-- name: said_prices :many
-- What prices of these variants say, and what they said after $3 before they were changed or removed.
with recent as (
    select price_id, variant_id, min_quantity, priority, amount_minor, during, recorded_at
      from pricing.price_change
     where price_list_id = $1 and variant_id = any ($2::uuid[]) and recorded_at > $3),
told as (
    select * from recent
    union all
    select b.*
      from (select distinct variant_id, price_id from recent) r
     cross join lateral (
        select c.price_id, c.variant_id, c.min_quantity, c.priority, c.amount_minor, c.during,
               c.recorded_at
          from pricing.price_change c
         where c.price_list_id = $1 and c.variant_id = r.variant_id and c.price_id = r.price_id
           and c.recorded_at <= $3
         order by c.recorded_at desc, c.id desc
         limit 1) b
    union all
    select p.id, p.variant_id, p.min_quantity, p.priority, p.amount_minor, p.during, p.updated_at
      from pricing.price p
     where p.price_list_id = $1 and p.variant_id = any ($2::uuid[])
       and (upper_inf(p.during) or upper(p.during) > $3)
       and not exists (select from recent r where r.price_id = p.id))
select price_id, variant_id, min_quantity, priority, amount_minor, lower(during) as valid_from,
       upper(during) as valid_until, recorded_at as said_at
  from told order by recorded_at

-- name: set_prices :one
-- One statement writes the prices and their history; what is so already is left alone, so that
-- an import of the same file writes nothing.
with given as (
    select * from unnest($2::uuid[], $3::uuid[], $4::int[], $5::smallint[], $6::bigint[], $7::bigint[],
                         $8::timestamptz[], $9::timestamptz[], $11::text[])
        as g (id, variant_id, min_quantity, priority, amount_minor, compare_at_minor, valid_from,
              valid_until, mix_group)),
written as (
    insert into pricing.price as p
           (id, price_list_id, variant_id, min_quantity, priority, amount_minor, compare_at_minor,
            during, updated_at, mix_group)
    select id, $1, variant_id, min_quantity, priority, amount_minor, compare_at_minor,
           tstzrange(valid_from, valid_until, '[)'), $10, mix_group
      from given
     order by variant_id, min_quantity, priority, valid_from nulls first
        on conflict on constraint price_same do update
       set amount_minor = excluded.amount_minor, compare_at_minor = excluded.compare_at_minor,
           mix_group = excluded.mix_group, updated_at = excluded.updated_at
     where (p.amount_minor, p.compare_at_minor, p.mix_group)
           is distinct from (excluded.amount_minor, excluded.compare_at_minor, excluded.mix_group)
    returning p.id, p.price_list_id, p.variant_id, p.min_quantity, p.priority, p.amount_minor,
              p.compare_at_minor, p.during, p.mix_group),
recorded as (
    insert into pricing.price_change
           (price_id, price_list_id, variant_id, min_quantity, priority, amount_minor,
            compare_at_minor, during, recorded_at, mix_group)
    select id, price_list_id, variant_id, min_quantity, priority, amount_minor, compare_at_minor,
           during, $10, mix_group
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
       lower(during) as valid_from, upper(during) as valid_until, mix_group
  from pricing.price
 where variant_id = any ($1::uuid[])
 order by variant_id, price_list_id, id

-- name: prices :many
-- $2: only these variants (null: all); $3, $4: after this variant and price.
select id, price_list_id, variant_id, min_quantity, priority, amount_minor, compare_at_minor,
       lower(during) as valid_from, upper(during) as valid_until, mix_group
  from pricing.price
 where price_list_id = $1
   and ($2::uuid[] is null or variant_id = any ($2))
   and ($3::uuid is null or (variant_id, id) > ($3, $4::uuid))
 order by variant_id, id
 limit $5

-- name: history :many
select id, price_id, min_quantity, priority, amount_minor, compare_at_minor,
       lower(during) as valid_from, upper(during) as valid_until, recorded_at, price_list_id
  from pricing.price_change
 where price_list_id = $1 and variant_id = $2 and id > $3
 order by id
 limit $4

-- name: history_of_lists :many
select id, price_id, min_quantity, priority, amount_minor, compare_at_minor,
       lower(during) as valid_from, upper(during) as valid_until, recorded_at, price_list_id
  from pricing.price_change
 where price_list_id = any ($1::uuid[]) and variant_id = $2
 order by id
 limit $3

-- name: insert_assignment :one?
-- Nothing for an unknown list. The currency is the list's: lists of several never compete (C9).
insert into pricing.assignment
       (id, price_list_id, level, channel_id, subject, currency, reference, priority, during,
        created_at)
select $1, l.id, $3, $4, $5, l.currency, $6, $7, tstzrange($8, $9, '[)'), $10
  from pricing.price_list l where l.id = $2
returning id, price_list_id, level, channel_id, subject, currency, reference, priority,
          lower(during) as valid_from, upper(during) as valid_until, created_at, ended_at

-- name: end_assignment :one?
update pricing.assignment set ended_at = $2 where id = $1 and ended_at is null
returning id, price_list_id, level, channel_id, subject, currency, reference, priority,
          lower(during) as valid_from, upper(during) as valid_until, created_at, ended_at

-- name: assignments :many
-- $1: only of this list; $2: only of this channel; $3: only of this subject; $4: ids after.
select id, price_list_id, level, channel_id, subject, currency, reference, priority,
       lower(during) as valid_from, upper(during) as valid_until, created_at, ended_at
  from pricing.assignment
 where ended_at is null
   and ($1::uuid is null or price_list_id = $1) and ($2::uuid is null or channel_id = $2)
   and ($3::text is null or subject = $3) and ($4::uuid is null or id > $4)
 order by id limit $5

-- name: public_terms :many
-- What is or was offered to everybody, in any channel; when each assignment really held.
select a.id as assignment_id, a.price_list_id, a.level, a.priority, a.channel_id, a.currency,
       case when a.level = 'market' then a.subject else '' end as market,
       l.tier_kind, l.tier_basis,
       case when lower(a.during) > a.created_at then lower(a.during) end as valid_from,
       a.created_at, upper(a.during) as valid_until, a.ended_at
  from pricing.assignment a join pricing.price_list l on l.id = a.price_list_id
 where a.level in ('market', 'channel')
 order by a.id

-- name: personal_terms :many
-- What is offered to one customer: $1 the channel, $2 its currency, $3 the customer's id as text,
-- $4, $5 the codes of the customer's groups and segments, $6 now.
select a.id as assignment_id, a.price_list_id, a.level, a.priority, l.tier_kind, l.tier_basis,
       lower(a.during) as valid_from, upper(a.during) as valid_until
  from pricing.assignment a join pricing.price_list l on l.id = a.price_list_id
 where a.ended_at is null and a.currency = $2
   and (a.channel_id is null or a.channel_id = $1)
   and (upper_inf(a.during) or upper(a.during) > $6)
   and (a.level in ('contract', 'customer') and a.subject = $3
        or a.level = 'group' and a.subject = any ($4::text[])
        or a.level = 'segment' and a.subject = any ($5::text[]))
 order by a.id

-- name: has_personal :one
-- Whether anything is offered to single customers or groups in a channel, now or later.
select exists (
    select from pricing.assignment
     where ended_at is null and level in ('contract', 'customer', 'group', 'segment')
       and currency = $2 and (channel_id is null or channel_id = $1)
       and (upper_inf(during) or upper(during) > $3)) as personal

-- name: policies :many
select channel_id, choice, levels, gross_policy, was_price, hold_minutes, tell_personal, version
  from pricing.channel_policy where $1::uuid is null or channel_id = $1

-- name: set_policy :one?
-- Version 0 is the policy that was never set.
insert into pricing.channel_policy as p
       (channel_id, choice, levels, gross_policy, was_price, hold_minutes, tell_personal, version,
        updated_at)
select $1, $3, $4, $5, $6, $8, $9, 1, $7 where $2 = 0
    on conflict (channel_id) do nothing
returning version

-- name: change_policy :one?
update pricing.channel_policy
   set choice = $3, levels = $4, gross_policy = $5, was_price = $6, hold_minutes = $8,
       tell_personal = $9, version = version + 1, updated_at = $7
 where channel_id = $1 and version = $2
returning version

-- name: lock_facts :one
-- Costs and measures are written one after another, so that a version that was compared is the one
-- that is replaced, also of what was not there.
select pg_advisory_xact_lock(hashtext('pricing.fact'))

-- name: set_costs :one
with written as (
    insert into pricing.cost as c (variant_id, currency, amount_minor, updated_at, version)
    select g.variant_id, g.currency, g.amount_minor, $4, nextval('pricing.fact_version')
      from unnest($1::uuid[], $2::text[], $3::bigint[]) as g (variant_id, currency, amount_minor)
     order by g.variant_id, g.currency
        on conflict on constraint cost_pkey do update
       set amount_minor = excluded.amount_minor, updated_at = excluded.updated_at,
           version = excluded.version
     where c.amount_minor <> excluded.amount_minor
    returning 1)
select count(*) as changed from written

-- name: set_dated_costs :one
with written as (
    insert into pricing.dated_cost as c
           (variant_id, currency, during, amount_minor, updated_at, version)
    select g.variant_id, g.currency, tstzrange(g.valid_from, g.valid_until), g.amount_minor, $6,
           nextval('pricing.fact_version')
      from unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[])
        as g (variant_id, currency, amount_minor, valid_from, valid_until)
     order by g.variant_id, g.currency, g.valid_from
        on conflict on constraint dated_cost_pkey do update
       set amount_minor = excluded.amount_minor, updated_at = excluded.updated_at,
           version = excluded.version
     where c.amount_minor <> excluded.amount_minor
    returning 1)
select count(*) as changed from written

-- name: drop_costs :one
-- Without a period ($3, $4 both null): the cost that always holds.
with given as (
    select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[])
        as g (variant_id, currency, valid_from, valid_until)),
plain as (
    delete from pricing.cost c using given g
     where g.valid_from is null and g.valid_until is null
       and c.variant_id = g.variant_id and c.currency = g.currency
    returning 1),
dated as (
    delete from pricing.dated_cost c using given g
     where (g.valid_from is not null or g.valid_until is not null)
       and c.variant_id = g.variant_id and c.currency = g.currency
       and c.during = tstzrange(g.valid_from, g.valid_until)
    returning 1)
select (select count(*) from plain) + (select count(*) from dated) as dropped

-- name: costs :many
-- Of a variant and currency: the one that always holds, then those with a period.
select variant_id, currency, amount_minor, null::timestamptz as valid_from,
       null::timestamptz as valid_until, version
  from pricing.cost where variant_id = any ($1::uuid[])
 union all
select variant_id, currency, amount_minor, lower(during), upper(during), version
  from pricing.dated_cost where variant_id = any ($1::uuid[])
 order by variant_id, currency, valid_from nulls first, valid_until nulls first

-- name: costs_after :many
-- Of all variants, in the order of `costs`, after a variant ($1), currency ($2) and period ($3, $4).
select variant_id, currency, amount_minor, valid_from, valid_until, version from (
    (select variant_id, currency, amount_minor, null::timestamptz as valid_from,
            null::timestamptz as valid_until, version
       from pricing.cost
      where (variant_id, currency) > ($1, $2::text)
      order by variant_id, currency limit $5)
     union all
    (select variant_id, currency, amount_minor, lower(during), upper(during), version
       from pricing.dated_cost
      where (variant_id, currency) >= ($1, $2::text)
        and (variant_id, currency, coalesce(lower(during), '-infinity'), coalesce(upper(during), '-infinity'))
          > ($1, $2::text, coalesce($3::timestamptz, '-infinity'), coalesce($4::timestamptz, '-infinity'))
      order by variant_id, currency, during limit $5)) as found
 order by variant_id, currency, valid_from nulls first, valid_until nulls first limit $5

-- name: costs_at :many
-- What units cost in a currency ($2) at an instant ($3): by period, else as it always is.
select v.id as variant_id, coalesce(d.amount_minor, c.amount_minor) as amount_minor
  from unnest($1::uuid[]) as v (id)
  left join pricing.cost c on c.variant_id = v.id and c.currency = $2
  left join pricing.dated_cost d on d.variant_id = v.id and d.currency = $2 and d.during @> $3::timestamptz
 where coalesce(d.amount_minor, c.amount_minor) is not null

-- name: set_measures :many
insert into pricing.measure as m
       (variant_id, content, unit, drained, base_quantity, base_unit, updated_at, version)
select g.*, $7, nextval('pricing.fact_version')
  from unnest($1::uuid[], $2::numeric[], $3::text[], $4::numeric[], $5::numeric[], $6::text[])
    as g (variant_id, content, unit, drained, base_quantity, base_unit)
 order by g.variant_id
    on conflict on constraint measure_pkey do update
   set content = excluded.content, unit = excluded.unit, drained = excluded.drained,
       base_quantity = excluded.base_quantity, base_unit = excluded.base_unit,
       updated_at = excluded.updated_at, version = excluded.version
 where (m.content, m.unit, m.drained, m.base_quantity, m.base_unit) is distinct from
       (excluded.content, excluded.unit, excluded.drained, excluded.base_quantity, excluded.base_unit)
returning variant_id

-- name: drop_measures :many
delete from pricing.measure where variant_id = any ($1::uuid[]) returning variant_id

-- name: measures :many
select variant_id, content, unit, drained, base_quantity, base_unit, version
  from pricing.measure where variant_id = any ($1::uuid[]) order by variant_id

-- name: measures_after :many
select variant_id, content, unit, drained, base_quantity, base_unit, version
  from pricing.measure where variant_id > $1 order by variant_id limit $2
