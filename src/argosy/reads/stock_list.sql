-- name: stock_list :many
-- By the primary key, so that a page begins where the last one ended. No index holds what is sellable:
-- it would cost every sale; a seldom standing is looked for in passing over $6 levels.
select l.variant_id, l.location_id, l.on_hand, l.reserved, l.allocated, l.quarantine, l.incoming,
       l.safety_stock, l.backorder_limit, l.low_threshold, l.oversold, l.counted_as_of,
       v.sku, v.title as variant_title, v.product_id, p.title as product_title,
       c.code as location_code, c.name as location_name
  from (select *, on_hand - reserved - allocated - quarantine - safety_stock as sellable
          from inventory.level
         where (variant_id, location_id) > ($1::uuid, $2::uuid)
         order by variant_id, location_id
         limit $6) l
  join catalog.variant v on v.id = l.variant_id
  join catalog.product p on p.id = v.product_id
  join inventory.location c on c.id = l.location_id
 where ($3::uuid is null or l.location_id = $3)
   and case $4::text when 'oversold' then l.oversold > 0
                     when 'out' then l.sellable <= 0
                     when 'low' then l.sellable between 1 and l.low_threshold
                     when 'available' then l.sellable > l.low_threshold
                     else true end
 order by l.variant_id, l.location_id
 limit $5

-- name: stock_of_variant :many
select l.variant_id, l.location_id, l.on_hand, l.reserved, l.allocated, l.quarantine, l.incoming,
       l.safety_stock, l.backorder_limit, l.low_threshold, l.oversold, l.counted_as_of,
       v.sku, v.title as variant_title, v.product_id, p.title as product_title,
       c.code as location_code, c.name as location_name
  from (select *, on_hand - reserved - allocated - quarantine - safety_stock as sellable
          from inventory.level
         where variant_id = $6::uuid and (variant_id, location_id) > ($1::uuid, $2::uuid)) l
  join catalog.variant v on v.id = l.variant_id
  join catalog.product p on p.id = v.product_id
  join inventory.location c on c.id = l.location_id
 where ($3::uuid is null or l.location_id = $3)
   and case $4::text when 'oversold' then l.oversold > 0
                     when 'out' then l.sellable <= 0
                     when 'low' then l.sellable between 1 and l.low_threshold
                     when 'available' then l.sellable > l.low_threshold
                     else true end
 order by l.variant_id, l.location_id
 limit $5

-- name: stock_list_end :one?
select variant_id, location_id from inventory.level
 where (variant_id, location_id) > ($1::uuid, $2::uuid)
 order by variant_id, location_id
offset $3::bigint - 1 limit 1
