-- name: server :one
select current_setting('max_connections')::int as max_connections,
       clock_timestamp() as now,
       current_setting('fsync')::bool as fsync,
       current_setting('full_page_writes')::bool as full_page_writes,
       current_setting('synchronous_commit') as synchronous_commit,
       coalesce((select max(extract(epoch from clock_timestamp() - xact_start))
                 from pg_stat_activity
                 where datname = current_database() and pid <> pg_backend_pid()), 0)::float8
         as oldest_transaction_s;

-- name: reactions :many
select s.name, extract(epoch from $1::timestamptz - o.occurred_at)::float8 as lag_s
from runtime.subscription s
cross join lateral (
  select e.occurred_at from runtime.outbox e
  where (e.xid, e.id) > (s.xid, s.id)
  order by e.xid, e.id limit 1
) o
where o.occurred_at < $1::timestamptz - interval '30 seconds'
order by s.name;

-- name: parked :one
select count(*) from runtime.parked where next_try_at is null;

-- name: shop :many
select 'warning' as level, 'There is no channel: nothing can be sold.' as what,
       'Create one with POST /admin/v1/channels, or start with `argosy demo`.' as cure
where not exists (select from channels.channel)
union all
select 'error', format('Channel %s has no stock location.', c.code),
       'Give it one with PATCH /admin/v1/channels/{id}.'
from channels.channel c
where c.active and not exists (select from channels.channel_location l where l.channel_id = c.id)
union all
select 'error', format('Channel %s sells in %s, its price list is in %s.', c.code, c.currency, p.currency),
       'Use a price list of the channel''s currency.'
from channels.channel c join pricing.price_list p on p.id = c.price_list_id
where c.active and p.currency <> c.currency
union all
select 'error', format('Channel %s has no price list: nothing can be bought there.', c.code),
       'Set its price list with PATCH /admin/v1/channels/{id}.'
from channels.channel c
where c.active and not exists (select from pricing.price_list p where p.id = c.price_list_id);
