-- name: next_revision :one
select nextval('projections.revision') as revision;

-- name: find_terms :many
select t.id, t.channel_id, t.code, t.value, t.position, t.swatch,
       f.label as facet_label, f.unit as facet_unit, f.position as facet_position
from unnest($1::uuid[], $2::text[], $3::text[]) as w (channel_id, code, value)
join projections.term t
  on t.channel_id = w.channel_id and t.code = w.code and t.value = w.value
left join projections.facet f on f.channel_id = t.channel_id and f.code = t.code;

-- name: save_terms :exec
-- Only a definition says what a value looks like ('': like nothing): an option of the same name and
-- value says nothing, which is null.
insert into projections.term as t (channel_id, code, value, label, position, swatch)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[])
  as w (channel_id, code, value, label, position, swatch)
order by channel_id, code, value
on conflict (channel_id, code, value) do update
set position = greatest(t.position, excluded.position),
    swatch = coalesce(excluded.swatch, t.swatch);

-- name: save_facets :exec
insert into projections.facet (channel_id, code, label, unit, position)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[])
  as w (channel_id, code, label, unit, position)
order by channel_id, code
on conflict (channel_id, code) do update
set label = excluded.label, unit = excluded.unit, position = excluded.position;

-- name: save_products :many
insert into projections.product as p
  (channel_id, product_id, slot, valid_from, valid_until, due_at, visible, slug, document, card,
   categories, facets, buyable, revision, projected_at)
select channel_id, product_id, slot, coalesce(valid_from, '-infinity'),
       coalesce(valid_until, 'infinity'), due_at, document is not null, slug, document, card,
       categories::int[], facets::int[], buyable, $11, $12
from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[], $5::timestamptz[],
            $6::timestamptz[], $7::text[], $8::bytea[], $9::bytea[], $10::text[], $13::text[],
            $14::boolean[])
  as w (channel_id, product_id, slot, valid_from, valid_until, due_at, slug, document, card,
        categories, facets, buyable)
order by product_id, channel_id, slot
on conflict (product_id, channel_id, slot) do update
set valid_from = excluded.valid_from, valid_until = excluded.valid_until,
    due_at = excluded.due_at, visible = excluded.visible, slug = excluded.slug,
    document = excluded.document, card = excluded.card, categories = excluded.categories,
    facets = excluded.facets, buyable = excluded.buyable, revision = excluded.revision,
    projected_at = excluded.projected_at
where p.revision < excluded.revision
returning new.channel_id, new.product_id, new.slot, old.categories, old.facets, old.buyable,
          old.slug is distinct from new.slug or old.document is distinct from new.document
          or old.valid_until is distinct from new.valid_until as page_changed,
          old.card is distinct from new.card or old.categories is distinct from new.categories
          or old.facets is distinct from new.facets
          or old.valid_until is distinct from new.valid_until as card_changed;

-- name: drop_upcoming :many
delete from projections.product p
using unnest($1::uuid[], $2::uuid[]) as w (channel_id, product_id)
where p.product_id = w.product_id and p.channel_id = w.channel_id and p.slot = 1
  and p.revision < $3
returning p.channel_id, p.product_id, p.slot, p.categories, p.facets;

-- name: save_placements :many
insert into projections.placement as p
  (category, product_id, slot, valid_from, valid_until, position, price_minor, listed_at, name_key,
   buyable)
select category, product_id, slot, coalesce(valid_from, '-infinity'),
       coalesce(valid_until, 'infinity'), position, price_minor, listed_at, name_key, buyable
from unnest($1::int[], $2::uuid[], $3::smallint[], $4::timestamptz[], $5::timestamptz[],
            $6::int[], $7::bigint[], $8::timestamptz[], $9::text[], $10::boolean[])
  as w (category, product_id, slot, valid_from, valid_until, position, price_minor, listed_at,
        name_key, buyable)
order by category, product_id, slot
on conflict (category, product_id, slot) do update
set valid_from = excluded.valid_from, valid_until = excluded.valid_until,
    position = excluded.position, price_minor = excluded.price_minor,
    listed_at = excluded.listed_at, name_key = excluded.name_key, buyable = excluded.buyable
where (p.valid_from, p.valid_until, p.position, p.price_minor, p.listed_at, p.name_key, p.buyable)
   is distinct from (excluded.valid_from, excluded.valid_until, excluded.position,
                     excluded.price_minor, excluded.listed_at, excluded.name_key, excluded.buyable)
returning p.category;

-- name: drop_placements :exec
delete from projections.placement p
using unnest($1::int[], $2::uuid[], $3::smallint[]) as w (category, product_id, slot)
where p.category = w.category and p.product_id = w.product_id and p.slot = w.slot;

