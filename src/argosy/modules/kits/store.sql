-- name: lock_kits :one
-- Bills are written one after another: that no kit is in a kit is true of two bills together.
select pg_advisory_xact_lock(hashtext('kits.kit'));

-- name: kits_of :many
select variant_id, bill, version from kits.kit
 where variant_id = any ($1::uuid[]) order by variant_id;

-- name: kits_after :many
select variant_id, bill, version from kits.kit where variant_id > $1 order by variant_id limit $2;

-- name: kits_with :many
select distinct kit_id from kits.part where component_id = any ($1::uuid[]) order by kit_id;

-- name: save_kit :one?
-- Compare-and-set: $3 is the version that was read, 0 for a variant that was no kit.
insert into kits.kit as k (variant_id, bill, version, updated_at)
select $1, $2, 1, $4 where $3::int = 0
on conflict (variant_id) do nothing
returning version;

-- name: change_kit :one?
update kits.kit set bill = $2, version = version + 1, updated_at = $4
 where variant_id = $1 and version = $3
returning version;

-- name: drop_parts :exec
delete from kits.part where kit_id = any ($1::uuid[]);

-- name: save_parts :exec
insert into kits.part (kit_id, component_id)
select $1, c from unnest($2::uuid[]) c order by c;

-- name: drop_kits :many
delete from kits.kit where variant_id = any ($1::uuid[]) returning variant_id, version;
