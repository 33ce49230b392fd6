-- name: list_jobs :many
select j.id, j.entrypoint, j.status::text as status, j.attempts, j.created, j.updated,
       j.execute_after, l.error
  from jobs.pgqueuer as j
  left join lateral (
    select g.traceback ->> 'exception_type' as error
      from jobs.pgqueuer_log as g
     where g.job_id = j.id and g.traceback is not null
     order by g.created desc limit 1
  ) as l on true
 where j.id < $1
   and ($2::text is null or j.status = $2::text::jobs.pgqueuer_status)
   and ($3::text is null or j.entrypoint = $3)
 order by j.id desc limit $4

-- name: list_held_jobs :many
-- Of its own, so that the index of held jobs is used whatever else waits.
select j.id, j.entrypoint, j.status::text as status, j.attempts, j.created, j.updated,
       j.execute_after, l.error
  from jobs.pgqueuer as j
  left join lateral (
    select g.traceback ->> 'exception_type' as error
      from jobs.pgqueuer_log as g
     where g.job_id = j.id and g.traceback is not null
     order by g.created desc limit 1
  ) as l on true
 where j.status = 'failed' and j.id < $1 and ($2::text is null or j.entrypoint = $2)
 order by j.id desc limit $3

-- name: requeue_jobs :many
with requeued as (
  update jobs.pgqueuer
     set status = 'queued', execute_after = $2, updated = $2, attempts = 0, queue_manager_id = null
   where id = any ($1::bigint[]) and status = 'failed'
  returning id, entrypoint, priority
), noted as (
  insert into jobs.pgqueuer_log (job_id, status, entrypoint, priority)
  select id, 'queued', entrypoint, priority from requeued
)
select id, entrypoint from requeued order by id