-- name: save_offers :many
insert into projections.offer as o
  (channel_id, variant_id, slot, product_id, valid_from, valid_until, facets, terms, price_minor)
select channel_id, variant_id, slot, product_id, coalesce(valid_from, '-infinity'),
       coalesce(valid_until, 'infinity'), facets::int[], categories::int[] || facets::int[],
       price_minor
from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::uuid[], $5::timestamptz[],
            $6::timestamptz[], $7::text[], $8::text[], $9::bigint[])
  as w (channel_id, variant_id, slot, product_id, valid_from, valid_until, categories, facets,
        price_minor)
order by variant_id, channel_id, slot
on conflict (variant_id, channel_id, slot) do update
set product_id = excluded.product_id, valid_from = excluded.valid_from,
    valid_until = excluded.valid_until, facets = excluded.facets, terms = excluded.terms,
    price_minor = excluded.price_minor
where (o.product_id, o.valid_from, o.valid_until, o.terms, o.price_minor)
   is distinct from (excluded.product_id, excluded.valid_from, excluded.valid_until,
                     excluded.terms, excluded.price_minor)
returning o.channel_id, o.product_id;

-- name: drop_offers :many
delete from projections.offer o
using unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[])
  as w (channel_id, product_id, slot, kept)
where o.product_id = w.product_id and o.channel_id = w.channel_id and o.slot = w.slot
  and o.variant_id <> all (w.kept::uuid[])
returning o.channel_id, o.product_id;

-- name: save_variants :many
insert into projections.variant as v
  (channel_id, variant_id, slot, product_id, valid_from, valid_until, position, body, picks, state,
   price_minor)
select channel_id, variant_id, slot, product_id, coalesce(valid_from, '-infinity'),
       coalesce(valid_until, 'infinity'), position, body, picks::text[], state, price_minor
from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::uuid[], $5::timestamptz[],
            $6::timestamptz[], $7::int[], $8::bytea[], $9::text[], $10::smallint[], $11::bigint[])
  as w (channel_id, variant_id, slot, product_id, valid_from, valid_until, position, body, picks,
        state, price_minor)
order by variant_id, channel_id, slot
on conflict (variant_id, channel_id, slot) do update
set product_id = excluded.product_id, valid_from = excluded.valid_from,
    valid_until = excluded.valid_until, position = excluded.position, body = excluded.body,
    picks = excluded.picks, state = excluded.state, price_minor = excluded.price_minor
where (v.product_id, v.valid_from, v.valid_until, v.position, v.body, v.picks, v.state,
       v.price_minor)
   is distinct from (excluded.product_id, excluded.valid_from, excluded.valid_until,
                     excluded.position, excluded.body, excluded.picks, excluded.state,
                     excluded.price_minor)
returning v.channel_id, v.product_id;

-- name: drop_variants :many
delete from projections.variant v
using unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[])
  as w (channel_id, product_id, slot, kept)
where v.product_id = w.product_id and v.channel_id = w.channel_id and v.slot = w.slot
  and v.variant_id <> all (w.kept::uuid[])
returning v.channel_id, v.product_id;

-- name: count_facets :exec
insert into projections.facet_count as c (category, term, products)
select * from unnest($1::int[], $2::int[], $3::int[]) as w (category, term, products)
order by category, term
on conflict (category, term) do update set products = c.products + excluded.products;

-- name: lock_facet_counts :exec
lock table projections.facet_count in share row exclusive mode;

-- name: recount_facets :one
with actual as (
  select c.category, t.term, count(*)::int as products
  from projections.product p
  cross join lateral unnest(p.categories) as c (category)
  cross join lateral unnest(
    p.facets || c.category || case when p.buyable then array[0] else '{}' end) as t (term)
  where p.slot = 0 and p.visible
  group by c.category, t.term
), fixed as (
  insert into projections.facet_count as f (category, term, products)
  select category, term, products from actual
  on conflict (category, term) do update set products = excluded.products
  where f.products <> excluded.products
  returning f.category
), emptied as (
  delete from projections.facet_count f
  where not exists (select from actual a where a.category = f.category and a.term = f.term)
  returning f.products
)
select (select count(*) from fixed) + (select count(*) from emptied where products <> 0)
  as corrected;

-- name: mark_pending :exec
insert into projections.pending (product_id, changed_at, try_at)
select product_id, $2, $3 from unnest($1::uuid[]) as w (product_id);

