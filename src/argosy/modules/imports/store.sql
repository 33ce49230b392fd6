-- name: insert_plan :exec
insert into imports.plan (id, format, file_name, storage_key, options, actor, created_at)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: plan_by_id :one?
select id, format, file_name, storage_key, options, actor, state, rows_total, rows_read, rows_kept,
       creates, updates, unchanged, rejects, warnings, applied, same, conflicts, failed, reverted,
       kept, overwrite, message, windows, awaited_ms, created_at, planned_at, applied_at, reverted_at
  from imports.plan where id = $1

-- name: lock_plan :one?
select id, format, file_name, storage_key, options, actor, state, rows_total, rows_read, rows_kept,
       creates, updates, unchanged, rejects, warnings, applied, same, conflicts, failed, reverted,
       kept, overwrite, message, windows, awaited_ms, created_at, planned_at, applied_at, reverted_at
  from imports.plan where id = $1 for update

-- name: plan_page :many
select id, format, file_name, storage_key, options, actor, state, rows_total, rows_read, rows_kept,
       creates, updates, unchanged, rejects, warnings, applied, same, conflicts, failed, reverted,
       kept, overwrite, message, windows, awaited_ms, created_at, planned_at, applied_at, reverted_at
  from imports.plan
 where $1::timestamptz is null or (created_at, id) < ($1, $2::uuid)
 order by created_at desc, id desc limit $3

-- name: restart_plan :one?
update imports.plan
   set state = 'planning', rows_read = 0, rows_kept = 0, creates = 0, updates = 0, unchanged = 0,
       rejects = 0, warnings = 0
 where id = $1 and state in ('queued', 'planning')
returning id

-- name: clear_rows :exec
with outliers as (delete from imports.outlier where plan_id = $1)
delete from imports.row where plan_id = $1

-- name: add_rows :exec
insert into imports.row (plan_id, seq, line, record_key, kind, decision, state, product_id, record,
                         row_hash, before, before_hash, changes, issues, normalised)
select $1, g.seq, g.line, g.key, g.kind, g.decision, g.state, g.product_id, g.record,
       decode(g.row_hash, 'hex'), g.before, decode(g.before_hash, 'hex'), g.changes, g.issues,
       coalesce(g.normalised, '[]')
  from jsonb_to_recordset($2::jsonb) as g (
       seq bigint, line bigint, key text, kind text, decision text, state text, product_id uuid,
       record jsonb, row_hash text, before jsonb, before_hash text, changes jsonb, issues jsonb, normalised jsonb)

-- name: add_outliers :exec
insert into imports.outlier (plan_id, seq, name, line, record_key, path, before, after)
select $1, g.seq, g.name, g.line, g.key, g.path, g.before, g.after
  from jsonb_to_recordset($2::jsonb) as g (
       seq bigint, name text, line bigint, key text, path text, before jsonb, after jsonb)
    on conflict (plan_id, name, seq) do nothing

-- name: note_planned :exec
update imports.plan
   set rows_total = $2, rows_read = $3, rows_kept = $4, creates = creates + $5,
       updates = updates + $6, unchanged = unchanged + $7, rejects = rejects + $8,
       warnings = warnings + $9
 where id = $1

-- name: set_groups :exec
insert into imports.outlier_group (plan_id, name, count, total)
select $1, * from unnest($2::text[], $3::bigint[], $4::bigint[])
    on conflict (plan_id, name) do update set count = excluded.count, total = excluded.total

-- name: drop_outliers :exec
delete from imports.outlier where plan_id = $1 and not name = any ($2::text[])

-- name: set_state :one?
update imports.plan
   set state = $3, message = $4,
       overwrite = case when state = $3 then overwrite or $6 else $6 end,
       planned_at = case when $3 = 'planned' then $5 else planned_at end,
       applied_at = case when $3 = 'applied' then $5 else applied_at end,
       reverted_at = case when $3 = 'reverted' then $5 else reverted_at end
 where id = $1 and state = any ($2::text[])
returning id

-- name: groups_of :many
select name, count, total, acknowledged_by, acknowledged_at
  from imports.outlier_group where plan_id = $1 order by name

-- name: acknowledge :many
update imports.outlier_group set acknowledged_by = $3, acknowledged_at = $4
 where plan_id = $1 and name = any ($2::text[]) and acknowledged_at is null
returning name

-- name: outlier_page :many
select seq, name, line, record_key as key, path, before, after
  from imports.outlier
 where plan_id = $1 and name = $2 and seq > $3 order by seq limit $4

-- name: row_page :many
select seq, line, record_key as key, kind, decision, state, product_id,
       encode(row_hash, 'hex') as row_hash, changes, issues, normalised
  from imports.row
 where plan_id = $1 and seq > $2
   and ($3::text is null or decision = $3) and ($4::text is null or state = $4)
 order by seq limit $5

