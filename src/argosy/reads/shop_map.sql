-- name: page_starts :many
-- The first product of each page of $3 products that a channel shows now, in order of id.
select product_id
from (select product_id, row_number() over (order by product_id) as n
      from projections.product
      where channel_id = $1 and visible and valid_from <= $2 and valid_until > $2) shown
where n % $3::bigint = 1
order by product_id;

-- name: addresses_from :many
-- Products that a channel shows now, from one id ($3) on.
select s.product_id, s.slug, p.updated_at
from projections.product s
join catalog.product p on p.id = s.product_id
where s.channel_id = $1 and s.visible and s.valid_from <= $2 and s.valid_until > $2
  and s.product_id >= $3
order by s.product_id limit $4;

-- name: documents_after :many
-- What a channel shows now of the products after an id ($3).
select product_id, document
from projections.product
where channel_id = $1 and visible and valid_from <= $2 and valid_until > $2 and product_id > $3
order by product_id limit $4;
