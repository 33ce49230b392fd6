-- name: orders_by_total :many
select o.id, o.total_minor from orders."order" o
 where (o.total_minor, o.id) < ($1::bigint, $2::uuid)
   and ($3::uuid is null or o.channel_id = $3)
 order by o.total_minor desc, o.id desc limit $4

-- name: products_by_title :many
select p.id, lower(p.title) as title from catalog.product p
 where (lower(p.title), p.id) > ($1::text, $2::uuid) and ($3::text is null or p.status = $3)
 order by lower(p.title), p.id limit $4

-- name: products_by_change :many
select p.id, p.updated_at from catalog.product p
 where (p.updated_at, p.id) < ($1::timestamptz, $2::uuid)
   and ($3::text is null or p.status = $3)
 order by p.updated_at desc, p.id desc limit $4

-- name: customers_by_name :many
select c.id, lower(c.name) as name from customers.customer c
 where (lower(c.name), c.id) > ($1::text, $2::uuid)
 order by lower(c.name), c.id limit $3
