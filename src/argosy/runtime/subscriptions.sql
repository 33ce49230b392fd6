-- name: is_restored :one
-- Whether events or cursors are of transactions that this server has not come to: they came with a
-- dump from another one.
select coalesce(greatest((select max(xid) from runtime.subscription),
                         (select xid from runtime.outbox order by xid desc limit 1))
                >= pg_snapshot_xmax(pg_current_snapshot()), false) as restored;

-- name: stop_readers :exec
lock table runtime.subscription in exclusive mode;

-- name: renumber_cursors :exec
-- To before the first event that was not read, or came after all that was. Of one server's events
-- these are the unread ones; of those that were written since by this one, all.
update runtime.subscription s
   set xid = '3', updated_at = $1,
       id = coalesce(
         (select min(o.id) - 1 from runtime.outbox o
           where (o.xid, o.id) > (s.xid, s.id) or o.id > s.id),
         (select max(o.id) from runtime.outbox o), 0);

-- name: renumber_events :exec
-- The first transaction that a server ever has; within it they are in the order of their ids.
update runtime.outbox set xid = '3' where xid <> '3';

-- name: register :exec
insert into runtime.subscription (name, xid, id, updated_at)
select name, '0'::xid8, 0, $2 from unnest($1::text[]) as name
on conflict (name) do nothing;

-- name: lock_cursor :one?
select xid::text as xid, id from runtime.subscription where name = $1
for update skip locked;

-- name: read_after :many
-- Of the next $4 events: those that are wanted, and the last one in any case, to move the cursor to.
-- order by o.xid, never by the output column: its text form sorts '100' before '99'
with page as materialized (
  select o.xid, o.id, event_id, type, subject, seq, trace, occurred_at,
         case when type = any($3::text[]) then data end as data
  from runtime.outbox o
  where (o.xid, o.id) > ($1::text::xid8, $2::bigint)
    and o.xid < pg_snapshot_xmin(pg_current_snapshot())
  order by o.xid, o.id
  limit $4
), reach as (
  select xid, id, count(*) over () as read from page order by xid desc, id desc limit 1
)
select p.xid::text as xid, p.id, event_id, type, subject, seq, trace, occurred_at, data, read
from page p, reach
where type = any($3::text[]) or (p.xid, p.id) = (reach.xid, reach.id)
order by p.xid, p.id;

-- name: pass_by :one
-- Moves the cursors of those whom none of the next $4 events concerns ($2, $3: who wants which type).
-- Others have work: the concerned, those with parked events that are due, and those too far ahead of
-- the slowest to be judged by this page.
with cursor as materialized (
  select name, xid, id from runtime.subscription where name = any($1::text[])
  order by name for update skip locked
), page as materialized (
  select o.xid, o.id, o.type from runtime.outbox o
  where (o.xid, o.id) > (select xid, id from cursor order by xid, id limit 1)
    and o.xid < pg_snapshot_xmin(pg_current_snapshot())
  order by o.xid, o.id
  limit $4
), reach as (
  select xid, id from page order by xid desc, id desc limit 1
), concerned as (
  select c.name from cursor c, reach r where (c.xid, c.id) > (r.xid, r.id)
  union
  select c.name from unnest($2::text[], $3::text[]) as t (name, type)
  join cursor c using (name) join page p using (type)
  where (p.xid, p.id) > (c.xid, c.id)
), moved as (
  update runtime.subscription s set xid = r.xid, id = r.id, updated_at = $5
  from cursor c, reach r
  where s.name = c.name and (c.xid, c.id) < (r.xid, r.id)
    and c.name not in (select name from concerned)
)
select array(select name from concerned
             union select subscription from runtime.parked
             where subscription = any($1::text[]) and next_try_at <= $5) as names,
       (select count(*) from page) as read;

-- name: advance :exec
update runtime.subscription set xid = $2::text::xid8, id = $3, updated_at = $4 where name = $1;

-- name: park :exec
insert into runtime.parked
  (subscription, event_id, type, subject, seq, data, trace, occurred_at, tries, error, next_try_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (subscription, event_id) do update
set tries = excluded.tries, error = excluded.error, next_try_at = excluded.next_try_at;

-- name: lock_due :many
select event_id, type, subject, seq, data, trace, occurred_at, tries
from runtime.parked
where subscription = $1 and next_try_at <= $2
order by next_try_at, event_id
limit $3
for update skip locked;

-- name: unpark :exec
delete from runtime.parked where subscription = $1 and event_id = $2;

-- name: make_due :exec
update runtime.parked set next_try_at = $3, tries = 0 where subscription = $1 and event_id = $2;

-- name: list_parked :many
select subscription, event_id, type, subject, seq, occurred_at, tries, error, next_try_at
from runtime.parked
where (subscription, event_id) > ($1::text, $2::uuid)
order by subscription, event_id
limit $3;

-- name: lag :one
select coalesce((
  select extract(epoch from $2::timestamptz - o.occurred_at)
  from runtime.subscription s
  cross join lateral (
    select occurred_at from runtime.outbox e
    where (e.xid, e.id) > (s.xid, s.id)
    order by e.xid, e.id limit 1) o
  where s.name = $1), 0) as lag_s;

-- name: lags :many
select s.name, coalesce(extract(epoch from $1::timestamptz - o.occurred_at), 0) as lag_s
from runtime.subscription s
left join lateral (
  select occurred_at from runtime.outbox e
  where (e.xid, e.id) > (s.xid, s.id)
  order by e.xid, e.id limit 1
) o on true
order by s.name;
