create schema if not exists runtime;

-- Events, written in the transaction whose facts they tell (DOMAIN.md P4). Readers go by (xid, id)
-- below the snapshot horizon, so that a transaction that commits late is never skipped.
create table runtime.outbox (
  id bigint generated always as identity,
  xid xid8 not null default pg_current_xact_id(),
  event_id uuid not null,
  type text not null,
  subject text not null,
  seq bigint not null,
  data jsonb not null,
  trace text,
  occurred_at timestamptz not null,
  constraint outbox_pkey primary key (occurred_at, id)
) partition by range (occurred_at);
comment on table runtime.outbox is 'Event log. Distribution key: subject. Partitioned by day, dropped after the retention.';
create index outbox_order on runtime.outbox (xid, id);
create index outbox_subject on runtime.outbox (subject, seq);
create table runtime.outbox_default partition of runtime.outbox default;
comment on table runtime.outbox_default is 'Catches events of days without a partition. Distribution key: subject.';

-- Makes the day partitions from `from_day` on; the worker calls it daily, well ahead.
create function runtime.ensure_outbox_partitions(from_day date, days int) returns void
language plpgsql as $$
declare d date;
begin
  for d in select from_day + n from generate_series(0, days - 1) as n loop
    if to_regclass(format('runtime.outbox_%s', to_char(d, 'YYYYMMDD'))) is null
       and not exists (select from runtime.outbox_default
                       where occurred_at >= d and occurred_at < d + 1) then
      execute format('create table runtime.outbox_%s partition of runtime.outbox for values from (%L) to (%L)',
                     to_char(d, 'YYYYMMDD'), d::timestamptz, (d + 1)::timestamptz);
    end if;
  end loop;
end $$;

-- Drops the day partitions that lie wholly before `keep_from`; returns their names.
create function runtime.drop_outbox_partitions(keep_from date) returns setof text
language plpgsql as $$
declare t text;
begin
  for t in select c.relname from pg_inherits i
           join pg_class c on c.oid = i.inhrelid
           where i.inhparent = 'runtime.outbox'::regclass
             and c.relname ~ '^outbox_[0-9]{8}$'
             and to_date(right(c.relname, 8), 'YYYYMMDD') < keep_from loop
    execute format('drop table runtime.%I', t);
    return next t;
  end loop;
end $$;

-- The last sequence number of each subject, so that a consumer can see a gap (DOMAIN.md P3).
create table runtime.subject_sequence (
  subject text primary key,
  seq bigint not null
) with (fillfactor = 80);
comment on table runtime.subject_sequence is 'Distribution key: subject.';

-- One row per reaction: how far it has read. Advanced in the transaction of its effects.
create table runtime.subscription (
  name text primary key,
  xid xid8 not null,
  id bigint not null,
  updated_at timestamptz not null
);
comment on table runtime.subscription is 'Distribution key: name (replicated).';

-- Events that a reaction failed on; they are tried again with backoff and never block the others.
create table runtime.parked (
  subscription text not null,
  event_id uuid not null,
  type text not null,
  subject text not null,
  seq bigint not null,
  data jsonb not null,
  trace text,
  occurred_at timestamptz not null,
  tries int not null,
  error text not null,
  next_try_at timestamptz,
  constraint parked_pkey primary key (subscription, event_id)
);
comment on table runtime.parked is 'next_try_at null: given up, waits for a person. Distribution key: subject.';
create index parked_due on runtime.parked (next_try_at) where next_try_at is not null;

-- Answers of idempotent commands (DOMAIN.md G2, G3). status null: claimed, not answered yet.
create table runtime.idempotency (
  scope text not null,
  key text not null,
  request_hash bytea not null,
  status smallint,
  body bytea,
  headers jsonb,
  claimed_at timestamptz not null,
  constraint idempotency_pkey primary key (scope, key)
) with (fillfactor = 70);
comment on table runtime.idempotency is 'Kept 48 hours. Distribution key: scope.';
create index idempotency_age on runtime.idempotency (claimed_at);
