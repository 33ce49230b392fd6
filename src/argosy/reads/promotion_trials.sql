-- name: sample_variants :many
-- Variants that a channel sells ($1), those of named products and variants ($2: ids) first.
select v.id
  from catalog.variant v
  join catalog.product p on p.id = v.product_id
  join catalog.publication s on s.product_id = p.id and s.channel_id = $1
 where v.status = 'active' and p.status = 'active'
 order by (p.id = any ($2::uuid[]) or v.id = any ($2::uuid[])) desc, v.id
 limit $3

-- name: recent_carts :many
-- Carts that are being filled, those changed last first: by the index of quarters of an hour.
select id from cart.cart
 where state = 'open' and expires_at > $1 and updated_at > $2 and jsonb_array_length(lines) > 0
   and changed_in >= date_bin('15 minutes', $2::timestamptz, '2000-01-01 00:00:00+00')
   and ($3::uuid[] = '{}' or channel_id = any ($3::uuid[]))
 order by changed_in desc, updated_at desc
 limit $4

-- name: past_orders :many
-- Placed orders since $1 with what they were quoted, newest first; how many orders their buyers had
-- placed before, and for how much. $2: only of these channels (empty: of all).
select o.id, o.channel_id, o.customer_id, o.confirmed_at, o.currency, o.quote, o.frozen_quote, o.gateway,
       before.orders, before.spent, before.last_at,
       (select jsonb_object_agg(l.id, jsonb_build_object(
                 'product_id', l.product_id, 'options', l.options, 'tax_class', l.tax_class))
          from orders.line l where l.order_id = o.id) as lines
  from orders."order" o
  cross join lateral (
       select count(*) as orders, coalesce(sum(p.total_minor), 0)::bigint as spent,
              max(p.confirmed_at) as last_at
         from orders."order" p
        where p.email_normalised = o.email_normalised and p.currency = o.currency
          and p.confirmed_at < o.confirmed_at and p.cancelled_at is null) before
 where o.confirmed_at >= $1 and o.cancelled_at is null and o.email_normalised <> ''
   and ($2::uuid[] = '{}' or o.channel_id = any ($2::uuid[]))
   and ($3::timestamptz is null or (o.confirmed_at, o.id) < ($3, $4::uuid))
 order by o.confirmed_at desc, o.id desc
 limit $5
