-- name: insert_feed :one?
insert into feeds.feed (id, code, name, url, format, mapping, options, schedule, zone, auth,
                        auth_user, secret, next_at, late_after, author, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
    on conflict (code) do nothing
returning id

-- name: feed_by_code :one?
select id, code, name, url, format, mapping, options, schedule, zone, state, auth, auth_user, etag,
       modified, sha256, next_at, last_good_at, late_after, failures, version, author, created_at,
       updated_at
  from feeds.feed where code = $1

-- name: lock_feed :one?
select id, code, name, url, format, mapping, options, schedule, zone, state, auth, auth_user, etag,
       modified, sha256, next_at, last_good_at, late_after, failures, version, author, created_at,
       updated_at
  from feeds.feed where code = $1 for update

-- name: feed_of_run :one?
select f.id, f.code, f.name, f.url, f.format, f.mapping, f.options, f.schedule, f.zone, f.state,
       f.auth, f.auth_user, f.etag, f.modified, f.sha256, f.next_at, f.last_good_at, f.late_after,
       f.failures, f.version, f.author, f.created_at, f.updated_at
  from feeds.feed f join feeds.run r on r.feed_id = f.id where r.id = $1

-- name: feed_page :many
select id, code, name, url, format, mapping, options, schedule, zone, state, auth, auth_user, etag,
       modified, sha256, next_at, last_good_at, late_after, failures, version, author, created_at,
       updated_at
  from feeds.feed where code > $1 order by code limit $2

-- name: secret_of :one?
select secret from feeds.feed where id = $1

-- name: update_feed :one
update feeds.feed
   set name = $2, url = $3, format = $4, mapping = $5, options = $6, schedule = $7, zone = $8,
       auth = $9, auth_user = $10, secret = case when $11 then $12 else secret end,
       next_at = $13, late_after = $14, etag = null, modified = null, sha256 = null,
       version = version + 1, updated_at = $15
 where id = $1
returning version

-- name: set_state :exec
update feeds.feed
   set state = $2, next_at = $3, late_after = $4, version = version + 1, updated_at = $5
 where id = $1

-- name: delete_feed :exec
delete from feeds.feed where id = $1

-- name: due_feeds :many
select code, id, schedule, zone from feeds.feed f
 where state = 'active' and next_at <= $1
   and not exists (select from feeds.run r
                    where r.feed_id = f.id and r.state in ('queued', 'running'))
 order by next_at, id limit $2 for update skip locked

-- name: set_next :exec
update feeds.feed set next_at = $2 where id = $1

-- name: insert_run :one?
insert into feeds.run (id, feed_id, state, asked_by, fresh, started_at)
values ($1, $2, 'queued', $3, $4, $5)
    on conflict do nothing
returning id

-- name: run_by_id :one?
select id, feed_id, state, asked_by, fresh, plan_id, byte_size, code, message, started_at, ended_at
  from feeds.run where id = $1

-- name: lock_run :one?
select id, feed_id, state, asked_by, fresh, plan_id, byte_size, code, message, started_at, ended_at
  from feeds.run where id = $1 for update

-- name: run_page :many
select id, feed_id, state, asked_by, fresh, plan_id, byte_size, code, message, started_at, ended_at
  from feeds.run
 where feed_id = $1 and ($2::uuid is null or id < $2)
 order by id desc limit $3

-- name: last_runs :many
select distinct on (feed_id)
       id, feed_id, state, asked_by, fresh, plan_id, byte_size, code, message, started_at, ended_at
  from feeds.run where feed_id = any ($1::uuid[]) order by feed_id, id desc

-- name: start_run :exec
update feeds.run set state = 'running' where id = $1 and state = 'queued'

-- name: note_plan :exec
update feeds.run
   set plan_id = $2, byte_size = $3, etag = $4, modified = $5, sha256 = $6
 where id = $1

-- name: end_run :one?
update feeds.run
   set state = $2, code = $3, message = $4, ended_at = $5
 where id = $1 and state in ('queued', 'running')
returning etag, modified, sha256

-- name: note_good :exec
update feeds.feed
   set failures = 0, last_good_at = $2, late_after = $3,
       etag = coalesce($4, etag), modified = coalesce($5, modified), sha256 = coalesce($6, sha256)
 where id = $1

-- name: note_failure :one
update feeds.feed set failures = failures + 1, next_at = $2 where id = $1 returning failures

-- name: earlier_waiting :many
select plan_id from feeds.run
 where feed_id = $1 and state = 'waiting' and plan_id is not null and id < $2
 order by id desc limit 5

-- name: forgotten_runs :many
select id from feeds.run where state in ('queued', 'running') and started_at < $1 limit 20

-- name: delete_old_runs :exec
delete from feeds.run r
 where r.started_at < $1 and r.state not in ('queued', 'running')
   and exists (select from feeds.run n where n.feed_id = r.feed_id and n.id > r.id)

-- name: health :one
select count(*) filter (where failures > 0) as failing, count(*) filter (where late_after < $1) as late
  from feeds.feed where state = 'active'
