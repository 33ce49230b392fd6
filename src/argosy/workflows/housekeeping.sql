-- name: ensure_partitions :one
select runtime.ensure_outbox_partitions($1::date, $2::int)::text as made;

-- name: drop_partitions :many
select runtime.drop_outbox_partitions($1::date) as name;
