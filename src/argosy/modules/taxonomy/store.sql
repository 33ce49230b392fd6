-- name: save_nodes :many
insert into taxonomy.node as n (system, code, path, depth, words)
select $1, w.code, w.path, w.depth, setweight(to_tsvector('simple', w.leaf), 'A')
                                    || setweight(to_tsvector('simple', w.path), 'D')
  from unnest($2::text[], $3::text[], $4::text[], $5::smallint[]) as w (code, path, leaf, depth)
 order by w.code
    on conflict (system, code) do update
   set path = excluded.path, depth = excluded.depth, words = excluded.words
 where n.path <> excluded.path
returning code

-- name: unlisted_in_use :many
select distinct m.code from taxonomy.mapping m
 where m.system = $1 and m.code <> all ($2::text[]) order by m.code limit 20

-- name: drop_unlisted :many
delete from taxonomy.node where system = $1 and code <> all ($2::text[]) returning code

-- name: count_nodes :one
select count(*) as nodes from taxonomy.node where system = $1

-- name: node_by_code :one?
select system, code, path from taxonomy.node where system = $1 and code = $2

-- name: find_nodes :many
-- Any of the words, the name itself before the names above it; of equals the nearest to the root.
select system, code, path
  from (
    select n.*, to_tsquery('simple', $2) as asked from taxonomy.node n
     where n.system = $1 and n.words @@ to_tsquery('simple', $2)) f
 order by ts_rank(words, asked, 1) desc, depth, length(path), code
 limit $3

-- name: map_thing :one?
insert into taxonomy.mapping as m (entity_id, kind, system, code, mapped_at)
values ($1, $2, $3, $4, $5)
    on conflict (entity_id, system) do update set code = excluded.code, mapped_at = excluded.mapped_at
 where m.code <> excluded.code
returning entity_id

-- name: clear_mapping :one?
delete from taxonomy.mapping where entity_id = $1 and system = $2 returning kind

-- name: forget_things :exec
delete from taxonomy.mapping where entity_id = any ($1::uuid[])

-- name: mappings_of :many
select m.entity_id, m.kind, n.system, n.code, n.path
  from taxonomy.mapping m join taxonomy.node n on n.system = m.system and n.code = m.code
 where m.entity_id = any ($1::uuid[]) order by m.entity_id, n.system