-- name: claim_pending :many
-- With the marks that came after of the same products: one projection answers all of them.
with due as (
  select id, product_id from projections.pending where try_at <= $1
  order by try_at, id limit $2 for update skip locked
), later as (
  select p.id from (select distinct product_id from due) d
  join projections.pending p using (product_id)
  where p.try_at <= $1 for update of p skip locked
), taken as (
  delete from projections.pending p
  using (select id from due union select id from later) as t where p.id = t.id
  returning p.product_id, p.changed_at
)
select product_id, min(changed_at) as changed_at from taken group by product_id;

-- name: waits_since :one?
select changed_at from projections.pending where tries = 0 order by try_at, id limit 1;

-- name: claim_scheduled :many
select product_id, due_at from projections.product
where due_at <= $1 order by due_at limit $2 for update skip locked;

-- name: park :exec
with unscheduled as (
  update projections.product set due_at = null where product_id = $1 and due_at <= $2
), before as (
  delete from projections.pending where product_id = $1 and try_at <= $2
  returning tries, changed_at
)
insert into projections.pending (product_id, changed_at, try_at, tries, error)
select $1, coalesce(min(changed_at), $2),
       $2 + least(3600, 2 ^ (coalesce(max(tries), 0) + 2)) * interval '1 second',
       coalesce(max(tries), 0) + 1, $3
from before;

-- name: mark_parts :exec
-- Without a variant: all of the product.
insert into projections.pending_part (product_id, variant_id, changed_at, try_at)
select product_id, variant_id, $3, $4 from unnest($1::uuid[], $2::uuid[]) as w (product_id, variant_id);

-- name: unschedule :exec
update projections.product set due_at = null where product_id = any ($1::uuid[]) and due_at <= $2;

-- name: next_part :one?
select product_id from projections.pending_part where try_at <= $1
order by try_at, id limit 1 for update skip locked;

-- name: parts_wait :one
select exists (select from projections.pending_part where try_at <= $1) as wait;

-- name: lock_large :one
select pg_advisory_xact_lock(hashtextextended('projections ' || $1::uuid, 0)) is null as locked;

-- name: hold_products :one
-- In one order, so that two batches that share products do not wait for each other.
select count(pg_advisory_xact_lock(key)) as held
from (select distinct hashtextextended('projections ' || id, 0) as key
      from unnest($1::uuid[]) as id order by key) as locks;

-- name: stored_in :many
select channel_id, array_agg(distinct product_id) as products
from projections.product where product_id = any ($1::uuid[]) group by channel_id;

-- name: shown_in :many
-- Also where the product is about to be shown.
select product_id, array_agg(distinct channel_id) as windows
from projections.product
where product_id = any ($1::uuid[]) and (visible or slot = 1)
group by product_id;

-- name: take_parts :many
delete from projections.pending_part
where id in (
  select id from projections.pending_part where product_id = $1 and try_at <= $2
  order by id limit $3 for update skip locked)
returning variant_id;

-- name: kept_places :many
select channel_id, slot, nullif(valid_until, 'infinity') as valid_until, categories
from projections.product where product_id = $1;

-- name: drop_offers_of_part :many
delete from projections.offer o
using unnest($1::uuid[], $2::smallint[], $3::uuid[]) as w (channel_id, slot, variant_id)
where o.variant_id = w.variant_id and o.channel_id = w.channel_id and o.slot = w.slot
returning o.channel_id, o.product_id;

-- name: drop_variants_of_part :many
delete from projections.variant v
using unnest($1::uuid[], $2::smallint[], $3::uuid[]) as w (channel_id, slot, variant_id)
where v.variant_id = w.variant_id and v.channel_id = w.channel_id and v.slot = w.slot
returning v.channel_id, v.product_id;

-- name: drop_offers_besides :many
-- Of a product ($1) the rows of these channels ($2) that are in no place ($3, $4) or of no variant
-- ($5) that it has.
with gone as (
  select o.channel_id, o.slot, o.variant_id
  from projections.offer o
  left join unnest($3::uuid[], $4::smallint[]) as p (channel_id, slot)
    on p.channel_id = o.channel_id and p.slot = o.slot
  left join unnest($5::uuid[]) as k (id) on k.id = o.variant_id
  where o.product_id = $1 and o.channel_id = any ($2::uuid[])
    and (p.channel_id is null or k.id is null)
)
delete from projections.offer o
using gone g
where o.variant_id = g.variant_id and o.channel_id = g.channel_id and o.slot = g.slot
returning o.channel_id, o.product_id;

-- name: drop_variants_besides :many
with gone as (
  select v.channel_id, v.slot, v.variant_id
  from projections.variant v
  left join unnest($3::uuid[], $4::smallint[]) as p (channel_id, slot)
    on p.channel_id = v.channel_id and p.slot = v.slot
  left join unnest($5::uuid[]) as k (id) on k.id = v.variant_id
  where v.product_id = $1 and v.channel_id = any ($2::uuid[])
    and (p.channel_id is null or k.id is null)
)
delete from projections.variant v
using gone g
where v.variant_id = g.variant_id and v.channel_id = g.channel_id and v.slot = g.slot
returning v.channel_id, v.product_id;

