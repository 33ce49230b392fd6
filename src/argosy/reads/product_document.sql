-- name: product_sources :many
-- One row per product that exists, as the JSON of projections.SourceProduct, with its active variants,
-- or with those of $5 only.
select p.id, json_build_object(
  'id', p.id, 'slug', p.slug, 'title', p.title, 'status', p.status, 'created_at', p.created_at,
  'description', p.description, 'brand', p.brand, 'product_type', p.product_type,
  'seo_title', p.seo_title, 'seo_description', p.seo_description, 'options', p.options,
  'asked', (
    select jsonb_build_object('inputs', i.inputs, 'former', i.former)
    from personalisation.product i where i.product_id = p.id),
  -- The fold of approved reviews; what was imported counts until there is a first one.
  'rating', (
    select case when s.product_id is null then p.rating
                when s.approved > 0 then
                  jsonb_build_object('average', s.average::text, 'count', s.approved) end
    from (select p.id) as this (id) left join reviews.summary s on s.product_id = this.id),
  'attributes', (
    select coalesce(json_agg(json_build_object(
      'code', a.code, 'label', a.label, 'kind', a.kind, 'unit', a.unit, 'facet', a.facet,
      'position', a.position, 'choices', a.choices, 'swatches', a.swatches,
      'searchable', a.searchable, 'value', e.value) order by a.code), '[]')
    from jsonb_each(p.attributes) e
    join catalog.attribute a on a.code = e.key
    where jsonb_typeof(e.value) <> 'null'),
  -- Custom fields that shoppers may see.
  'fields', (
    select json_object_agg(d.code, coalesce(f.value, d.default_value))
    from fields.definition d
    left join fields.value f on f.subject = 'product' and f.entity_id = p.id
      and f.definition_id = d.id and f.n = 0
    where d.subject = 'product' and d.visible = 'storefront' and d.deleted_at is null
      and coalesce(f.value, d.default_value) is not null),
  'media', (
    select coalesce(json_agg(json_build_object(
      'id', m.id, 'storage_key', m.storage_key, 'content_type', m.content_type, 'kind', m.kind,
      'alt', m.alt, 'alts', m.alts, 'width', coalesce(a.width, m.width), 'height', coalesce(a.height, m.height),
      'focal_x', a.focal_x::float8, 'focal_y', a.focal_y::float8, 'colour', a.colour,
      'blurhash', a.blurhash, 'renditions', coalesce(a.renditions, '[]'))
      order by m.position, m.id), '[]')
    from catalog.media m left join media.asset a on a.key = m.storage_key
    where m.product_id = p.id),
  'placements', (
    select coalesce(json_agg(json_build_object('position', pc.position, 'trail', (
      select json_agg(json_build_object(
        'id', above.id, 'slug', above.slug, 'name', above.name, 'path', above.path)
        order by length(above.path))
      from catalog.category above
      where above.path = any (array(
        select array_to_string(steps[1:n], '/')
        from string_to_array(c.path, '/') as steps,
             generate_series(1, cardinality(steps)) as n))))), '[]')
    from catalog.product_category pc
    join catalog.category c on c.id = pc.category_id
    where pc.product_id = p.id),
  'publications', (
    select coalesce(json_agg(json_build_object(
      'channel_id', b.channel_id, 'publish_from', b.publish_from,
      'publish_until', b.publish_until)), '[]')
    from catalog.publication b where b.product_id = p.id),
  'variants', (
    select coalesce(json_agg(json_build_object(
      'id', v.id, 'sku', v.sku, 'title', v.title, 'gtin', v.gtin, 'options', v.options,
      'position', v.position, 'weight_g', v.weight_g, 'dimensions_mm', v.dimensions_mm,
      'requires_shipping', v.requires_shipping, 'tracks_inventory', v.tracks_inventory,
      'media_id', v.media_id,
      'bill', (select k.bill from kits.kit k where k.variant_id = v.id),
      'attributes', (
        select coalesce(json_agg(json_build_object(
          'code', a.code, 'label', a.label, 'kind', a.kind, 'unit', a.unit, 'facet', a.facet,
          'position', a.position, 'choices', a.choices, 'swatches', a.swatches,
          'searchable', a.searchable, 'value', e.value) order by a.code), '[]')
        from jsonb_each(v.attributes) e
        join catalog.attribute a on a.code = e.key),
      'prices', (
        select coalesce(json_agg(json_build_object(
          'price_list_id', r.price_list_id, 'min_quantity', r.min_quantity,
          'priority', r.priority, 'amount_minor', r.amount_minor,
          'price_id', r.id, 'mix_group', r.mix_group,
          'compare_at_minor', r.compare_at_minor,
          'valid_from', case when isfinite(lower(r.during)) then lower(r.during) end,
          'valid_until', case when isfinite(upper(r.during)) then upper(r.during) end)), '[]')
        from pricing.price r
        where r.variant_id = v.id and r.price_list_id = any ($2::uuid[])
          and (upper_inf(r.during) or upper(r.during) > $4)),
      -- A price that was set once and never changed cannot have been reduced (DOMAIN.md C5).
      'changes', (
        select case when count(*) > 1 then json_agg(json_build_object(
          'id', h.id, 'price_id', h.price_id, 'price_list_id', h.price_list_id,
          'priority', h.priority, 'amount_minor', h.amount_minor,
          'valid_from', case when isfinite(lower(h.during)) then lower(h.during) end,
          'valid_until', case when isfinite(upper(h.during)) then upper(h.during) end,
          'recorded_at', h.recorded_at) order by h.id) else '[]' end
        from (
          select * from pricing.price_change c
          where c.variant_id = v.id and c.price_list_id = any ($2::uuid[]) and c.min_quantity = 1
          order by c.id desc limit 500) h),
      'measure', (
        select json_build_object(
          'content', m.content::text, 'unit', m.unit, 'drained', m.drained::text,
          'base_quantity', m.base_quantity::text, 'base_unit', m.base_unit)
        from pricing.measure m where m.variant_id = v.id),
      'levels', (
        select coalesce(json_agg(json_build_object(
          'location_id', l.location_id,
          'sellable', l.on_hand - l.reserved - l.allocated - l.quarantine - l.safety_stock,
          'backorder_limit', l.backorder_limit, 'low_threshold', l.low_threshold)), '[]')
        from inventory.level l
        join inventory.location at on at.id = l.location_id and at.active
        where l.variant_id = v.id and l.location_id = any ($3::uuid[])))), '[]')
    from (
      select * from catalog.variant own
      where $5::uuid[] is null and own.product_id = p.id and own.status = 'active'
      union all
      select * from catalog.variant given
      where given.id = any ($5::uuid[]) and given.product_id = p.id and given.status = 'active') v
    ))::text as source
