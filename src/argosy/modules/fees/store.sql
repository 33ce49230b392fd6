-- name: fees :many
-- $1: of a channel (null: of all); $2: only this one; $3, $4: after this channel and code.
select id, channel_id, code, kind, name, per, amount_minor, percent, cap_minor, with_shipping,
       tax_class, labels, conditions, returned, position, active, version
  from fees.fee
 where ($1::uuid is null or channel_id = $1)
   and ($2::uuid is null or id = $2)
   and ($3::uuid is null or (channel_id, code) > ($3, $4::text))
 order by channel_id, code
 limit $5

-- name: insert_fee :exec
insert into fees.fee
       (id, channel_id, code, kind, name, per, amount_minor, percent, cap_minor, with_shipping,
        tax_class, labels, conditions, returned, position, active, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)

-- name: update_fee :one?
update fees.fee
   set code = $3, kind = $4, name = $5, per = $6, amount_minor = $7, percent = $8, cap_minor = $9,
       with_shipping = $10, tax_class = $11, labels = $12, conditions = $13, returned = $14,
       position = $15, active = $16, version = version + 1, updated_at = $17
 where id = $1 and version = $2
returning version

-- name: delete_fee :exec
delete from fees.fee where id = $1
