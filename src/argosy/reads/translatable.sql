-- name: products_with_options :many
select p.id from catalog.product p
where p.id > $2 and exists (
  select from jsonb_array_elements(p.options) o where o ->> 'name' = any ($1::text[]))
order by p.id limit $3;

-- name: products_texts :many
-- $1: of these only (null: of all), $2: those after it, at most $3 of them.
select t.id::text as entity, t.title as name, f.field, f.text, f.html
from (
  select * from catalog.product p
   where ($1::uuid[] is null or p.id = any ($1)) and p.id > $2::uuid order by p.id limit $3) t
cross join lateral (
  select * from (values
    ('title', t.title, false), ('description', t.description, true),
    ('seo_title', t.seo_title, false), ('seo_description', t.seo_description, false)
  ) as own (field, text, html)
  union all
  select 'attribute:' || a.code, v.value #>> '{}', a.kind = 'rich_text'
    from jsonb_each(t.attributes) as v (code, value)
    join catalog.attribute a on a.code = v.code and a.kind in ('text', 'rich_text')
   where jsonb_typeof(v.value) = 'string'
  union all
  -- What its shoppers are asked, and what they may choose.
  select 'input:' || (i.value ->> 'code'), i.value ->> 'label', false
    from personalisation.product a cross join lateral jsonb_array_elements(a.inputs) i
   where a.product_id = t.id
  union all
  select 'input:' || (i.value ->> 'code') || ':' || (c.value ->> 'code'), c.value ->> 'label', false
    from personalisation.product a cross join lateral jsonb_array_elements(a.inputs) i
    cross join lateral jsonb_array_elements(coalesce(i.value -> 'choices', '[]')) c
   where a.product_id = t.id) f
where f.text <> ''
order by t.id, f.field collate "C";

-- name: variants_texts :many
select t.id::text as entity, t.sku as name, f.field, f.text, f.html
from (
  select * from catalog.variant v
   where ($1::uuid[] is null or v.id = any ($1)) and v.id > $2::uuid order by v.id limit $3) t
cross join lateral (
  select 'title' as field, t.title as text, false as html
  union all
  select 'attribute:' || a.code, v.value #>> '{}', a.kind = 'rich_text'
    from jsonb_each(t.attributes) as v (code, value)
    join catalog.attribute a on a.code = v.code and a.kind in ('text', 'rich_text')
   where jsonb_typeof(v.value) = 'string') f
where f.text <> ''
order by t.id, f.field collate "C";

-- name: categories_texts :many
select t.id::text as entity, t.path as name, f.field, f.text, f.html
from (
  select * from catalog.category c
   where ($1::uuid[] is null or c.id = any ($1)) and c.id > $2::uuid order by c.id limit $3) t
cross join lateral (values
  ('name', t.name, false), ('description', t.description, false)) as f (field, text, html)
where f.text <> ''
order by t.id, f.field collate "C";

-- name: collections_texts :many
select t.id::text as entity, t.title as name, f.field, f.text, f.html
from (
  select * from collections.collection c
   where ($1::uuid[] is null or c.id = any ($1)) and c.id > $2::uuid order by c.id limit $3) t
cross join lateral (values
  ('title', t.title, false), ('description', t.description, true),
  ('seo_title', t.seo_title, false), ('seo_description', t.seo_description, false)
) as f (field, text, html)
where f.text <> ''
order by t.id, f.field collate "C";

-- name: brands_texts :many
select t.id::text as entity, t.name, f.field, f.text, f.html
from (
  select * from brands.brand b
   where ($1::uuid[] is null or b.id = any ($1)) and b.id > $2::uuid order by b.id limit $3) t
cross join lateral (values
  ('description', t.description, true), ('seo_title', t.seo_title, false),
  ('seo_description', t.seo_description, false)) as f (field, text, html)
where f.text <> ''
order by t.id, f.field collate "C";

-- name: attributes_texts :many
select t.code as entity, t.label as name, f.field, f.text, false as html
from (
  select * from catalog.attribute a
   where ($1::text[] is null or a.code = any ($1)) and a.code > $2::text collate "C"
   order by a.code collate "C" limit $3) t
cross join lateral (
  select 'label' as field, t.label as text
  union
  select 'choice:' || c, c from jsonb_array_elements_text(t.choices) c
   where t.kind in ('choice', 'swatch')
  union
  select 'choice:' || c, c from unnest(array['Yes', 'No']) c where t.kind = 'boolean') f
where f.text <> ''
order by t.code collate "C", f.field collate "C";

-- name: options_texts :many
with held as (
  select o ->> 'name' as name, o -> 'values' as vals
  from catalog.product p cross join lateral jsonb_array_elements(p.options) o
  where $1::text[] is null or o ->> 'name' = any ($1)),
named as (
  select distinct name collate "C" as name from held where name collate "C" > $2::text
  order by name limit $3)
select n.name as entity, n.name, f.field, f.text, false as html
from named n
cross join lateral (
  select 'name' as field, n.name as text
  union
  select 'value:' || v, v from held h cross join lateral jsonb_array_elements_text(h.vals) v
   where h.name = n.name) f
where f.text <> ''
order by n.name, f.field collate "C";
