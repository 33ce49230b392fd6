-- name: order_view :one?
-- An order with everything that its shopper may see, in one statement.
select o.id, o.number, o.channel_id, o.customer_id, o.email, o.currency, o.attempt,
       o.subtotal_minor, o.discount_minor, o.shipping_minor, o.tax_minor, o.total_minor,
       o.shipping_address, o.billing_address, o.shipping_method, o.payment_id, o.gateway,
       o.opened_at, o.waiting_for, o.next_action, o.failed_at, o.failure, o.confirmed_at,
       o.cancelled_at, o.cancel_reason, o.authorised_minor, o.captured_minor, o.refunded_minor,
       o.voided_minor, o.units, o.units_fulfilled, o.units_returned, o.holds, o.version,
       o.updated_at, o.stage, o.payment_status, o.fulfilment_status, o.return_status,
       o.hold_status, o.quote, o.frozen_quote, o.locale,
       coalesce((
         select jsonb_agg(jsonb_build_object(
                  'id', l.id, 'position', l.position, 'variant_id', l.variant_id,
                  'product_id', l.product_id, 'sku', l.sku, 'title', l.title,
                  'variant_title', l.variant_title, 'options', l.options, 'told', l.told,
                  'configuration', l.configuration, 'image_key', l.image_key,
                  'tax_class', l.tax_class, 'quantity', l.quantity,
                  'requires_shipping', l.requires_shipping, 'unit_minor', l.unit_minor,
                  'subtotal_minor', l.subtotal_minor, 'discount_minor', l.discount_minor,
                  'net_minor', l.net_minor, 'tax_minor', l.tax_minor,
                  'total_minor', l.total_minor) order by l.position)
           from orders.line l where l.order_id = o.id), '[]'::jsonb) as lines,
       (select jsonb_agg(jsonb_build_object(
                 'id', f.id, 'name', f.file_name, 'format', f.format, 'byte_size', f.byte_size,
                 'width', f.width, 'height', f.height))
          from attachments.file f where f.cart_id = o.id) as files
  from orders."order" o
 where o.id = $1

-- name: order_history :many
-- What staff see besides: the timeline, oldest first.
select t.id, t.at, t.kind, t.actor, t.cause, t.correlation, t.data
  from orders.timeline t where t.order_id = $1 order by t.at, t.id

-- name: order_money :one
-- The payments of an order with their operations, and the facts in the books that concern it.
select
  coalesce((
    select jsonb_agg(jsonb_build_object(
             'id', p.id, 'gateway', p.gateway, 'state', p.state, 'amount_minor', p.amount_minor,
             'authorised_minor', p.authorised_minor, 'captured_minor', p.captured_minor,
             'voided_minor', p.voided_minor, 'refunded_minor', p.refunded_minor,
             'created_at', p.created_at) order by p.created_at, p.id)
      from payments.payment p where p.order_id = $1), '[]'::jsonb) as payments,
  coalesce((
    select jsonb_agg(jsonb_build_object(
             'id', t.id, 'kind', t.kind, 'source', t.source, 'posted_at', t.posted_at)
             order by t.posted_at, t.id)
      from ledger.transaction t where t.order_id = $1), '[]'::jsonb) as bookings
