-- name: write_events :exec
with e as (
  select *, count(*) over (partition by subject) as total,
         row_number() over (partition by subject order by ord) as nth
  from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[]) with ordinality
       as t (event_id, type, subject, data, ord)
), s as (
  insert into runtime.subject_sequence as q (subject, seq)
  select subject, max(total) from e group by subject order by subject
  on conflict (subject) do update set seq = q.seq + excluded.seq
  returning q.subject, q.seq
)
insert into runtime.outbox (event_id, type, subject, seq, data, trace, occurred_at)
select e.event_id, e.type, e.subject, s.seq - e.total + e.nth, e.data, $5::text, $6::timestamptz
from e join s using (subject) order by e.ord;

-- name: write_events_and_answer :exec
with e as (
  select *, count(*) over (partition by subject) as total,
         row_number() over (partition by subject order by ord) as nth
  from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[]) with ordinality
       as t (event_id, type, subject, data, ord)
), s as (
  insert into runtime.subject_sequence as q (subject, seq)
  select subject, max(total) from e group by subject order by subject
  on conflict (subject) do update set seq = q.seq + excluded.seq
  returning q.subject, q.seq
), a as (
  update runtime.idempotency set status = $9, body = $10, headers = $11
  where scope = $7 and key = $8
)
insert into runtime.outbox (event_id, type, subject, seq, data, trace, occurred_at)
select e.event_id, e.type, e.subject, s.seq - e.total + e.nth, e.data, $5::text, $6::timestamptz
from e join s using (subject) order by e.ord;

-- name: write_answer :exec
update runtime.idempotency set status = $3, body = $4, headers = $5
where scope = $1 and key = $2;

-- name: notify :exec
select pg_notify(topic, payload) from unnest($1::text[], $2::text[]) as t (topic, payload);
