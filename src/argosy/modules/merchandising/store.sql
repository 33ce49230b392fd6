-- name: rules :many
-- $1: of a channel (null: of all); $2: only this one; $3: after this id.
select id, channel_id, name, act, scope, terms, queries, category_id, locale, strength, priority,
       starts_at, ends_at, active, version
  from merchandising.rule
 where ($1::uuid is null or channel_id = $1)
   and ($2::uuid is null or id = $2)
   and ($3::uuid is null or id > $3)
 order by id
 limit $4

-- name: count_rules :one
-- The channel's rules are counted one after another, so that two do not pass the limit together.
select pg_advisory_xact_lock(hashtextextended('merchandising.rule ' || $1::uuid::text, 0)),
       (select count(*) from merchandising.rule where channel_id = $1) as rules

-- name: insert_rule :exec
insert into merchandising.rule
       (id, channel_id, name, act, scope, terms, queries, category_id, locale, strength, priority,
        starts_at, ends_at, active, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)

-- name: update_rule :one?
update merchandising.rule
   set name = $3, act = $4, scope = $5, terms = $6, queries = $7, category_id = $8, locale = $9,
       strength = $10, priority = $11, starts_at = $12, ends_at = $13, active = $14,
       version = version + 1, updated_at = $15
 where id = $1 and version = $2
returning version

-- name: delete_rule :exec
delete from merchandising.rule where id = $1