-- name: retag_offers :many
update projections.offer o set terms = w.categories::int[] || o.facets
from unnest($2::uuid[], $3::smallint[], $4::text[]) as w (channel_id, slot, categories)
where o.product_id = $1 and o.channel_id = w.channel_id and o.slot = w.slot
  and o.terms is distinct from w.categories::int[] || o.facets
returning o.channel_id, o.product_id;

-- name: summaries :many
-- What the variants of a product amount to in each place: one range of an index for each question.
select w.channel_id, w.slot, t.variants, t.best, t.cheapest, t.highest, t.bodies, t.positions,
       t.states, t.facets
from unnest($2::uuid[], $3::smallint[]) as w (channel_id, slot)
cross join lateral (
  select a.variants, a.best,
         (select v.body from projections.variant v
          where v.product_id = $1 and v.channel_id = w.channel_id and v.slot = w.slot
            and v.price_minor is not null and (v.state < 3 or a.best = 3)
          order by v.price_minor, v.position, v.variant_id limit 1) as cheapest,
         (select max(v.price_minor) from projections.variant v
          where v.product_id = $1 and v.channel_id = w.channel_id and v.slot = w.slot
            and (v.state < 3 or a.best = 3)) as highest,
         (select array_agg(f.body order by f.position, f.variant_id) from (
            select v.body, v.position, v.variant_id from projections.variant v
            where v.product_id = $1 and v.channel_id = w.channel_id and v.slot = w.slot
            order by v.position, v.variant_id limit $4) f) as bodies,
         (select array_agg(f.position order by f.position, f.variant_id) from (
            select v.position, v.variant_id from projections.variant v
            where v.product_id = $1 and v.channel_id = w.channel_id and v.slot = w.slot
            order by v.position, v.variant_id limit $4) f) as positions,
         (select jsonb_agg(jsonb_build_array(g.place, g.value, g.best)) from (
            select u.place, u.value, min(v.state) as best
            from projections.variant v
            cross join lateral unnest(v.picks) with ordinality as u (value, place)
            where v.product_id = $1 and v.channel_id = w.channel_id and v.slot = w.slot
              and u.value is not null
            group by u.place, u.value) g) as states,
         (select array_agg(d.term) from (
            select distinct f.term
            from projections.offer o cross join lateral unnest(o.facets) as f (term)
            where o.product_id = $1 and o.channel_id = w.channel_id and o.slot = w.slot) d) as facets
  from (
    select count(*) as variants, min(v.state) as best
    from projections.variant v
    where v.product_id = $1 and v.channel_id = w.channel_id and v.slot = w.slot) a
  where a.variants > 0) t;

-- name: product_page :one?
select product_id, document, nullif(valid_until, 'infinity') as valid_until
from projections.product
where channel_id = $1 and slug = $2 and visible and valid_from <= $3 and valid_until > $3
order by revision desc limit 1;

-- name: variants_page :one?
with shown as (
  select product_id, slot, valid_until from projections.product
  where channel_id = $1 and slug = $2 and visible and valid_from <= $3 and valid_until > $3
  order by revision desc limit 1
), page as (
  -- Lateral, as only a range of one product comes in the order of the index.
  select p.body, p.position, p.variant_id
  from shown s cross join lateral (
    select v.body, v.position, v.variant_id from projections.variant v
    where v.product_id = s.product_id and v.channel_id = $1 and v.slot = s.slot
      and (v.position, v.variant_id) > ($4::int, $5::uuid)
    order by v.position, v.variant_id limit $6) p
)
select s.product_id, nullif(s.valid_until, 'infinity') as valid_until,
       (select array_agg(body order by position, variant_id) from page) as bodies,
       (select array_agg(position order by position, variant_id) from page) as positions,
       (select array_agg(variant_id order by position, variant_id) from page) as variant_ids
from shown s;

