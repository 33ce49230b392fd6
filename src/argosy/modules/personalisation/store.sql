-- name: personalisations_of :many
select product_id, inputs, former, version from personalisation.product
 where product_id = any ($1::uuid[]) order by product_id;

-- name: save_personalisation :one?
-- Compare-and-set: $4 is the version that was read, 0 for a product that asked nothing.
insert into personalisation.product as p (product_id, inputs, former, version, updated_at)
select $1, $2, $3::text[], 1, $5 where $4::int = 0
on conflict (product_id) do nothing
returning version;

-- name: change_personalisation :one?
update personalisation.product
   set inputs = $2, former = $3::text[], version = version + 1, updated_at = $5
 where product_id = $1 and version = $4
returning version;

-- name: drop_personalisations :exec
delete from personalisation.product where product_id = any ($1::uuid[]);
