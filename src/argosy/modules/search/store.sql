-- name: mark :exec
insert into search.change (product_id, at) select unnest($1::uuid[]), $2

-- name: forget :exec
delete from search.change where at < $1

-- name: changes_after :many
-- Only what can no longer be overtaken by a transaction that is still open.
select xid::text::bigint as xid_number, id, product_id
  from search.change
 where (xid, id) > ($1::bigint::text::xid8, $2::bigint)
   and xid < pg_snapshot_xmin(pg_current_snapshot())
 order by search.change.xid, search.change.id
 limit $3

-- name: waiting_since :one
select min(at) as at from search.change where (xid, id) > ($1::bigint::text::xid8, $2::bigint)

-- name: present :one
-- The cursor of an index that is about to read everything: what commits later comes after it.
select pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 as xid

-- name: forgotten :one
select coalesce((select last_xid from search.retention), 0) as xid

-- name: note_forgotten :exec
insert into search.retention (only_one, forgotten_until, last_xid)
select true, $1, coalesce((select max(xid::text::bigint) from search.change where at < $1), 0)
    on conflict (only_one) do update
   set forgotten_until = excluded.forgotten_until,
       last_xid = greatest(search.retention.last_xid, excluded.last_xid)

-- name: synonyms :many
select terms from search.synonyms where language = $1 order by position

-- name: drop_synonyms :exec
delete from search.synonyms where language = $1

-- name: insert_synonyms :exec
insert into search.synonyms (language, position, terms)
select $1, position, terms
  from jsonb_to_recordset($2::jsonb) as s (position int, terms text[])