from catalog.product p
where p.id = any ($1::uuid[]);

-- name: products_of_variants :many
select distinct product_id from catalog.variant where id = any ($1::uuid[]);

-- name: variants_by_product :many
-- The variants by product. Large: it has more than $2.
select v.product_id, array_agg(v.id) as variant_ids, exists (
  select from catalog.variant w where w.product_id = v.product_id
  order by w.position, w.id offset $2 limit 1) as large
from catalog.variant v where v.id = any ($1::uuid[])
group by v.product_id;

-- name: large_products :many
select p.id from unnest($1::uuid[]) as p (id)
where exists (
  select from catalog.variant w where w.product_id = p.id
  order by w.position, w.id offset $2 limit 1);

-- name: active_variants_after :many
select id, position from catalog.variant
where product_id = $1 and status = 'active' and (position, id) > ($2, $3)
order by position, id limit $4;

-- name: has_prices_ahead :one
-- Whether a price of the product in these lists begins or ends after now.
select exists (
  select from catalog.variant v
  join pricing.price r on r.variant_id = v.id and r.price_list_id = any ($2::uuid[])
  where v.product_id = $1
    and ((isfinite(lower(r.during)) and lower(r.during) > $3)
         or (isfinite(upper(r.during)) and upper(r.during) > $3))) as ahead;

-- name: products_priced_in :many
select distinct v.product_id
from pricing.price p join catalog.variant v on v.id = p.variant_id
where p.price_list_id = $1 and v.product_id > $2
order by v.product_id limit $3;