-- name: pick :one?
-- What is left to choose of a product. `wanted` are the chosen values in the order of its options:
-- those of $4 and $5, or ($7) of the variant that the page is seen from: $6, else the first that can
-- be bought. A value is counted with the variants that have it and all that is chosen of the other
-- options; `lead` tells the variant that it leads to: one that can be bought, with the fewest other
-- values changed, the first. One range of variant_by_price.
with shown as materialized (
  select product_id, slot, nullif(valid_until, 'infinity') as valid_until,
         convert_from(document, 'UTF8')::jsonb -> 'options' as options
  from projections.product
  where channel_id = $1 and slug = $2 and visible and valid_from <= $3 and valid_until > $3
  order by revision desc limit 1
), seen as materialized (
  select f.picks, f.body from shown s cross join lateral (
    select 0 as n, v.picks, v.body from projections.variant v
    where v.variant_id = $6 and v.product_id = s.product_id and v.channel_id = $1 and v.slot = s.slot
    union all
    (select 1, v.picks, v.body from projections.variant v
     where v.product_id = s.product_id and v.channel_id = $1 and v.slot = s.slot
       and v.state < 3 and v.price_minor is not null
     order by v.position, v.variant_id limit 1)
    union all
    (select 2, v.picks, v.body from projections.variant v
     where v.product_id = s.product_id and v.channel_id = $1 and v.slot = s.slot
     order by v.position, v.variant_id limit 1)) f
  where $7 order by f.n limit 1
), wanted as materialized (
  select case when $7 then (select picks from seen) else (
    select array_agg(c.value order by o.n)
    from jsonb_array_elements(s.options) with ordinality as o (option, n)
    left join unnest($4::text[], $5::text[]) as c (code, value) on c.code = o.option ->> 'code')
    end as picks
  from shown s
), looked as materialized (
  select v.picks, v.state, v.price_minor, v.position, v.variant_id, w.picks as wanted,
         v.state = 3 or v.price_minor is null as is_sold_out,
         (w.picks[1] is not null and v.picks[1] is distinct from w.picks[1])::int
         + (w.picks[2] is not null and v.picks[2] is distinct from w.picks[2])::int
         + (w.picks[3] is not null and v.picks[3] is distinct from w.picks[3])::int
         + (w.picks[4] is not null and v.picks[4] is distinct from w.picks[4])::int
         + (w.picks[5] is not null and v.picks[5] is distinct from w.picks[5])::int as unlike
  from shown s
  cross join wanted w
  join projections.variant v
    on v.product_id = s.product_id and v.channel_id = $1 and v.slot = s.slot
), held as (
  select u.place, u.value,
         count(*) filter (where o.others = 0) as variants,
         count(*) filter (where o.others = 0 and not l.is_sold_out) as buyable,
         min(l.state) filter (where o.others = 0) as state,
         min(l.price_minor) filter (where o.others = 0 and not l.is_sold_out) as lowest,
         max(l.price_minor) filter (where o.others = 0 and not l.is_sold_out) as highest,
         min((l.is_sold_out::int::bigint << 44) + (o.others::bigint << 40)
             + l.position + 2147483648) as lead
  from looked l
  cross join lateral unnest(l.picks) with ordinality as u (value, place)
  cross join lateral (
    select l.unlike - (l.wanted[u.place] is not null
                       and u.value is distinct from l.wanted[u.place])::int as others) o
  where u.value is not null
  group by u.place, u.value
), leads as (
  select x.*, (
    select convert_from(v.body, 'UTF8')::jsonb ->> 'sku' from projections.variant v
    where v.product_id = s.product_id and v.channel_id = $1 and v.slot = s.slot
      and v.position = (x.lead & 1099511627775) - 2147483648 and v.picks[x.place] = x.value
    order by v.variant_id limit 1) as sku
  from shown s cross join held x
), matching as (
  select count(*) as variants, count(*) filter (where not is_sold_out) as buyable,
         (array_agg(variant_id))[1] as any_variant
  from looked where unlike = 0
)
select s.product_id, s.valid_until, s.options, w.picks as wanted, m.variants, m.buyable,
       coalesce((select body from seen), (
         select v.body from projections.variant v
         where m.variants = 1 and v.variant_id = m.any_variant and v.channel_id = $1
           and v.slot = s.slot)) as body,
       (select jsonb_agg(jsonb_build_array(
          place, value, variants, buyable, state, lowest, highest, lead >> 44,
          (lead >> 40) & 15, sku)) from leads) as values
from shown s cross join wanted w cross join matching m;

-- name: page_by_position :one
-- This and the next five: a page is one range of one index. PostgreSQL keeps a plan only if it looks no
-- dearer than one made for the values of a call, which it does not know then: without the bound of 101
-- it expects a tenth of the category, and with valid_from <= $3 that few rows pass. In a large shop
-- it would plan every call anew, at twice the cost of running it.
with page as (
  select * from (
    select product_id, slot, position as key from projections.placement
    where category = $1 and (buyable or not $8)
      and (valid_from > $3) is not true and (valid_until <= $3) is not true
      and (position, product_id) > (coalesce($4::int, -2147483648), coalesce($5::uuid, '00000000-0000-0000-0000-000000000000'))
    order by position, product_id limit 101) most
  limit $6
)
select array_agg(p.card order by g.key, g.product_id) as cards,
       array_agg(g.key order by g.key, g.product_id) as keys,
       array_agg(g.product_id order by g.key, g.product_id) as product_ids,
       projections.next_boundary($1, $3) as boundary,
       case when $7 then projections.category_facets($1) end as facets,
       (select products from projections.facet_count
        where category = $1 and term = case when $8 then 0 else $1 end) as total
