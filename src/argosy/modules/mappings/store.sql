-- name: insert_mapping :one?
insert into mappings.mapping (code, name, version, created_at, updated_at)
values ($1, $2, 1, $3, $3)
    on conflict (code) do nothing
returning code

-- name: insert_version :exec
insert into mappings.version (code, version, document, author, created_at)
values ($1, $2, $3, $4, $5)

-- name: lock_mapping :one?
select version from mappings.mapping where code = $1 for update

-- name: set_mapping :exec
update mappings.mapping set name = $2, version = $3, updated_at = $4 where code = $1

-- name: delete_mapping :exec
delete from mappings.mapping where code = $1

-- name: mapping_by_code :one?
select m.code, m.name, v.version, v.document, v.author, v.created_at
  from mappings.mapping m join mappings.version v on v.code = m.code
 where m.code = $1 and v.version = coalesce($2::bigint, m.version)

-- name: mapping_page :many
select m.code, m.name, v.version, v.document, v.author, v.created_at
  from mappings.mapping m join mappings.version v on v.code = m.code and v.version = m.version
 where m.code > $1 order by m.code limit $2

-- name: version_page :many
select m.code, m.name, v.version, v.document, v.author, v.created_at
  from mappings.mapping m join mappings.version v on v.code = m.code
 where m.code = $1 and v.version < $2 order by v.version desc limit $3
