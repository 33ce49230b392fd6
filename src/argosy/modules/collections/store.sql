-- name: insert_collection :exec
insert into collections.collection
  (id, slug, title, description, kind, rules, sort, position, media_id, seo_title, seo_description,
   channels, windows, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)

-- name: update_collection :one?
update collections.collection
   set slug = $3, title = $4, description = $5, kind = $6, rules = $7, sort = $8, position = $9,
       media_id = $10, seo_title = $11, seo_description = $12, channels = $13,
       windows = $14, version = version + 1, updated_at = $15
 where id = $1 and version = $2
returning version

-- name: touch_collection :one?
update collections.collection set version = version + 1, updated_at = $2 where id = $1
returning id, slug, title, description, kind, rules, sort, position, media_id, seo_title,
          seo_description, channels, windows, version, created_at, updated_at

-- name: delete_collection :one?
delete from collections.collection where id = $1 returning slug

-- name: count_collections :one
select count(*) as collections from collections.collection

-- name: collection_by_id :one?
select id, slug, title, description, kind, rules, sort, position, media_id, seo_title,
       seo_description, channels, windows, version, created_at, updated_at
  from collections.collection where id = $1

-- name: lock_collection :one?
select id, slug, title, description, kind, rules, sort, position, media_id, seo_title,
       seo_description, channels, windows, version, created_at, updated_at
  from collections.collection where id = $1 for update

-- name: collection_by_slug :one?
select id, slug, title, description, kind, rules, sort, position, media_id, seo_title,
       seo_description, channels, windows, version, created_at, updated_at
  from collections.collection where slug = $1 and $2 = any (channels)
   and collections.is_shown(windows, $2, $3)

-- name: collection_page :many
select id, slug, title, description, kind, rules, sort, position, media_id, seo_title,
       seo_description, channels, windows, version, created_at, updated_at
  from collections.collection where slug > $1 order by slug limit $2

-- name: shown_collections :many
select id, slug, title, description, kind, rules, sort, position, media_id, seo_title,
       seo_description, channels, windows, version, created_at, updated_at
  from collections.collection where $1 = any (channels) and collections.is_shown(windows, $1, $2)
 order by position, title, id

-- name: next_change :one
-- When a window of the channel's collections begins or ends next.
select min(t.at) as at
  from collections.collection c,
       jsonb_to_recordset(c.windows) as w (channel_id uuid, starts_at timestamptz, ends_at timestamptz),
       unnest(array[w.starts_at, w.ends_at]) as t (at)
 where $1 = any (c.channels) and w.channel_id = $1 and t.at > $2

-- name: live :many
select id, slug, title, rules, kind, channels, windows from collections.collection
 where channels <> '{}' order by position, title, id

-- name: memberships :many
select product_id, collection_id, position from collections.member
 where product_id = any ($1::uuid[])

-- name: members :many
select product_id, position from collections.member
 where collection_id = $1 and (position, product_id) > ($2::int, $3::uuid)
 order by position, product_id limit $4

-- name: count_members :one
select count(*) as members from collections.member where collection_id = $1

-- name: place_members :many
insert into collections.member as m (collection_id, product_id, position)
select $1, w.product_id, w.position
  from unnest($2::uuid[], $3::int[]) as w (product_id, position) order by w.product_id
    on conflict (collection_id, product_id) do update set position = excluded.position
 where m.position <> excluded.position
returning product_id

-- name: keep_members :many
delete from collections.member
 where collection_id = $1 and product_id <> all ($2::uuid[]) returning product_id

-- name: remove_member :many
delete from collections.member where collection_id = $1 and product_id = $2 returning product_id

-- name: forget_products :exec
delete from collections.member where product_id = any ($1::uuid[])

-- name: start_pass :exec
insert into collections.pass as p (collection_id, scope, total, started_at)
values ($1, $2, $3, $4)
    on conflict (collection_id) do update
   -- What was not looked through yet by a wider pass must be looked through still.
   set scope = case when p.finished_at is null and p.scope = 'all' then 'all' else excluded.scope end,
       after_id = '00000000-0000-0000-0000-000000000000', done = 0, finished_at = null,
       total = greatest(excluded.total, case when p.finished_at is null then p.total else 0 end),
       started_at = excluded.started_at

-- name: pass_under_way :one?
select collection_id, scope, after_id, done, total, started_at, finished_at
  from collections.pass where finished_at is null
 order by started_at, collection_id limit 1 for update skip locked

-- name: move_on :exec
update collections.pass
   set after_id = $2, done = done + $3, total = greatest(total, done + $3), finished_at = $4
 where collection_id = $1

-- name: pass_of :one?
select collection_id, scope, after_id, done, total, started_at, finished_at
  from collections.pass where collection_id = $1

-- name: named_media :many
-- Ids of entries and storage keys that collections name.
select r as ref from unnest($1::text[]) r
 where exists (select from collections.collection c where c.media_id::text = r)
 union
select m[1] from collections.collection c, regexp_matches(c.description, '[0-9a-f]{40}\.[a-z0-9]{3,4}', 'g') m
 where m[1] = any ($1)
