-- name: read_feed :many
select xid::text as xid, id, event_id, type, subject, seq, data, trace, occurred_at
from runtime.outbox
where (xid, id) > ($1::text::xid8, $2::bigint)
  and xid < pg_snapshot_xmin(pg_current_snapshot())
  and ($3::text[] is null or type = any($3::text[]))
order by xid, id
limit $4;

-- name: newest :one
select coalesce(max(xid), '0'::xid8)::text as xid, 0::bigint as id
from runtime.outbox
where xid < pg_snapshot_xmin(pg_current_snapshot());

-- name: backlog :many
select subscription, count(*)::int as parked from runtime.parked group by subscription;
