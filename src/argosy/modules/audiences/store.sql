-- name: lock_channel :one
-- Counts of one channel are checked one writer after the other.
select pg_advisory_xact_lock(hashtextextended('audiences ' || $1::uuid, 0)) is null as locked

-- name: set_audience :one
-- An ended audience of the same code begins anew, with the window that it had.
insert into audiences.audience as a
       (id, channel_id, code, name, groups, priority, active, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, true, $7, $7)
    on conflict on constraint audience_code_unique do update
   set name = excluded.name, groups = excluded.groups, priority = excluded.priority, active = true,
       window_state = case when a.active then a.window_state else 'new' end,
       updated_at = excluded.updated_at
returning id, channel_id, code, name, groups, priority, active, window_state = 'ready' as ready

-- name: end_audience :one?
update audiences.audience set active = false, updated_at = $3
 where channel_id = $1 and code = $2 and active
returning id

-- name: audiences :many
-- $1: of this channel (null: of all).
select id, channel_id, code, name, groups, priority, active, window_state = 'ready' as ready
  from audiences.audience
 where $1::uuid is null or channel_id = $1
 order by channel_id, priority desc, code

-- name: begin_windows :exec
update audiences.audience set window_state = 'building' where window_state = 'new'

-- name: finish_windows :many
update audiences.audience set window_state = 'ready' where window_state = 'building'
returning channel_id

-- name: restrict :many
insert into audiences.restriction as r
       (channel_id, subject_id, subject_kind, hides, audiences, updated_at)
select $1, g.subject_id, g.subject_kind, g.hides, string_to_array(g.audiences, ' '), $6
  from unnest($2::uuid[], $3::text[], $4::text[], $5::text[])
    as g (subject_id, subject_kind, hides, audiences)
 order by g.subject_id
    on conflict on constraint restriction_pkey do update
   set hides = excluded.hides, audiences = excluded.audiences, updated_at = excluded.updated_at
 where (r.hides, r.audiences) is distinct from (excluded.hides, excluded.audiences)
returning subject_id, subject_kind

-- name: lift :many
delete from audiences.restriction
 where channel_id = $1 and subject_id = any ($2::uuid[])
returning subject_id, subject_kind

-- name: count_restrictions :one
select count(*) as restrictions from audiences.restriction where channel_id = $1

-- name: restrictions :many
-- Of a channel, those after a subject ($2).
select subject_kind, subject_id, hides, audiences
  from audiences.restriction
 where channel_id = $1 and ($2::uuid is null or subject_id > $2)
 order by subject_id
 limit $3

-- name: restrictions_of :many
-- Those of these subjects, in all channels.
select channel_id, subject_kind, subject_id, hides, audiences
  from audiences.restriction where subject_id = any ($1::uuid[])
