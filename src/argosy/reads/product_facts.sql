-- name: product_facts :many
-- What promotions select goods by, of several products: brand, attributes, and all categories that a
-- product is in, with those above them.
select p.id, p.slug, p.brand, p.attributes,
       coalesce((select jsonb_agg(distinct jsonb_build_array(above.id, above.path))
                   from catalog.product_category x
                   join catalog.category c on c.id = x.category_id
                   join catalog.category above
                     on above.path = c.path or starts_with(c.path, above.path || '/')
                  where x.product_id = p.id), '[]') as categories
  from catalog.product p
 where p.id = any ($1::uuid[])
