-- name: lock_products :many
select p.id, p.external_id, p.slug, p.title, p.description, p.brand, p.product_type, p.type_code,
       p.tax_class, p.shipping_class, p.status, p.seo_title, p.seo_description, p.options,
       p.attributes, p.rating, encode(p.import_hash, 'hex') as import_hash, p.version, p.created_at, p.updated_at
  from catalog.product p
 where p.id in (
       select unnest($1::uuid[])
       union select id from catalog.product where external_id = any($2::text[])
       union select id from catalog.product where slug = any($3::text[])
       union select v.product_id from unnest($4::text[]) as s(given)
         join catalog.variant v on lower(btrim(v.sku)) = lower(btrim(s.given))
       union select product_id from catalog.variant where external_id = any($5::text[])
       union select product_id from catalog.variant where id = any($6::uuid[]))
 order by p.id
   for update of p

-- name: variants_named :many
with named as (
    select s.given, v.id
      from unnest($1::text[]) as s(given)
      join catalog.variant v on lower(btrim(v.sku)) = lower(btrim(s.given))
    union all
    select null, id from catalog.variant where external_id = any($2::text[])
    union all
    select null, wanted from unnest($3::uuid[]) as w(wanted))
select n.given, v.id, v.product_id, v.sku, v.external_id, v.gtin, v.title, v.options, v.weight_g,
       v.dimensions_mm, v.requires_shipping, v.tracks_inventory, v.tax_class, v.hs_code, v.origin_country, v.attributes,
       v.position, v.media_id, v.status, v.version
  from named n join catalog.variant v on v.id = n.id

-- name: variants_of_products :many
select v.id, v.product_id, v.sku, v.external_id, v.gtin, v.title, v.options, v.weight_g,
       v.dimensions_mm, v.requires_shipping, v.tracks_inventory, v.tax_class, v.hs_code, v.origin_country, v.attributes,
       v.position, v.media_id, v.status, v.version
  from catalog.variant v
 where v.product_id = any($1::uuid[])
 order by v.product_id, v.position, v.id

-- name: gtin_holders :many
select id, sku, gtin from catalog.variant
 where gtin = any($1::text[]) and status = 'active' order by id

-- name: last_positions :many
select product_id, max(position) as position from catalog.variant
 where product_id = any($1::uuid[]) group by product_id

-- name: taken_slugs :many
select slug from catalog.product where slug = any($1::text[])

-- name: write_products :many
insert into catalog.product as p (
       id, external_id, slug, title, description, brand, product_type, type_code, tax_class,
       shipping_class, status, seo_title, seo_description, options, attributes, rating,
       import_hash, version, created_at, updated_at)
select r.id, r.external_id, r.slug, r.title, r.description, r.brand, r.product_type, r.type_code,
       r.tax_class, r.shipping_class, r.status, r.seo_title, r.seo_description, r.options,
       r.attributes, r.rating, decode(r.import_hash, 'hex'), 1, $2, $2
  from jsonb_to_recordset($1::jsonb) as r(
       id uuid, external_id text, slug text, title text, description text, brand text,
       product_type text, type_code text, tax_class text, shipping_class text, status text,
       seo_title text, seo_description text, options jsonb, attributes jsonb, rating jsonb,
       import_hash text)
 order by r.id
    on conflict (id) do update
   set external_id = excluded.external_id, slug = excluded.slug, title = excluded.title,
       description = excluded.description, brand = excluded.brand,
       product_type = excluded.product_type, type_code = excluded.type_code,
       tax_class = excluded.tax_class,
       shipping_class = excluded.shipping_class, status = excluded.status,
       seo_title = excluded.seo_title, seo_description = excluded.seo_description,
       options = excluded.options, attributes = excluded.attributes, rating = excluded.rating,
       import_hash = excluded.import_hash, version = p.version + 1, updated_at = $2
returning p.id, p.version

-- name: mark_imported :exec
update catalog.product p set import_hash = decode(r.import_hash, 'hex')
  from jsonb_to_recordset($1::jsonb) as r(id uuid, import_hash text)
 where p.id = r.id

-- name: keep_redirects :exec
insert into catalog.redirect (kind, path, target_id, made_at)
select $1, r.path, r.target_id, $4 from unnest($2::text[], $3::uuid[]) as r(path, target_id)
    on conflict (kind, path) do update set target_id = excluded.target_id, made_at = $4

