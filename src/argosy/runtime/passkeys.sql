-- name: use_challenge :exec
insert into runtime.used_challenge (hash, expires_at) values ($1, $2) on conflict do nothing

-- name: forget_challenges :exec
delete from runtime.used_challenge where expires_at < $1
