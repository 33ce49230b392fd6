-- name: brands_of_products :many
select distinct brand from catalog.product where id = any ($1::uuid[]) and btrim(brand) <> '';

-- name: brands_after :many
-- Brand texts of products in order of their ids: the last id, and the texts of the batch.
select (array_agg(b.id order by b.id desc))[1] as last_id, array_agg(distinct b.brand) as brands
from (select id, brand from catalog.product where id > $1 order by id limit $2) b
having count(*) > 0;

-- name: shown_brands :many
-- Brands of which the channel shows products, after a key, with how many.
select t.value as key, n.products
from projections.term a
join projections.facet_count n on n.category = a.id
join projections.term t on t.id = n.term and t.code = 'brand'
where a.channel_id = $1 and a.code = '' and a.value = '00000000-0000-0000-0000-000000000000'
  and n.products > 0 and t.value > $2
order by t.value limit $3;

-- name: shown_of_brand :one
select coalesce((
  select n.products
  from projections.term a
  join projections.term t on t.channel_id = $1 and t.code = 'brand' and t.value = $2
  join projections.facet_count n on n.category = a.id and n.term = t.id
  where a.channel_id = $1 and a.code = '' and a.value = '00000000-0000-0000-0000-000000000000'
), 0) as products;