-- name: drop_redirects :exec
delete from catalog.redirect where kind = $1 and path = any($2::text[])

-- name: write_variants :many
insert into catalog.variant as v (
       id, product_id, sku, external_id, gtin, title, options, weight_g, dimensions_mm,
       requires_shipping, tracks_inventory, tax_class, hs_code, origin_country, attributes,
       position, media_id, status, version, created_at, updated_at)
select r.id, r.product_id, r.sku, r.external_id, r.gtin, r.title, r.options, r.weight_g,
       r.dimensions_mm, r.requires_shipping, r.tracks_inventory, r.tax_class, r.hs_code,
       r.origin_country, r.attributes, r.position, r.media_id, r.status, 1, $2, $2
  from jsonb_to_recordset($1::jsonb) as r(
       id uuid, product_id uuid, sku text, external_id text, gtin text, title text, options jsonb,
       weight_g int, dimensions_mm int[], requires_shipping boolean, tracks_inventory boolean,
       tax_class text, hs_code text, origin_country text, attributes jsonb, position int,
       media_id uuid, status text)
 order by r.id
    on conflict (id) do update
   set sku = excluded.sku, external_id = excluded.external_id, gtin = excluded.gtin,
       title = excluded.title, options = excluded.options, weight_g = excluded.weight_g,
       dimensions_mm = excluded.dimensions_mm,
       requires_shipping = excluded.requires_shipping,
       tracks_inventory = excluded.tracks_inventory, tax_class = excluded.tax_class,
       hs_code = excluded.hs_code, origin_country = excluded.origin_country,
       attributes = excluded.attributes, position = excluded.position,
       media_id = excluded.media_id, status = excluded.status,
       version = v.version + 1, updated_at = $2
returning v.id, v.version

-- name: media_of_products :many
select id, product_id, storage_key, encode(sha256, 'hex') as sha256, content_type, byte_size, width,
       height, alt, alts, position, kind, source
  from catalog.media where product_id = any($1::uuid[])
 order by product_id, position, id

-- name: option_matrix :one
-- Active variants against the options of $2 (values by name), of which there are $3.
with held as materialized (
    select v.id, v.sku, v.options, v.position, fit.known, fit.values
      from catalog.variant v
     cross join lateral (
           select coalesce(bool_and(coalesce($2::jsonb -> o.key ? o.value, false)), true) as known,
                  count(*) as values
             from jsonb_each_text(v.options) o) fit
     where v.product_id = $1 and v.status = 'active')
select count(*) filter (where known and values = $3::int) as keeps,
       count(*) filter (where known and values < $3::int) as lacks,
       count(*) filter (where not known) as drops,
       (select coalesce(jsonb_agg(to_jsonb(l) order by l.position, l.id), '[]')
          from (select id, sku, options, position from held where known and values < $3::int
                 order by position, id limit $4::int) l) as lacking,
       (select coalesce(jsonb_agg(to_jsonb(d) order by d.position, d.id), '[]')
          from (select id, sku, options, position from held where not known
                 order by position, id limit $4::int) d) as dropped
  from held

-- name: free_combinations :many
select c.place from jsonb_array_elements($2::jsonb) with ordinality as c (options, place)
 where not exists (select from catalog.variant v
                    where v.product_id = $1 and v.status = 'active' and v.options = c.options)
 order by c.place limit $3

-- name: write_media :exec
insert into catalog.media as m (
       id, product_id, storage_key, sha256, content_type, byte_size, width, height, alt, alts,
       position, kind, source, created_at)
select r.id, r.product_id, r.storage_key, decode(r.sha256, 'hex'), r.content_type, r.byte_size,
       r.width, r.height, r.alt, r.alts, r.position, r.kind, r.source, $2
  from jsonb_to_recordset($1::jsonb) as r(
       id uuid, product_id uuid, storage_key text, sha256 text, content_type text,
       byte_size bigint, width int, height int, alt text, alts jsonb, position int, kind text,
       source text)
    on conflict (id) do update
   set product_id = excluded.product_id, storage_key = excluded.storage_key,
       sha256 = excluded.sha256, content_type = excluded.content_type,
       byte_size = excluded.byte_size, width = excluded.width, height = excluded.height,
       alt = excluded.alt, alts = excluded.alts, position = excluded.position,
       kind = excluded.kind, source = excluded.source

