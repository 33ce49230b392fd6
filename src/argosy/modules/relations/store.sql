-- name: lock_products :many
-- Relations of these products, locked, so that two who change both ways wait for one another.
select product_id, kind, related_id, position from relations.relation
 where product_id = any ($1::uuid[]) and kind = $2
 order by product_id, related_id for update

-- name: relations_of :many
select product_id, kind, related_id, position from relations.relation
 where product_id = any ($1::uuid[]) order by product_id, kind, position, related_id

-- name: keep :many
delete from relations.relation
 where product_id = $1 and kind = $2 and related_id <> all ($3::uuid[]) returning related_id

-- name: save :many
insert into relations.relation as r (product_id, kind, related_id, position)
select w.product_id, $1, w.related_id, w.position
  from unnest($2::uuid[], $3::uuid[], $4::int[]) as w (product_id, related_id, position)
 order by w.product_id, w.related_id
    on conflict (product_id, kind, related_id) do update set position = excluded.position
 where r.position <> excluded.position
returning product_id

-- name: add :many
-- At the end of what each product has.
insert into relations.relation (product_id, kind, related_id, position)
select w.product_id, $1, $3, coalesce((
         select max(r.position) + 1 from relations.relation r
          where r.product_id = w.product_id and r.kind = $1), 0)
  from unnest($2::uuid[]) as w (product_id) order by w.product_id
    on conflict do nothing
returning product_id

-- name: drop_back :many
delete from relations.relation
 where product_id = any ($1::uuid[]) and kind = $2 and related_id = $3 returning product_id

-- name: forget_products :exec
delete from relations.relation where product_id = any ($1::uuid[]) or related_id = any ($1::uuid[])

-- name: all_after :many
select product_id, kind, related_id, position from relations.relation
 where (product_id, kind, position, related_id) > ($1, $2, $3, $4)
 order by product_id, kind, position, related_id limit $5
