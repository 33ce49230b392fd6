-- name: insert_contract :exec
insert into contracts.contract
       (id, code, channel_id, state, terms, price_list_id, assignments, due_at, created_at, updated_at)
values ($1, $2, $3, 'active', $4, $5, $6, $7, $7, $7)

-- name: change_contract :one?
update contracts.contract
   set terms = $3, assignments = $4, version = version + 1, due_at = $5, updated_at = $5
 where id = $1 and version = $2 and state = 'active'
returning version

-- name: end_contract :one?
update contracts.contract
   set state = 'ended', assignments = '{}', version = version + 1, updated_at = $2
 where id = $1 and state = 'active'
returning version

-- name: contracts :many
-- $1: only this; $2: of this price list; $3: codes after; in the order of codes.
select id, version, state, terms, price_list_id, assignments, refreshed_at
  from contracts.contract
 where ($1::uuid is null or id = $1) and ($2::uuid is null or price_list_id = $2)
   and ($3::text is null or code > $3)
 order by code
 limit $4

-- name: due :many
select id from contracts.contract
 where state = 'active' and due_at <= $1
 order by due_at limit $2

-- name: put_off :exec
-- Another process does not begin with it, too; a failure comes again by then.
update contracts.contract set due_at = $2 where id = $1

-- name: refreshed :exec
update contracts.contract set refreshed_at = $2, due_at = $3 where id = $1

-- name: worked :many
-- $2: only these variants (null: all), $3: those after, in the order of variants.
select variant_id, amount_minor, line, cuts, anchor_minor, anchored_at
  from contracts.worked
 where contract_id = $1 and ($2::uuid[] is null or variant_id = any ($2::uuid[]))
   and ($3::uuid is null or variant_id > $3)
 order by variant_id
 limit $4

-- name: save_worked :exec
insert into contracts.worked as w
       (contract_id, variant_id, amount_minor, line, cuts, anchor_minor, anchored_at, seen_at)
select $1, g.variant_id, g.amount_minor, g.line, string_to_array(g.cuts, ' '), g.anchor_minor,
       g.anchored_at, $8
  from unnest($2::uuid[], $3::bigint[], $4::int[], $5::text[], $6::bigint[], $7::timestamptz[])
    as g (variant_id, amount_minor, line, cuts, anchor_minor, anchored_at)
 order by g.variant_id
    on conflict on constraint worked_pkey do update
   set amount_minor = excluded.amount_minor, line = excluded.line, cuts = excluded.cuts,
       anchor_minor = excluded.anchor_minor, anchored_at = excluded.anchored_at,
       seen_at = excluded.seen_at

-- name: forget_worked :many
-- What the last refresh ($2) did not come upon: no clause is about it any more.
delete from contracts.worked where contract_id = $1 and seen_at < $2 returning variant_id