-- name: clear_variant_media :exec
update catalog.variant set media_id = null, version = version + 1, updated_at = $2
 where media_id = $1

-- name: delete_media :exec
delete from catalog.media where id = any($1::uuid[])

-- name: media_by_ids :many
select id, product_id, storage_key, encode(sha256, 'hex') as sha256, content_type, byte_size, width,
       height, alt, alts, position, kind, source
  from catalog.media where id = any($1::uuid[])

-- name: media_page :many
select id, product_id, storage_key, encode(sha256, 'hex') as sha256, content_type, byte_size, width,
       height, alt, alts, position, kind, source
  from catalog.media where ($1::uuid is null or id < $1) order by id desc limit $2

-- name: categories_at :many
select id, parent_id, slug, path, name, description, position, version
  from catalog.category where path = any($1::text[])

-- name: all_categories :many
select id, parent_id, slug, path, name, description, position, version
  from catalog.category order by path

-- name: category_by_id :one?
select id, parent_id, slug, path, name, description, position, version
  from catalog.category where id = $1

-- name: lock_category :one?
select id, parent_id, slug, path, name, description, position, version
  from catalog.category where id = $1 for update

-- name: write_categories :many
insert into catalog.category as c (
       id, parent_id, parent_path, slug, name, description, position, created_at, updated_at)
select r.id, r.parent_id, r.parent_path, r.slug, r.name, r.description, r.position, $2, $2
  from jsonb_to_recordset($1::jsonb) as r(
       id uuid, parent_id uuid, parent_path text, slug text, name text, description text,
       position int)
    on conflict (id) do update
   set parent_id = excluded.parent_id, parent_path = excluded.parent_path, slug = excluded.slug,
       name = excluded.name, description = excluded.description, position = excluded.position,
       version = c.version + 1, updated_at = $2
returning c.id, c.version

-- name: paths_below :many
select id, path from catalog.category where path = $1 or path like $2

-- name: children_of_category :many
select id from catalog.category where parent_id = $1

-- name: delete_category :exec
delete from catalog.category where id = $1

-- name: products_in_category :many
select product_id from catalog.product_category where category_id = $1

-- name: category_links :many
select pc.product_id, pc.category_id, pc.position, c.path
  from catalog.product_category pc join catalog.category c on c.id = pc.category_id
 where pc.product_id = any($1::uuid[])
 order by pc.product_id, pc.position, c.path

-- name: write_category_links :exec
insert into catalog.product_category as pc (product_id, category_id, position)
select * from unnest($1::uuid[], $2::uuid[], $3::int[])
    on conflict (product_id, category_id) do update set position = excluded.position

-- name: delete_category_links :exec
delete from catalog.product_category pc
 using unnest($1::uuid[], $2::uuid[]) as r(product_id, category_id)
 where pc.product_id = r.product_id and pc.category_id = r.category_id

-- name: publications_of :many
select product_id, channel_id, publish_from, publish_until
  from catalog.publication where product_id = any($1::uuid[]) order by product_id, channel_id

-- name: write_publications :exec
insert into catalog.publication as p (product_id, channel_id, publish_from, publish_until)
select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
    on conflict (product_id, channel_id) do update
   set publish_from = excluded.publish_from, publish_until = excluded.publish_until

-- name: delete_publications :exec
delete from catalog.publication p
 using unnest($1::uuid[], $2::uuid[]) as r(product_id, channel_id)
 where p.product_id = r.product_id and p.channel_id = r.channel_id

-- name: all_attributes :many
select code, label, kind, unit, choices, facet, position, dimension, minimum, maximum, max_values,
       swatches, level, across_variants, localisable, searchable
  from catalog.attribute
 order by position, code

-- name: attributes_named :many
select code, label, kind, unit, choices, facet, position, dimension, minimum, maximum, max_values,
       swatches, level, across_variants, localisable, searchable
  from catalog.attribute
 where code = any($1::text[])
 order by position, code

-- name: attribute_versions :many
select code, version from catalog.attribute where $1::text[] is null or code = any($1::text[])

-- name: lock_attribute :one?
select version from catalog.attribute where code = $1 for update

