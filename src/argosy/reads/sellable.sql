-- name: sellable_variants :many
-- One row for each price in force ($4), or one row without a price: a missing price is not zero (C9).
select v.id as variant_id, v.product_id, v.sku, p.title, v.title as variant_title, v.options,
       p.slug as product_slug, coalesce(v.tax_class, p.tax_class) as tax_class, p.shipping_class,
       v.weight_g, v.dimensions_mm, v.requires_shipping, v.tracks_inventory,
       coalesce(
           (select m.storage_key from catalog.media m where m.id = v.media_id),
           (select m.storage_key from catalog.media m
             where m.product_id = v.product_id and m.kind = 'image'
             order by m.position, m.id limit 1)) as image_key,
       v.status = 'active' and p.status = 'active'
           and coalesce(s.publish_from <= $4::timestamptz and (s.publish_until is null or $4::timestamptz < s.publish_until), false)
           as published,
       v.status = 'active' and p.status = 'active' as active, k.bill,
       (select jsonb_build_object('inputs', i.inputs, 'former', i.former) from personalisation.product i
         where i.product_id = v.product_id) as asked,
       h.content, h.unit, h.drained, h.base_quantity, h.base_unit,
       c.id as price_id, c.price_list_id, c.mix_group, c.min_quantity, c.priority, c.amount_minor, c.compare_at_minor,
       lower(c.during) as valid_from, upper(c.during) as valid_until,
       -- What it is called in other languages; not looked for where nothing is translated.
       case when exists (select from translations.text) then (select locale from translations.source) end as source_locale,
       case when exists (select from translations.text) then (
           select jsonb_agg(jsonb_build_array(t.kind, t.entity, t.field, t.locale, t.value))
             from (select x.* from translations.text x
                    where x.kind = 'product' and x.entity = p.id::text and x.field = 'title'
                   union all
                   select x.* from personalisation.product i
                     join translations.text x on x.kind = 'product' and x.entity = p.id::text
                          and starts_with(x.field, 'input:')
                    where i.product_id = p.id
                   union all
                   select x.* from translations.text x
                    where x.kind = 'variant' and x.entity = v.id::text and x.field = 'title'
                   union all
                   select x.* from jsonb_each_text(v.options) o
                     join translations.text x on x.kind = 'option' and x.entity = o.key
                          and x.field in ('name', 'value:' || o.value)) t
            where t.state = 'approved') end as spoken
  from catalog.variant v
  join catalog.product p on p.id = v.product_id
  left join catalog.publication s on s.product_id = v.product_id and s.channel_id = $1
  left join pricing.measure h on h.variant_id = v.id
  left join kits.kit k on k.variant_id = v.id
  -- By variant, whatever the planner thinks of the array: prices of a whole list are many.
  left join lateral (
       select * from pricing.price x
        where x.variant_id = v.id and x.price_list_id = any ($2::uuid[]) and x.during @> $4::timestamptz
       offset 0) c on true
 where v.id = any ($3)
