-- name: related :many
-- A shown product with the cards of what stands beside it, now and from their next boundary on.
select p.product_id, r.kind, r.related_id, s.card,
       nullif(s.valid_from, '-infinity') as valid_from, nullif(s.valid_until, 'infinity') as valid_until
from projections.product p
left join relations.relation r on r.product_id = p.product_id
left join projections.product s on s.product_id = r.related_id and s.channel_id = $1 and s.visible
where p.channel_id = $1 and p.slug = $2 and p.visible and p.valid_from <= $3 and p.valid_until > $3
order by r.kind, r.position, r.related_id;

-- name: ids_by_slug :many
select id, slug from catalog.product where slug = any ($1::text[]);

-- name: slugs_by_id :many
select id, slug from catalog.product where id = any ($1::uuid[]);