-- name: next_planned :many
-- As many as are small enough together; one at least.
with next as (
    select seq, coalesce(pg_column_size(record), 0) + coalesce(pg_column_size(before), 0) as own
      from imports.row where plan_id = $1 and state = 'planned' order by seq limit $2),
together as (
    select seq, own, sum(own) over (order by seq) as bytes from next)
select r.seq, r.line, r.record_key as key, r.kind, r.decision, r.product_id, r.record,
       encode(r.row_hash, 'hex') as row_hash, r.before, encode(r.before_hash, 'hex') as before_hash,
       encode(r.after_hash, 'hex') as after_hash, r.stock, r.normalised
  from imports.row r
 where r.plan_id = $1 and r.seq = any (array(select seq from together where bytes - own < 4000000))
 order by r.seq

-- name: next_applied :many
-- As many as are small enough together; one at least.
with next as (
    select seq, coalesce(pg_column_size(record), 0) + coalesce(pg_column_size(before), 0) as own
      from imports.row where plan_id = $1 and state = 'applied' order by seq desc limit $2),
together as (
    select seq, own, sum(own) over (order by seq desc) as bytes from next)
select r.seq, r.line, r.record_key as key, r.kind, r.decision, r.product_id, r.record,
       encode(r.row_hash, 'hex') as row_hash, r.before, encode(r.before_hash, 'hex') as before_hash,
       encode(r.after_hash, 'hex') as after_hash, r.stock, r.normalised
  from imports.row r
 where r.plan_id = $1 and r.seq = any (array(select seq from together where bytes - own < 4000000))
 order by r.seq desc

-- name: claim :many
select seq from imports.row
 where plan_id = $1 and seq = any ($2::bigint[]) and state = $3 order by seq for update

-- name: has_rows :one
select exists (select from imports.row where plan_id = $1 and state = $2) as there

-- name: note_done :exec
update imports.row r
   set state = d.state, product_id = coalesce(d.product_id, r.product_id),
       before = coalesce(d.before, r.before),
       after_hash = coalesce(decode(d.after_hash, 'hex'), r.after_hash),
       stock = coalesce(d.stock, r.stock), issues = r.issues || d.issues
  from jsonb_to_recordset($2::jsonb) as d (
       seq bigint, state text, product_id uuid, before jsonb, after_hash text, stock jsonb,
       issues jsonb)
 where r.plan_id = $1 and r.seq = d.seq

-- name: count_done :exec
update imports.plan
   set applied = applied + $2, same = same + $3, conflicts = conflicts + $4, failed = failed + $5,
       reverted = reverted + $6, kept = kept + $7
 where id = $1

-- name: note_windows :exec
update imports.plan set windows = $2, awaited_ms = awaited_ms + $3 where id = $1

-- name: note_definitions :exec
insert into imports.definition (plan_id, kind, code, before, after)
select $1, g.kind, g.code, g.before, g.after
  from jsonb_to_recordset($2::jsonb) as g (kind text, code text, before jsonb, after jsonb)
    on conflict (plan_id, kind, code) do update set after = excluded.after

-- name: definitions_of :many
select kind, code, before, after from imports.definition
 where plan_id = $1 and state = 'applied' order by kind, length(code) desc, code

-- name: set_definitions :exec
update imports.definition d set state = g.state
  from unnest($2::text[], $3::text[], $4::text[]) as g (kind, code, state)
 where d.plan_id = $1 and d.kind = g.kind and d.code = g.code

-- name: seen_products :many
select distinct product_id from imports.row
 where plan_id = $1 and product_id = any ($2::uuid[])

-- name: old_plans :many
select id from imports.plan
 where created_at < $1 and state not in ('planning', 'applying', 'reverting')
 order by created_at limit $2

-- name: delete_some_rows :exec
delete from imports.row where plan_id = $1 and seq in (
    select seq from imports.row where plan_id = $1 order by seq limit $2)

-- name: delete_plan :exec
delete from imports.plan where id = $1

-- name: named_media :one
-- Storage keys that rows of plans hold as they came, as they were before, or in what was told of
-- them, and the last row that was looked at.
with part as (
    select plan_id, seq, record, before, changes from imports.row
     where (plan_id, seq) > ($2::uuid, $3::bigint) order by plan_id, seq limit $4)
select array(
           select distinct m[1]
             from part p, regexp_matches(
                 concat_ws(' ', p.record::text, p.before::text, p.changes::text), '[0-9a-f]{40}\.[a-z0-9]{3,4}', 'g') m
            where m[1] = any ($1::text[])) as refs,
       l.plan_id, l.seq
  from (select 1) one
  left join (select plan_id, seq from part order by plan_id desc, seq desc limit 1) l on true

-- name: named_in_definitions :many
select m[1] as ref
  from imports.definition d, regexp_matches(
       concat_ws(' ', d.before::text, d.after::text), '[0-9a-f]{40}\.[a-z0-9]{3,4}', 'g') m
 where m[1] = any ($1::text[])