from page g
join projections.product p
  on p.product_id = g.product_id and p.channel_id = $2 and p.slot = g.slot;

-- name: page_moved :one
-- As page_by_position, where some of the products ($9) stand by a key of their own ($10).
with moved as materialized (
  select * from unnest($9::uuid[], $10::bigint[]) as m (product_id, key)
), page as (
  select * from (
    select pl.product_id, pl.slot, m.key
    from moved m
    join projections.placement pl on pl.category = $1 and pl.product_id = m.product_id
    where (pl.buyable or not $8)
      and (pl.valid_from > $3) is not true and (pl.valid_until <= $3) is not true
      and (m.key, m.product_id) > (coalesce($4::bigint, -9223372036854775808), coalesce($5::uuid, '00000000-0000-0000-0000-000000000000'))
    union all (
    select product_id, slot, position::bigint as key from projections.placement
    where category = $1 and (buyable or not $8) and product_id <> all ($9::uuid[])
      and (valid_from > $3) is not true and (valid_until <= $3) is not true
      and (position, product_id) > (coalesce($4::bigint, -9223372036854775808), coalesce($5::uuid, '00000000-0000-0000-0000-000000000000'))
    order by position, product_id limit 101)) most
  order by key, product_id limit $6
)
select array_agg(p.card order by g.key, g.product_id) as cards,
       array_agg(g.key order by g.key, g.product_id) as keys,
       array_agg(g.product_id order by g.key, g.product_id) as product_ids,
       projections.next_boundary($1, $3) as boundary,
       case when $7 then projections.category_facets($1) end as facets,
       (select products from projections.facet_count
        where category = $1 and term = case when $8 then 0 else $1 end) as total
from page g
join projections.product p
  on p.product_id = g.product_id and p.channel_id = $2 and p.slot = g.slot;

-- name: page_by_price_up :one
with page as (
  select * from (
    select product_id, slot, price_minor as key from projections.placement
    where category = $1 and (buyable or not $8)
      and (valid_from > $3) is not true and (valid_until <= $3) is not true
      and (price_minor, product_id) > (coalesce($4::bigint, -1), coalesce($5::uuid, '00000000-0000-0000-0000-000000000000'))
    order by price_minor, product_id limit 101) most
  limit $6
)
select array_agg(p.card order by g.key, g.product_id) as cards,
       array_agg(g.key order by g.key, g.product_id) as keys,
       array_agg(g.product_id order by g.key, g.product_id) as product_ids,
       projections.next_boundary($1, $3) as boundary,
       case when $7 then projections.category_facets($1) end as facets,
       (select products from projections.facet_count
        where category = $1 and term = case when $8 then 0 else $1 end) as total
from page g
join projections.product p
  on p.product_id = g.product_id and p.channel_id = $2 and p.slot = g.slot;

