-- name: all_types :many
select code, label, published, version, created_at, updated_at
  from producttypes.type order by code

-- name: type_of :one?
select code, label, published, version, created_at, updated_at
  from producttypes.type where code = $1

-- name: lock_type :one?
select code, label, published, version, created_at, updated_at
  from producttypes.type where code = $1 for update

-- name: share_types :many
-- Held by who writes products of a type, so that no other version comes into force meanwhile.
select t.code, v.schema
  from producttypes.type t
  left join producttypes.type_version v on v.type_code = t.code and v.number = t.published
 where t.code = any($1::text[])
 order by t.code
   for share of t

-- name: write_type :one
insert into producttypes.type as t (code, label, created_at, updated_at)
values ($1, $2, $3, $3)
    on conflict (code) do update set label = excluded.label, updated_at = $3,
       version = t.version + 1
returning code, label, published, version, created_at, updated_at

-- name: touch_type :one
update producttypes.type
   set version = version + 1, updated_at = $2, published = coalesce($3, published)
 where code = $1
returning code, label, published, version, created_at, updated_at

-- name: write_draft :one
insert into producttypes.type_version as v (type_code, number, schema, saved_at)
select $1, coalesce((select max(number) from producttypes.type_version
                      where type_code = $1 and published_at is not null), 0) + 1, $2, $3
    on conflict (type_code, number) do update set schema = excluded.schema, saved_at = $3
returning type_code, number, schema, saved_at, published_at, published_by

-- name: publish_draft :one?
update producttypes.type_version
   set published_at = $2, published_by = $3
 where type_code = $1 and published_at is null
returning type_code, number, schema, saved_at, published_at, published_by

-- name: draft_of :one?
select type_code, number, schema, saved_at, published_at, published_by
  from producttypes.type_version where type_code = $1 and published_at is null

-- name: version_of :one?
select type_code, number, schema, saved_at, published_at, published_by
  from producttypes.type_version where type_code = $1 and number = $2

-- name: version_page :many
select type_code, number, schema, saved_at, published_at, published_by
  from producttypes.type_version where type_code = $1 and number < $2
 order by number desc limit $3

-- name: write_scores :exec
with given as (
    select * from jsonb_to_recordset($1::jsonb) as r(
        product_id uuid, channel_id uuid, type_code text, score smallint, lacks jsonb)),
gone as (
    delete from producttypes.score s
     where s.product_id = any($2::uuid[]) and not exists (
        select from given g where g.product_id = s.product_id and g.channel_id = s.channel_id))
insert into producttypes.score as s (product_id, channel_id, type_code, score, lacks, scored_at)
select g.product_id, g.channel_id, g.type_code, g.score, g.lacks, $3 from given g
 order by g.product_id, g.channel_id
    on conflict (product_id, channel_id) do update
   set type_code = excluded.type_code, score = excluded.score, lacks = excluded.lacks,
       scored_at = excluded.scored_at
 where (s.type_code, s.score, s.lacks) is distinct from
       (excluded.type_code, excluded.score, excluded.lacks)

-- name: scores_of :many
select product_id, channel_id, score, lacks from producttypes.score
 where product_id = any($1::uuid[]) order by product_id, channel_id
