-- name: orphan_kits :many
-- Bills of variants that are gone.
select k.variant_id from kits.kit k
 where not exists (select from catalog.variant v where v.id = k.variant_id) order by k.variant_id;

-- name: component_facts :many
-- What a component must be known by before it is put into a kit.
select v.id, coalesce(v.tax_class, p.tax_class) as tax_class
  from catalog.variant v join catalog.product p on p.id = v.product_id
 where v.id = any ($1::uuid[]);

-- name: products_of_kits :many
-- The products of the kits that have these variants, or variants of these products, in them.
select distinct v.product_id
  from kits.part t join catalog.variant v on v.id = t.kit_id
 where t.component_id = any ($1::uuid[])
    or t.component_id in (select c.id from catalog.variant c where c.product_id = any ($2::uuid[]));

-- name: products_of_components :many
select distinct v.product_id
  from kits.part t join catalog.variant v on v.id = t.component_id
 where t.kit_id = any ($1::uuid[]);

-- name: group_codes_of :many
-- By what codes the kits among the variants of a product are chosen.
select distinct g ->> 'code' as code
  from catalog.variant v
  join kits.kit k on k.variant_id = v.id
  cross join jsonb_array_elements(coalesce(k.bill -> 'groups', '[]')) g
 where v.product_id = $1;
