-- name: claim :one?
insert into runtime.idempotency (scope, key, request_hash, claimed_at)
values ($1, $2, $3, $4)
on conflict (scope, key) do nothing
returning key;

-- name: claimed :one
select request_hash, status, body, headers, claimed_at
from runtime.idempotency where scope = $1 and key = $2
for update;

-- name: take_over :exec
update runtime.idempotency set claimed_at = $3
where scope = $1 and key = $2 and status is null;

-- name: forget_old :exec
delete from runtime.idempotency
where (scope, key) in (
  select scope, key from runtime.idempotency where claimed_at < $1 order by claimed_at limit $2
  for update skip locked
);
