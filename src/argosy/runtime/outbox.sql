-- name: write_events :exec
with e as (
  select *, count(*) over (partition by subject) as total,
         row_number() over (partition by subject order by ord) as nth
  from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::text[]) with ordinality
       as t (event_id, type, subject, data, trace, ord)
), s as (
  insert into runtime.subject_sequence as q (subject, seq)
  select subject, max(total) from e group by subject order by subject
  on conflict (subject) do update set seq = q.seq + excluded.seq
  returning q.subject, q.seq
)
insert into runtime.outbox (event_id, type, subject, seq, data, trace, occurred_at)
select e.event_id, e.type, e.subject, s.seq - e.total + e.nth, e.data, e.trace, $6::timestamptz
from e join s using (subject) order by e.ord;

-- name: write_events_and_answer :exec
with e as (
  select *, count(*) over (partition by subject) as total,
         row_number() over (partition by subject order by ord) as nth
  from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::text[]) with ordinality
       as t (event_id, type, subject, data, trace, ord)
), s as (
  insert into runtime.subject_sequence as q (subject, seq)
  select subject, max(total) from e group by subject order by subject
  on conflict (subject) do update set seq = q.seq + excluded.seq
  returning q.subject, q.seq
), a as (
  update runtime.idempotency i set status = t.status, body = t.body, headers = t.headers
  from unnest($7::text[], $8::text[], $9::smallint[], $10::bytea[], $11::jsonb[])
       as t (scope, key, status, body, headers)
  where i.scope = t.scope and i.key = t.key
)
insert into runtime.outbox (event_id, type, subject, seq, data, trace, occurred_at)
select e.event_id, e.type, e.subject, s.seq - e.total + e.nth, e.data, e.trace, $6::timestamptz
from e join s using (subject) order by e.ord;

-- name: write_answer :exec
update runtime.idempotency i set status = t.status, body = t.body, headers = t.headers
from unnest($1::text[], $2::text[], $3::smallint[], $4::bytea[], $5::jsonb[])
     as t (scope, key, status, body, headers)
where i.scope = t.scope and i.key = t.key;

-- name: notify :exec
select pg_notify(topic, payload) from unnest($1::text[], $2::text[]) as t (topic, payload);
