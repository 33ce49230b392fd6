-- name: contract_goods :many
-- Variants that a channel ($1) sells, all ($2) or those of products ($3) and these ($4); after $5.
select v.id as variant_id, v.product_id
  from catalog.variant v
  join catalog.product p on p.id = v.product_id and p.status = 'active'
  join catalog.publication s on s.product_id = p.id and s.channel_id = $1
 where v.status = 'active' and v.id > $5
   and ($2::boolean or v.product_id = any ($3::uuid[]) or v.id = any ($4::uuid[]))
 order by v.id
 limit $6
