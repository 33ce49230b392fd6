-- name: lineage :many
-- The categories of products in the order they count in: of each product the main category first,
-- each with those above it, the nearest first.
select pc.product_id, above.id as category_id
from catalog.product_category pc
join catalog.category c on c.id = pc.category_id
join catalog.category above on above.path = any (array(
  select array_to_string(steps[1:n], '/')
  from string_to_array(c.path, '/') as steps, generate_series(1, cardinality(steps)) as n))
where pc.product_id = any ($1::uuid[])
order by pc.product_id, pc.position, c.path, length(above.path) desc;

-- name: lineage_of_category :many
select above.id as category_id
from catalog.category c
join catalog.category above on above.path = any (array(
  select array_to_string(steps[1:n], '/')
  from string_to_array(c.path, '/') as steps, generate_series(1, cardinality(steps)) as n))
where c.id = $1
order by length(above.path) desc;

-- name: products_after :many
select id, slug, external_id from catalog.product where id > $1 order by id limit $2;
