-- name: save_method :exec
insert into wallets.saved_method
  (id, customer_id, gateway, reference, holder_reference, payment_id, brand, last4, exp_month,
   exp_year, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (gateway, reference) do nothing

-- name: remove_alike :many
update wallets.saved_method set removed_at = $8
 where id <> $1 and customer_id = $2 and gateway = $3 and brand = $4 and last4 = $5
   and exp_month = $6 and exp_year = $7 and removed_at is null
returning id

-- name: methods :many
select id, customer_id, gateway, reference, holder_reference, payment_id, brand, last4, exp_month,
       exp_year, created_at, removed_at
  from wallets.saved_method where customer_id = $1 and removed_at is null
 order by preferred_at desc nulls last, created_at, id

-- name: method :one?
select id, customer_id, gateway, reference, holder_reference, payment_id, brand, last4, exp_month,
       exp_year, created_at, removed_at
  from wallets.saved_method where id = $1 and customer_id = $2 and removed_at is null

-- name: removed_method :one?
select id, customer_id, gateway, reference, holder_reference, payment_id, brand, last4, exp_month,
       exp_year, created_at, removed_at
  from wallets.saved_method where id = $1 and removed_at is not null

-- name: prefer :exec
update wallets.saved_method set preferred_at = $3
 where id = $1 and customer_id = $2 and removed_at is null

-- name: remove :many
-- $2: this one alone; null: all of the customer.
update wallets.saved_method set removed_at = $3
 where customer_id = $1 and ($2::uuid is null or id = $2) and removed_at is null
returning id

-- name: delete_removed :exec
delete from wallets.saved_method where id = $1 and removed_at is not null
