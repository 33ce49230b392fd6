-- name: read_feed :many
-- order by o.xid, never by the output column: its text form sorts '100' before '99'
select o.xid::text as xid, o.id, event_id, type, subject, seq, data, trace, occurred_at
from (select * from runtime.outbox
      where (xid, id) > ($1::text::xid8, $2::bigint)
        and xid < pg_snapshot_xmin(pg_current_snapshot())
      order by xid, id
      limit $5) o
where $3::text[] is null or type = any($3::text[])
order by o.xid, o.id
limit $4;

-- name: read_feed_end :one?
select o.xid::text as xid, o.id
from runtime.outbox o
where (o.xid, o.id) > ($1::text::xid8, $2::bigint)
  and o.xid < pg_snapshot_xmin(pg_current_snapshot())
order by o.xid, o.id
offset $3::bigint - 1 limit 1;

-- name: is_ahead :one
-- Whether a position is of a transaction that this server has not come to.
select $1::text::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) as ahead;

-- name: newest :one
select coalesce(max(xid), '0'::xid8)::text as xid, 0::bigint as id
from runtime.outbox
where xid < pg_snapshot_xmin(pg_current_snapshot());

-- name: backlog :many
select subscription, count(*)::int as parked from runtime.parked group by subscription;

-- name: jobs_waiting :one
select count(*)::int as waiting from jobs.pgqueuer
where status = 'queued' and execute_after <= $1;
