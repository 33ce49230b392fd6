-- name: entities :many
-- $1: only this one; $2: codes after; $4: only that which sells through this channel.
select e.id, e.code, e.name, e.address, e.tax_id, e.email, e.registration, e.invoice_prefix,
       e.credit_prefix, e.yearly, e.time_zone, e.automatic, e.version,
       coalesce((select array_agg(c.channel_id order by c.channel_id)
                   from invoices.entity_channel c where c.entity_id = e.id), '{}') as channel_ids
  from invoices.entity e
 where ($1::uuid is null or e.id = $1)
   and ($2::text is null or e.code > $2)
   and ($4::uuid is null
        or e.id = (select entity_id from invoices.entity_channel where channel_id = $4))
 order by e.code
 limit $3

-- name: insert_entity :exec
insert into invoices.entity
       (id, code, name, address, tax_id, email, registration, invoice_prefix, credit_prefix, yearly,
        time_zone, automatic, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)

-- name: update_entity :one?
update invoices.entity
   set code = $3, name = $4, address = $5, tax_id = $6, email = $7, registration = $8,
       invoice_prefix = $9, credit_prefix = $10, yearly = $11, time_zone = $12, automatic = $13,
       version = version + 1, updated_at = $14
 where id = $1 and version = $2
returning version

-- name: set_channels :exec
with dropped as (
    delete from invoices.entity_channel
     where entity_id = $1 and channel_id <> all ($2::uuid[]))
insert into invoices.entity_channel (channel_id, entity_id)
select c, $1 from unnest($2::uuid[]) as c
 where not exists (select from invoices.entity_channel
                    where channel_id = c and entity_id = $1)
 order by c

-- name: has_documents :one
select exists (select from invoices.series where entity_id = $1) as any

-- name: next_sequence :one
-- The row stays locked until the transaction ends, and a rollback takes the number back: a series
-- has no gaps (B20). Documents of one series are therefore issued one after another.
insert into invoices.series (entity_id, kind, period, last) values ($1, $2, $3, 1)
    on conflict (entity_id, kind, period) do update set last = series.last + 1
returning last

-- name: insert_document :exec
insert into invoices.document
       (id, entity_id, kind, period, sequence, number, order_id, corrects_id, source, currency,
        net_minor, tax_minor, total_minor, issued_at, issued_on, content)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)

-- name: documents :many
-- $1: only this one; $2: of an order; $3: of a kind; $4, $5: older than this instant and id.
select id, entity_id, number, sequence, issued_at, issued_on, source, content
  from invoices.document
 where ($1::uuid is null or id = $1)
   and ($2::uuid is null or order_id = $2)
   and ($3::text is null or kind = $3)
   and ($4::timestamptz is null or (issued_at, id) < ($4, $5::uuid))
 order by issued_at desc, id desc
 limit $6

-- name: document_of_source :one?
select id, entity_id, number, sequence, issued_at, issued_on, source, content
  from invoices.document where source = $1