-- name: page_by_price_down :one
with page as (
  select * from (
    select product_id, slot, price_minor as key from projections.placement
    where category = $1 and (buyable or not $8)
      and (valid_from > $3) is not true and (valid_until <= $3) is not true
      and (price_minor, product_id) < (coalesce($4::bigint, 9223372036854775807), coalesce($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    order by price_minor desc, product_id desc limit 101) most
  limit $6
)
select array_agg(p.card order by g.key desc, g.product_id desc) as cards,
       array_agg(g.key order by g.key desc, g.product_id desc) as keys,
       array_agg(g.product_id order by g.key desc, g.product_id desc) as product_ids,
       projections.next_boundary($1, $3) as boundary,
       case when $7 then projections.category_facets($1) end as facets,
       (select products from projections.facet_count
        where category = $1 and term = case when $8 then 0 else $1 end) as total
from page g
join projections.product p
  on p.product_id = g.product_id and p.channel_id = $2 and p.slot = g.slot;

-- name: page_by_age :one
with page as (
  select * from (
    select product_id, slot, listed_at as key from projections.placement
    where category = $1 and (buyable or not $8)
      and (valid_from > $3) is not true and (valid_until <= $3) is not true
      and (listed_at, product_id) < (coalesce($4::timestamptz, 'infinity'), coalesce($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    order by listed_at desc, product_id desc limit 101) most
  limit $6
)
select array_agg(p.card order by g.key desc, g.product_id desc) as cards,
       array_agg(g.key order by g.key desc, g.product_id desc) as keys,
       array_agg(g.product_id order by g.key desc, g.product_id desc) as product_ids,
       projections.next_boundary($1, $3) as boundary,
       case when $7 then projections.category_facets($1) end as facets,
       (select products from projections.facet_count
        where category = $1 and term = case when $8 then 0 else $1 end) as total
from page g
join projections.product p
  on p.product_id = g.product_id and p.channel_id = $2 and p.slot = g.slot;

-- name: page_by_name :one
with page as (
  select * from (
    select product_id, slot, name_key as key from projections.placement
    where category = $1 and (buyable or not $8)
      and (valid_from > $3) is not true and (valid_until <= $3) is not true
      and (name_key, product_id) > (coalesce($4::text, ''), coalesce($5::uuid, '00000000-0000-0000-0000-000000000000'))
    order by name_key, product_id limit 101) most
  limit $6
)
select array_agg(p.card order by g.key, g.product_id) as cards,
       array_agg(g.key order by g.key, g.product_id) as keys,
       array_agg(g.product_id order by g.key, g.product_id) as product_ids,
       projections.next_boundary($1, $3) as boundary,
       case when $7 then projections.category_facets($1) end as facets,
       (select products from projections.facet_count
        where category = $1 and term = case when $8 then 0 else $1 end) as total
from page g
join projections.product p
  on p.product_id = g.product_id and p.channel_id = $2 and p.slot = g.slot;

-- name: page_narrowed :one
-- The facets asked for are numbered 1 to 6, the rarest first: it goes through the index, together
-- with the category; the others are looked at where they are asked. `variations` asks the same with
-- each facet left out in turn, for the counts of its own values; with nothing else left to ask, the
-- kept counts answer that. `offset 0` keeps the planner from reading the whole category first.
with wanted as (
  select row_number() over (order by coalesce(sum(k.products), 0), f.code) as n, f.code,
         coalesce(array_agg(t.id) filter (where t.id is not null), '{}') as terms
  from unnest($8::text[], $9::text[]) as f (code, value)
  left join projections.term t
    on t.channel_id = $2 and t.code = f.code and t.value = f.value
  left join projections.facet_count k on k.category = $1 and k.term = t.id
  group by f.code
), asked as (
  select (select terms from wanted where n = 1) as g1, (select terms from wanted where n = 2) as g2,
         (select terms from wanted where n = 3) as g3, (select terms from wanted where n = 4) as g4,
         (select terms from wanted where n = 5) as g5, (select terms from wanted where n = 6) as g6
), variations as (
  select 0 as skipped, coalesce(g1, array[$1::int]) as g1, g2, g3, g4, g5, g6 from asked
  union all
  select w.n, case when w.n = 1 then coalesce(a.g2, array[$1::int]) else a.g1 end,
         case when w.n <> 2 then a.g2 end, case when w.n <> 3 then a.g3 end,
         case when w.n <> 4 then a.g4 end, case when w.n <> 5 then a.g5 end,
         case when w.n <> 6 then a.g6 end
  from wanted w cross join asked a
  where $13 and ((select count(*) from wanted) > 1
                 or $10::bigint is not null or $11::bigint is not null)
), varied as materialized (
  select v.skipped, o.product_id, o.slot, o.facets
  from variations v
  cross join lateral (
    select product_id, slot, facets from projections.offer
    where terms @> array[$1::int] and terms && v.g1
      and (v.g2 is null or terms && v.g2) and (v.g3 is null or terms && v.g3)
      and (v.g4 is null or terms && v.g4) and (v.g5 is null or terms && v.g5)
      and (v.g6 is null or terms && v.g6)
      and valid_from <= $3 and valid_until > $3
      and price_minor between coalesce($10::bigint, 0)
                          and coalesce($11::bigint, 9223372036854775807)
    offset 0
  ) o
), matched as materialized (
  select distinct product_id, slot from varied where skipped = 0
), sorted as (
  select m.product_id, m.slot,
         case $12::text when 'price' then pl.price_minor
                        when '-price' then -pl.price_minor
                        when 'newest' then -(extract(epoch from pl.listed_at) * 1000000)::bigint
                        when 'name' then 0
                        else coalesce(mv.key, pl.position) end as key,
         case $12::text when 'name' then pl.name_key else '' end as name_key
  from matched m
  join projections.placement pl
    on pl.category = $1 and pl.product_id = m.product_id and pl.slot = m.slot
  left join unnest($14::uuid[], $15::bigint[]) as mv (product_id, key)
    on mv.product_id = m.product_id
), page as (
  select * from sorted
  where (key, name_key, product_id) > (coalesce($4::bigint, -9223372036854775808),
         coalesce($5::text, ''), coalesce($6::uuid, '00000000-0000-0000-0000-000000000000'))
  order by key, name_key, product_id limit $7
), countable as (
  select coalesce(w.n, 0) as skipped, t.id as term
  from projections.term t
  left join wanted w on w.code = t.code
  where $13 and t.channel_id = $2 and t.code <> ''
), counted as materialized (
  select skipped, term, count(*)::int as products
  from (
    select distinct o.skipped, f.term, o.product_id
    from varied o cross join lateral unnest(o.facets) as f (term)
    where $13
  ) d
  group by skipped, term
), counts as (
  select k.term, k.products
  from counted k
  join countable c on c.term = k.term
  where c.skipped = k.skipped
  union all
  select k.term, k.products
  from projections.facet_count k
  join countable c on c.term = k.term
  where k.category = $1 and c.skipped not in (select skipped from variations)
)
select (select array_agg(p.card order by g.key, g.name_key, g.product_id)
        from page g join projections.product p
          on p.product_id = g.product_id and p.channel_id = $2 and p.slot = g.slot) as cards,
       (select array_agg(key order by key, name_key, product_id) from page) as keys,
       (select array_agg(name_key order by key, name_key, product_id) from page) as name_keys,
       (select array_agg(product_id order by key, name_key, product_id) from page) as product_ids,
       projections.next_boundary($1, $3) as boundary,
       case when $13 then (select projections.facets_of(array_agg(term), array_agg(products))
                           from counts) end as facets,
       (select count(*) from matched) as total;

-- name: ranked_showings :many
-- How products are shown, now or soon: instants are told as seconds, for they are only compared.
select product_id, slot, extract(epoch from valid_from)::float8 as since,
       extract(epoch from valid_until)::float8 as until, visible, buyable, categories, facets
from projections.product
where channel_id = $1 and product_id = any ($2::uuid[]);

-- name: ranked_offers :many
select o.product_id, o.slot, o.price_minor, o.facets
from unnest($2::uuid[], $3::smallint[]) as w (product_id, slot)
join projections.offer o
  on o.product_id = w.product_id and o.channel_id = $1 and o.slot = w.slot;

-- name: ranked_cards :many
select p.product_id, p.slot, p.card
from unnest($2::uuid[], $3::smallint[]) as w (product_id, slot)
join projections.product p
  on p.product_id = w.product_id and p.channel_id = $1 and p.slot = w.slot
where p.visible;

-- name: ranked_terms :many
select t.id, t.code, t.value, t.label, t.position, f.label as facet_label, f.unit as facet_unit,
       f.position as facet_position, t.swatch
from projections.term t
join projections.facet f on f.channel_id = t.channel_id and f.code = t.code
where t.id = any ($2::int[]) and t.channel_id = $1;

-- name: ranked_numbers :many
select t.id, t.code, t.value
from unnest($2::text[], $3::text[]) as f (code, value)
join projections.term t on t.channel_id = $1 and t.code = f.code and t.value = f.value;

-- name: search_texts :many
-- What is shown of these products in a channel now or from its next boundary on.
select distinct on (product_id) product_id, document
from projections.product
where channel_id = $1 and product_id = any ($2::uuid[]) and visible
order by product_id, slot;

-- name: search_variants :many
-- All variants of what search_texts tells of a product.
select v.body
from (select slot from projections.product
      where channel_id = $1 and product_id = $2 and visible order by slot limit 1) s
join projections.variant v
  on v.product_id = $2 and v.channel_id = $1 and v.slot = s.slot
order by v.position, v.variant_id;

-- name: shown_after :many
select distinct product_id
from projections.product
where channel_id = $1 and visible and product_id > $2
order by product_id limit $3;

-- name: cards_of :one
select array_agg(p.card order by r.rank) as cards
from unnest($2::uuid[]) with ordinality as r (product_id, rank)
join projections.product p on p.product_id = r.product_id and p.channel_id = $1
where p.visible and p.valid_from <= $3 and p.valid_until > $3;

-- name: lag :one
select count(*) filter (where tries = 0) + (select count(*) from projections.pending_part) as pending,
       count(*) filter (where tries > 0) as parked,
       least(min(changed_at), (select min(changed_at) from projections.pending_part)) as oldest,
       (select count(*) from projections.product where due_at <= $1) as overdue,
       (select min(due_at) from projections.product where due_at <= $1) as oldest_due
from projections.pending;

-- name: channel_status :many
select channel_id, count(*) filter (where slot = 0) as projected,
       count(*) filter (where slot = 0 and visible) as visible,
       count(*) filter (where due_at is not null) as scheduled,
       min(projected_at) as oldest
from projections.product group by channel_id order by channel_id;
