-- name: shown_variants :many
-- The variants of products ($3), or these variants ($4), that a window ($1) shows now ($5). One row for
-- each price in force in the lists ($2), or one without. Buyable: there is an offer of it.
select s.product_id, s.variant_id, o.variant_id is not null as buyable,
       c.id as price_id, c.price_list_id, c.mix_group, c.min_quantity, c.priority, c.amount_minor,
       c.compare_at_minor, lower(c.during) as valid_from, upper(c.during) as valid_until,
       m.content, m.unit, m.drained, m.base_quantity, m.base_unit
  from projections.variant s
  left join projections.offer o
    on o.variant_id = s.variant_id and o.channel_id = s.channel_id and o.slot = s.slot
  left join pricing.measure m on m.variant_id = s.variant_id
  left join lateral (
       select * from pricing.price x
        where x.variant_id = s.variant_id and x.price_list_id = any ($2::uuid[])
          and x.during @> $5::timestamptz
       offset 0) c on true
 where s.channel_id = $1
   and s.product_id = any (coalesce($3::uuid[], array(
         select v.product_id from catalog.variant v where v.id = any ($4::uuid[]))))
   and ($4::uuid[] is null or s.variant_id = any ($4::uuid[]))
   and s.valid_from <= $5 and s.valid_until > $5
