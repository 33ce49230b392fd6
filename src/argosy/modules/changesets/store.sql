-- name: insert_set :exec
insert into changesets.change_set (id, name, note, created_by, created_at, updated_at)
values ($1, $2, $3, $4, $5, $5)

-- name: set_by_id :one?
select id, name, note, state, version, edits, created_by, created_at, updated_at, scheduled_for,
       local_time, time_zone, scheduled_by, published_at, published_by, rolled_back_at,
       rolled_back_by, problem
  from changesets.change_set where id = $1

-- name: lock_set :one?
select id, name, note, state, version, edits, created_by, created_at, updated_at, scheduled_for,
       local_time, time_zone, scheduled_by, published_at, published_by, rolled_back_at,
       rolled_back_by, problem
  from changesets.change_set where id = $1 for update

-- name: set_page :many
select id, name, note, state, version, edits, created_by, created_at, updated_at, scheduled_for,
       local_time, time_zone, scheduled_by, published_at, published_by, rolled_back_at,
       rolled_back_by, problem
  from changesets.change_set
 where ($1::text is null or state = $1)
   and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
 order by created_at desc, id desc limit $4

-- name: rename_set :exec
update changesets.change_set set name = $2, note = $3, version = version + 1, updated_at = $4
 where id = $1

-- name: count_edits :exec
update changesets.change_set
   set edits = (select count(*) from changesets.edit where set_id = $1),
       version = version + 1, updated_at = $2, problem = ''
 where id = $1

-- name: schedule_set :exec
update changesets.change_set
   set state = 'scheduled', scheduled_for = $2, local_time = $3, time_zone = $4, scheduled_by = $5,
       version = version + 1, updated_at = $6, problem = ''
 where id = $1

-- name: draft_set :exec
update changesets.change_set
   set state = 'draft', scheduled_for = null, local_time = null, time_zone = null,
       scheduled_by = null, version = version + 1, updated_at = $2, problem = $3
 where id = $1

-- name: publish_set :exec
update changesets.change_set
   set state = 'published', published_at = $2, published_by = $3, version = version + 1,
       updated_at = $2, problem = ''
 where id = $1

-- name: roll_back_set :exec
update changesets.change_set
   set state = 'rolled_back', rolled_back_at = $2, rolled_back_by = $3, version = version + 1,
       updated_at = $2
 where id = $1

-- name: cancel_set :exec
update changesets.change_set
   set state = 'cancelled', version = version + 1, updated_at = $2 where id = $1

-- name: put_edits :exec
insert into changesets.edit (set_id, entity_id, kind, label, change, base, staged, base_version,
                             staged_by, staged_at)
select $1, g.entity_id, g.kind, g.label, g.change, g.base, g.staged, g.base_version, $3, $4
  from jsonb_to_recordset($2::jsonb) as g (
       entity_id uuid, kind text, label text, change jsonb, base jsonb, staged jsonb,
       base_version bigint)
    on conflict on constraint edit_pkey do update
   set kind = excluded.kind, label = excluded.label, change = excluded.change, base = excluded.base,
       staged = excluded.staged, base_version = excluded.base_version,
       staged_by = excluded.staged_by, staged_at = excluded.staged_at

-- name: delete_edits :many
delete from changesets.edit where set_id = $1 and entity_id = any ($2::uuid[]) returning entity_id

-- name: all_edits :many
select entity_id, kind, label, change, base, staged, base_version, staged_by, staged_at, before,
       after
  from changesets.edit where set_id = $1 order by entity_id

-- name: edits_of :many
select entity_id, kind, label, change, base, staged, base_version, staged_by, staged_at, before,
       after
  from changesets.edit where set_id = $1 and entity_id = any ($2::uuid[]) order by entity_id

-- name: edit_page :many
select entity_id, kind, label, change, base, staged, base_version, staged_by, staged_at, before,
       after
  from changesets.edit
 where set_id = $1 and ($2::uuid is null or entity_id > $2) order by entity_id limit $3

-- name: note_written :exec
update changesets.edit e set before = g.before, after = g.after
  from jsonb_to_recordset($2::jsonb) as g (entity_id uuid, before jsonb, after jsonb)
 where e.set_id = $1 and e.entity_id = g.entity_id

-- name: sets_with :many
select s.id, s.name, s.note, s.state, s.version, s.edits, s.created_by, s.created_at, s.updated_at,
       s.scheduled_for, s.local_time, s.time_zone, s.scheduled_by, s.published_at, s.published_by,
       s.rolled_back_at, s.rolled_back_by, s.problem
  from changesets.edit e join changesets.change_set s on s.id = e.set_id
 where e.entity_id = $1 and s.state = any ($2::text[])
 order by s.created_at desc, s.id desc limit $3

-- name: named_media :one
-- Storage keys and ids that edits hold: what they do, and what a rollback puts back.
with part as (
    select set_id, entity_id, change, base, staged, before, after from changesets.edit
     where (set_id, entity_id) > ($2::uuid, $3::uuid) order by set_id, entity_id limit $4)
select array(
           select distinct m[1]
             from part p, regexp_matches(
                 concat_ws(' ', p.change::text, p.base::text, p.staged::text, p.before::text,
                           p.after::text),
                 '[0-9a-f]{40}\.[a-z0-9]{3,4}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'g') m
            where m[1] = any ($1::text[])) as refs,
       l.set_id, l.entity_id
  from (select 1) one
  left join (select set_id, entity_id from part order by set_id desc, entity_id desc limit 1) l
    on true
