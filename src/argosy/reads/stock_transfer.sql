-- name: find_transfer :one?
select id, reason, actor, created_at from inventory.document
where kind = 'transfer_out' and split_part(key, ':', 2) = $1

-- name: lock_transfer :one?
-- Receipts of one transfer wait for each other here, so that together they take no more than came.
select id, reason, actor, created_at from inventory.document
where kind = 'transfer_out' and split_part(key, ':', 2) = $1 for no key update

-- name: transfer_items :many
with leg as (
  select id, outcome from inventory.document
  where kind in ('transfer_out', 'transfer_in') and split_part(key, ':', 2) = $1
), place as (
  select distinct (item ->> 'variant_id')::uuid as variant_id,
         (item ->> 'location_id')::uuid as location_id
  from leg cross join lateral jsonb_array_elements(leg.outcome) as item
)
select p.variant_id, p.location_id,
       sum(j.incoming) filter (where j.incoming > 0) as expected,
       sum(j.on_hand) filter (where j.incoming < 0) as received,
       -sum(j.incoming + j.on_hand) filter (where j.incoming < 0) as lost,
       -sum(j.on_hand) filter (where j.on_hand < 0) as sent
from place p
join inventory.journal j on j.variant_id = p.variant_id and j.location_id = p.location_id
  and j.source_kind = 'document' and j.source_id in (select id from leg)
group by p.variant_id, p.location_id
order by p.variant_id, p.location_id
