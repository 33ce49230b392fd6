-- name: claim_attempt :one?
-- $2 now, $3 free tries, $4 first pause in seconds, $5 longest pause in seconds. No row: blocked.
insert into runtime.attempt as a (bucket, tries, last_at) values ($1, 1, $2)
on conflict (bucket) do update set
  tries = case when a.last_at < $2 - interval '1 day' then 1 else a.tries + 1 end,
  last_at = $2,
  blocked_until = case
    when a.last_at < $2 - interval '1 day' or a.tries + 1 < $3 then null
    else $2 + make_interval(secs => least($5::float8, $4::float8 * 2 ^ least(a.tries + 1 - $3::int, 20)))
  end
where a.blocked_until is null or a.blocked_until <= $2
returning tries

-- name: blocked_until :one?
select blocked_until from runtime.attempt where bucket = $1

-- name: forget_attempts :exec
delete from runtime.attempt where bucket = $1

-- name: forget_old_attempts :exec
delete from runtime.attempt where last_at < $1::timestamptz - interval '1 day'