-- name: products_of_categories :many
-- Those that are in a category or below it, and those that are still shown there.
select pc.product_id
from catalog.category root
join catalog.category c on c.path = root.path or starts_with(c.path, root.path || '/')
join catalog.product_category pc on pc.category_id = c.id
where root.id = any ($1::uuid[])
union
select pl.product_id
from projections.term t
join projections.placement pl on pl.category = t.id
where t.code = '' and t.value = any ($2::text[]);

-- name: collected_after :many
-- Products that people put into a collection, and those that are shown in it still.
select m.product_id as id from collections.member m
where m.collection_id = $1 and m.product_id > $2
union
select pl.product_id
from projections.term t
join projections.placement pl on pl.category = t.id
where t.code = '' and t.value = $1::text and pl.product_id > $2
order by id limit $3;

-- name: count_collected :one
select count(*) as products from (
  select m.product_id from collections.member m where m.collection_id = $1
  union
  select pl.product_id
  from projections.term t
  join projections.placement pl on pl.category = t.id
  where t.code = '' and t.value = $1::text) c;

-- name: product_ids_after :many
select id from catalog.product where id > $1 order by id limit $2;

-- name: which_exist :many
select id from catalog.product where id = any ($1::uuid[]);

-- name: products_having :many
select p.id from catalog.product p
where p.id > $2 and (p.attributes ?| $1::text[] or exists (
  select from catalog.variant v where v.product_id = p.id and v.attributes ?| $1::text[]))
order by p.id limit $3;

-- name: orphans_after :many
-- Products that are shown somewhere and do not exist any more.
select distinct s.product_id as id
from projections.product s
where s.visible and s.product_id > $1
  and not exists (select from catalog.product p where p.id = s.product_id)
order by s.product_id limit $2;

-- name: count_products :one
select count(*) as products from catalog.product;

-- name: published_without_price :one
-- Products that a channel was told to show now and that it cannot.
select count(*) as products
from catalog.publication b
join catalog.product p on p.id = b.product_id and p.status = 'active'
where b.channel_id = $1 and b.publish_from <= $2
  and (b.publish_until is null or b.publish_until > $2)
  and not exists (
    select from projections.product s
    where s.product_id = b.product_id and s.channel_id = b.channel_id and s.visible
      and s.valid_from <= $2 and s.valid_until > $2);

-- name: category_tree :many
-- With what people approved as translations of name and description: [field, locale, text].
select c.id, c.parent_id, c.slug, c.name, c.path, c.description, n.products,
       (select jsonb_agg(jsonb_build_array(x.field, x.locale, x.value)) from translations.text x
         where x.kind = 'category' and x.entity = c.id::text and x.state = 'approved') as said,
       (select locale from translations.source) as source_locale
from projections.term t
join catalog.category c on c.id = t.value::uuid
join projections.facet_count n on n.category = t.id and n.term = t.id
where t.channel_id = $1 and t.code = '' and t.value <> '00000000-0000-0000-0000-000000000000'
  and n.products > 0
order by c.position, c.name, c.id;

-- name: listable :many
-- The categories of a window ($1) that ever held products, its facets, and the collections that its
-- channel ($2) shows at an instant ($3).
select t.id as term, t.value::uuid as category_id, c.path, null as code, null as label,
       null as collection, null as sort
from projections.term t
left join catalog.category c on c.id = t.value::uuid
where t.channel_id = $1 and t.code = ''
union all
select null, null, null, f.code, f.label, null, null from projections.facet f where f.channel_id = $1
union all
select coalesce(t.id, 0), null, null, null, null, l.slug, l.sort
from collections.collection l
left join projections.term t on t.channel_id = $1 and t.code = '' and t.value = l.id::text
where $2 = any (l.channels) and collections.is_shown(l.windows, $2, $3);

-- name: slugs_in :many
select channel_id, slug from projections.product
where product_id = $1 and channel_id = any ($2::uuid[]) and visible
  and valid_from <= $3 and valid_until > $3;

-- name: product_of_former_slug :one?
select s.slug
from catalog.redirect r
join projections.product s on s.product_id = r.target_id and s.channel_id = $1 and s.visible
where r.kind = 'product' and r.path = $2 and s.valid_from <= $3 and s.valid_until > $3
limit 1;

-- name: category_of_former_path :one?
select target_id from catalog.redirect where kind = 'category' and path = $1;