-- name: write_attributes :exec
insert into catalog.attribute as a (
       code, label, kind, unit, choices, facet, position, dimension, minimum, maximum, max_values,
       swatches, level, across_variants, localisable, searchable)
select r.code, r.label, r.kind, r.unit, r.choices, r.facet, r.position, r.dimension, r.minimum,
       r.maximum, r.max_values, r.swatches, r.level, r.across_variants, r.localisable, r.searchable
  from jsonb_to_recordset($1::jsonb) as r(
       code text, label text, kind text, unit text, choices jsonb, facet boolean, position int,
       dimension text, minimum text, maximum text, max_values int, swatches jsonb, level text,
       across_variants text, localisable boolean, searchable boolean)
    on conflict (code) do update
   set label = excluded.label, kind = excluded.kind, unit = excluded.unit,
       choices = excluded.choices, facet = excluded.facet, position = excluded.position,
       dimension = excluded.dimension, minimum = excluded.minimum, maximum = excluded.maximum,
       max_values = excluded.max_values, swatches = excluded.swatches, level = excluded.level,
       across_variants = excluded.across_variants, localisable = excluded.localisable,
       searchable = excluded.searchable, version = a.version + 1

-- name: attribute_used :one
select exists (select from catalog.product where attributes ? $1)
    or exists (select from catalog.variant where attributes ? $1) as used

-- name: referable :many
select slug from catalog.product where slug = any($1::text[])
union select path from catalog.redirect where kind = 'product' and path = any($1::text[])

-- name: disagreeing :many
-- Attributes whose values differ among the variants of a product, or agree, against their rule.
-- Quantities are compared in their canonical unit.
select v.product_id, a.code, a.across_variants as rule, min(v.sku) as sku
  from catalog.variant v
  join catalog.attribute a on a.level = 'variant' and a.across_variants <> 'any'
   and v.attributes ? a.code
 cross join lateral (
       select coalesce(v.attributes -> a.code -> 'canonical' ->> 'number',
                       v.attributes -> a.code ->> 'number', v.attributes ->> a.code) as value) held
 where v.product_id = any($1::uuid[]) and v.status = 'active'
 group by v.product_id, a.code, a.across_variants
having case a.across_variants
       when 'same' then count(distinct held.value) > 1
       else count(distinct held.value) < count(*) end
 order by v.product_id, a.code

-- name: delete_unused_attributes :many
with used as (
    select distinct held.code
      from catalog.product p cross join lateral jsonb_object_keys(p.attributes) as held (code)
     where held.code = any ($1::text[])
    union
    select distinct held.code
      from catalog.variant v cross join lateral jsonb_object_keys(v.attributes) as held (code)
     where held.code = any ($1::text[]))
delete from catalog.attribute a
 where a.code = any ($1::text[]) and a.code not in (select code from used)
returning a.code

-- name: products_by_ids :many
select p.id, p.external_id, p.slug, p.title, p.description, p.brand, p.product_type, p.type_code,
       p.tax_class, p.shipping_class, p.status, p.seo_title, p.seo_description, p.options,
       p.attributes, p.rating, encode(p.import_hash, 'hex') as import_hash, p.version, p.created_at, p.updated_at,
       (select count(*) from catalog.variant v where v.product_id = p.id) as variant_count
  from catalog.product p where p.id = any($1::uuid[]) order by p.id

-- name: product_id_of_slug :one?
select id from catalog.product where slug = $1

-- name: redirected :one?
select target_id from catalog.redirect where kind = $1 and path = $2

-- name: product_page :many
select p.id, p.external_id, p.slug, p.title, p.description, p.brand, p.product_type, p.type_code,
       p.tax_class, p.shipping_class, p.status, p.seo_title, p.seo_description, p.options,
       p.attributes, p.rating, encode(p.import_hash, 'hex') as import_hash, p.version, p.created_at, p.updated_at,
       (select count(*) from catalog.variant v where v.product_id = p.id) as variant_count
  from catalog.product p
 where ($1::text is null or p.status = $1)
   and ($2::uuid is null or p.id in (
        select pc.product_id from catalog.product_category pc where pc.category_id = $2))
   and ($3::timestamptz is null or (p.created_at, p.id) < ($3, $4::uuid))
 order by p.created_at desc, p.id desc
 limit $5

