-- name: histories :many
-- What buyers bought before: each ($1: a name for it) by account ($2) and address ($3), worth counted
-- in one currency ($4), with the products if these matter ($5).
select w.name, count(o.id) as orders,
       coalesce(sum(o.total_minor) filter (where o.currency = $4), 0)::bigint as spent,
       max(o.confirmed_at) as last_at,
       case when $5::boolean then
            (select array_agg(distinct l.product_id) from orders.line l
              where l.order_id = any (array_agg(o.id))) end as products
  from unnest($1::uuid[], $2::uuid[], $3::text[]) as w (name, customer_id, email)
  left join lateral (
       select id, total_minor, currency, confirmed_at from orders."order"
        where customer_id = w.customer_id and confirmed_at is not null and cancelled_at is null
       union
       select id, total_minor, currency, confirmed_at from orders."order"
        where email_normalised = w.email and confirmed_at is not null and cancelled_at is null) o
    on true
 group by w.name
