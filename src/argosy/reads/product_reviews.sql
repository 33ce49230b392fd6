-- name: shown_product :one?
select product_id
from projections.product
where channel_id = $1 and slug = $2 and visible and valid_from <= $3 and valid_until > $3
limit 1;

-- name: has_bought :one
select exists (
  select from orders."order" o
  join orders.line l on l.order_id = o.id and l.product_id = $2
  where o.customer_id = $1 and o.confirmed_at is not null and o.cancelled_at is null) as bought;

-- name: products_named :many
-- A product is named by its external id, or by its slug.
select p.id, p.external_id, p.slug
from catalog.product p
where p.external_id = any ($1::text[]) or p.slug = any ($1::text[]);

-- name: names_of_products :many
select p.id, coalesce(p.external_id, p.slug) as name
from catalog.product p where p.id = any ($1::uuid[]);
