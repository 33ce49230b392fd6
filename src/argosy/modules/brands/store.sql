-- name: known_keys :many
select key from brands.brand where key = any ($1::text[])

-- name: taken_slugs :many
select slug from brands.brand where slug = any ($1::text[])

-- name: insert_brands :many
insert into brands.brand (id, key, slug, name, created_at, updated_at)
select w.*, $5, $5 from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as w (id, key, slug, name)
 order by w.key
    on conflict do nothing
returning id, slug

-- name: brand_by_id :one?
select id, key, slug, name, description, media_id, seo_title, seo_description, version, created_at,
       updated_at
  from brands.brand where id = $1

-- name: lock_brand :one?
select id, key, slug, name, description, media_id, seo_title, seo_description, version, created_at,
       updated_at
  from brands.brand where id = $1 for update

-- name: brand_by_slug :one?
select id, key, slug, name, description, media_id, seo_title, seo_description, version, created_at,
       updated_at
  from brands.brand where slug = $1

-- name: brands_by_key :many
select id, key, slug, name, description, media_id, seo_title, seo_description, version, created_at,
       updated_at
  from brands.brand where key = any ($1::text[])

-- name: brand_page :many
select id, key, slug, name, description, media_id, seo_title, seo_description, version, created_at,
       updated_at
  from brands.brand where key > $1 order by key limit $2

-- name: update_brand :one
update brands.brand
   set slug = $2, name = $3, description = $4, media_id = $5, seo_title = $6, seo_description = $7,
       version = version + 1, updated_at = $8
 where id = $1
returning version

-- name: delete_brand :exec
delete from brands.brand where id = $1

-- name: named_media :many
-- Ids of entries and storage keys that brands name.
select r as ref from unnest($1::text[]) r
 where exists (select from brands.brand b where b.media_id::text = r)
 union
select m[1] from brands.brand b, regexp_matches(b.description, '[0-9a-f]{40}\.[a-z0-9]{3,4}', 'g') m
 where m[1] = any ($1)
