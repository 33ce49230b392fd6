-- name: orders_by_total :many
-- Where an index does not serve the filter, it is put on the first rows of the range alone.
select o.id, o.total_minor
  from (select id, total_minor, channel_id from orders."order"
         where (total_minor, id) < ($1::bigint, $2::uuid)
         order by total_minor desc, id desc limit $5) o
 where $3::uuid is null or o.channel_id = $3
 order by o.total_minor desc, o.id desc limit $4

-- name: orders_by_total_end :one?
select total_minor, id from orders."order" where (total_minor, id) < ($1::bigint, $2::uuid)
 order by total_minor desc, id desc offset $3::bigint - 1 limit 1

-- name: products_by_title :many
select p.id, p.title
  from (select id, lower(title) as title, status from catalog.product
         where (lower(title), id) > ($1::text, $2::uuid)
         order by lower(title), id limit $5) p
 where $3::text is null or p.status = $3
 order by p.title, p.id limit $4

-- name: products_by_title_end :one?
select lower(title) as title, id from catalog.product where (lower(title), id) > ($1::text, $2::uuid)
 order by lower(title), id offset $3::bigint - 1 limit 1

-- name: products_by_change :many
select p.id, p.updated_at
  from (select id, updated_at, status from catalog.product
         where (updated_at, id) < ($1::timestamptz, $2::uuid)
         order by updated_at desc, id desc limit $5) p
 where $3::text is null or p.status = $3
 order by p.updated_at desc, p.id desc limit $4

-- name: products_by_change_end :one?
select updated_at, id from catalog.product where (updated_at, id) < ($1::timestamptz, $2::uuid)
 order by updated_at desc, id desc offset $3::bigint - 1 limit 1

-- name: customers_by_name :many
select c.id, lower(c.name) as name from customers.customer c
 where (lower(c.name), c.id) > ($1::text, $2::uuid)
 order by lower(c.name), c.id limit $3