-- name: search_width :one
-- How many titles and SKUs begin so, each counted to $2.
select count(*) as found from (
  (select from catalog.product where lower(title) like $1 limit $2)
  union all
  (select from catalog.variant where lower(btrim(sku)) like $1 limit $2)) f

-- name: product_search :many
-- Where few begin so: from the indexes of titles and SKUs.
select p.id, p.external_id, p.slug, p.title, p.description, p.brand, p.product_type, p.type_code,
       p.tax_class, p.shipping_class, p.status, p.seo_title, p.seo_description, p.options,
       p.attributes, p.rating, encode(p.import_hash, 'hex') as import_hash, p.version, p.created_at, p.updated_at,
       (select count(*) from catalog.variant v where v.product_id = p.id) as variant_count
  from catalog.product p
 where p.id in (select t.id from catalog.product t where lower(t.title) like $6
                union all
                select v.product_id from catalog.variant v where lower(btrim(v.sku)) like $6)
   and ($1::text is null or p.status = $1)
   and ($2::uuid is null or p.id in (
        select pc.product_id from catalog.product_category pc where pc.category_id = $2))
   and ($3::timestamptz is null or (p.created_at, p.id) < ($3, $4::uuid))
 order by p.created_at desc, p.id desc
 limit $5

-- name: product_search_recent :many
-- Where many begin so: in passing over the newest, of which $7 are looked at.
select p.id, p.external_id, p.slug, p.title, p.description, p.brand, p.product_type, p.type_code,
       p.tax_class, p.shipping_class, p.status, p.seo_title, p.seo_description, p.options,
       p.attributes, p.rating, encode(p.import_hash, 'hex') as import_hash, p.version, p.created_at, p.updated_at,
       (select count(*) from catalog.variant v where v.product_id = p.id) as variant_count
  from (select * from catalog.product
         where (created_at, id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
         order by created_at desc, id desc
         limit $7) p
 where (lower(p.title) like $6 or exists (
        select from catalog.variant v where v.product_id = p.id and lower(btrim(v.sku)) like $6))
   and ($1::text is null or p.status = $1)
   and ($2::uuid is null or exists (
        select from catalog.product_category pc where pc.product_id = p.id and pc.category_id = $2))
 order by p.created_at desc, p.id desc
 limit $5

-- name: variants_beginning :many
-- In the order of the index, so that of many that begin so only the first are read.
select v.id, v.product_id, v.sku, v.external_id, v.gtin, v.title, v.options, v.weight_g,
       v.dimensions_mm, v.requires_shipping, v.tracks_inventory, v.tax_class, v.hs_code, v.origin_country, v.attributes,
       v.position, v.media_id, v.status, v.version, p.title as product_title
  from catalog.variant v join catalog.product p on p.id = v.product_id
 where lower(btrim(v.sku)) like $1
 order by lower(btrim(v.sku)) using ~<~
 limit $2

-- name: product_recent_end :one?
select created_at, id from catalog.product
 where (created_at, id) < (coalesce($1::timestamptz, 'infinity'), coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
 order by created_at desc, id desc
offset $3::bigint - 1 limit 1

-- name: product_ids_after :many
select id from catalog.product where ($1::uuid is null or id > $1) order by id limit $2

-- name: count_products :one
select count(*) as products from catalog.product

-- name: variant_page :many
select v.id, v.product_id, v.sku, v.external_id, v.gtin, v.title, v.options, v.weight_g,
       v.dimensions_mm, v.requires_shipping, v.tracks_inventory, v.tax_class, v.hs_code, v.origin_country, v.attributes,
       v.position, v.media_id, v.status, v.version
  from catalog.variant v
 where v.product_id = $1 and (v.position, v.id) > ($2, $3)
 order by v.position, v.id
 limit $4

-- name: skus_page :many
select v.id, v.sku from catalog.variant v where ($1::uuid is null or v.id > $1)
 order by v.id limit $2

-- name: delete_product :one?
delete from catalog.product where id = $1 returning slug

-- name: delete_variant :one?
delete from catalog.variant where id = $1 returning sku, product_id

-- name: touch_products :many
update catalog.product set version = version + 1, updated_at = $2
 where id in (select id from catalog.product where id = any($1::uuid[]) order by id for update)
returning id, version

-- name: insert_import_run :exec
insert into catalog.import_run (id, format, file_name, storage_key, options, actor, created_at)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: start_import_run :one?
update catalog.import_run
   set state = 'running', started_at = $2, lines_done = 0, created = 0, updated = 0, unchanged = 0,
       failed = 0, warnings = 0, finished_at = null, message = ''
 where id = $1 and state in ('queued', 'running')
returning id

-- name: clear_import_issues :exec
delete from catalog.import_issue where run_id = $1

-- name: note_import_progress :exec
update catalog.import_run
   set lines_total = $2, lines_done = $3, created = $4, updated = $5, unchanged = $6, failed = $7,
       warnings = $8
 where id = $1

-- name: add_import_issues :exec
insert into catalog.import_issue (
       run_id, seq, row_number, column_name, record_key, severity, code, message)
select $1, r.seq, r.row, r.column, r.key, r.severity, r.code, r.message
  from jsonb_to_recordset($2::jsonb) as r(
       seq int, "row" bigint, "column" text, key text, severity text, code text, message text)
    on conflict (run_id, seq) do nothing

-- name: finish_import_run :one?
update catalog.import_run
   set state = $2, message = $3, finished_at = $4
 where id = $1 and state = 'running'
returning created, updated, unchanged, failed

-- name: import_run_by_id :one?
select id, format, file_name, storage_key, options, actor, state, lines_total, lines_done, created,
       updated, unchanged, failed, warnings, message, created_at, started_at, finished_at
  from catalog.import_run where id = $1

-- name: import_run_page :many
select id, format, file_name, storage_key, options, actor, state, lines_total, lines_done, created,
       updated, unchanged, failed, warnings, message, created_at, started_at, finished_at
  from catalog.import_run
 where $1::timestamptz is null or (created_at, id) < ($1, $2::uuid)
 order by created_at desc, id desc limit $3

-- name: import_issue_page :many
select seq, row_number as "row", column_name as "column", record_key as key, severity, code, message
  from catalog.import_issue where run_id = $1 and seq > $2 order by seq limit $3

-- name: named_media :many
-- Storage keys and ids of entries that the catalogue names, but for the texts and values of
-- products and variants. An entry names its file, whether or not anything shows it.
select r as ref from unnest($1::text[]) r
 where exists (select from catalog.media m where m.storage_key = r)
 union
select m.id::text from catalog.media m
 where m.id::text = any ($1) and m.product_id is not null
 union
select v.media_id::text from catalog.variant v where v.media_id is not null and v.media_id::text = any ($1)
 union
select m[1] from catalog.category c, regexp_matches(c.description, '[0-9a-f]{40}\.[a-z0-9]{3,4}', 'g') m
 where m[1] = any ($1)
 union
select m[1] from catalog.attribute a, regexp_matches(a.swatches::text, '[0-9a-f]{40}\.[a-z0-9]{3,4}', 'g') m
 where m[1] = any ($1)

-- name: named_in_products :one
with part as (
    select id, description, attributes from catalog.product where id > $2 order by id limit $3)
select array(
           select distinct m[1]
             from part p, regexp_matches(
                 concat_ws(' ', p.description, p.attributes::text), '[0-9a-f]{40}\.[a-z0-9]{3,4}', 'g') m
            where m[1] = any ($1::text[])) as refs,
       (select id from part order by id desc limit 1) as last

-- name: named_in_variants :one
with part as (select id, attributes from catalog.variant where id > $2 order by id limit $3)
select array(
           select distinct m[1]
             from part p, regexp_matches(p.attributes::text, '[0-9a-f]{40}\.[a-z0-9]{3,4}', 'g') m
            where m[1] = any ($1::text[])) as refs,
       (select id from part order by id desc limit 1) as last

-- name: entries_unshown :many
-- Entries without a product, the oldest first; whether anything else shows them is for others to say.
select id, storage_key, byte_size, created_at from catalog.media
 where product_id is null and created_at < $1 and id > $2
 order by id limit $3

-- name: lock_entries :many
-- What shows one of them holds it for its transaction (hold_entry), and is not waited for.
select id from catalog.media
 where id = any ($1::uuid[]) and product_id is null order by id for update skip locked

-- name: hold_entry :one?
select id from catalog.media where id = $1 for key share
