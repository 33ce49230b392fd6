-- name: kept_variants :many
-- Variants of a product ($1), or the one alone ($2), that something of $3 hangs on, at most $4. Kits
-- that go as well, or are gone, keep nothing. Each is looked at by itself, in the order of the
-- answer, so that a product of thousands is read until there are enough.
select v.id as variant_id, v.sku, w.promised, w.stocked, w.remembered, w.component
  from catalog.variant v
  left join lateral (
    select bool_or(l.reserved > 0 or l.allocated > 0) as promised,
           bool_or((l.on_hand, l.quarantine, l.incoming) <> (0, 0, 0)) as stocked
      from inventory.level l where l.variant_id = v.id) l on true
  left join lateral (
    select true as found from inventory.journal j where j.variant_id = v.id limit 1) j on true
  left join lateral (
    select true as found
      from kits.part t join catalog.variant k on k.id = t.kit_id
     where t.component_id = v.id
       and (k.product_id <> $1 or ($2::uuid is not null and k.id <> $2))
     limit 1) t on true
 cross join lateral (
    select 'promised' = any ($3::text[]) and coalesce(l.promised, false) as promised,
           'stocked' = any ($3::text[]) and coalesce(l.stocked, false) as stocked,
           'remembered' = any ($3::text[]) and coalesce(j.found, false) as remembered,
           'component' = any ($3::text[]) and coalesce(t.found, false) as component) w
 where v.product_id = $1 and ($2::uuid is null or v.id = $2)
   and (w.promised or w.stocked or w.remembered or w.component)
 order by v.position, v.id
 limit $4
