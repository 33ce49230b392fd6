-- name: eu_sales :many
-- What each channel ($1) of a seller in a member state ($2) sold in each year ($3, [$4, $5)) to the
-- other ones ($6), without tax and without what was refunded. Sales without tax are those to
-- businesses, which do not count.
select w.channel_id, w.year, a.country, o.currency,
       sum(round((o.total_minor - o.tax_minor)::numeric
                 * greatest(o.total_minor - o.refunded_minor, 0) / o.total_minor))::bigint as net
  from unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[], $5::timestamptz[])
       as w (channel_id, seller, year, from_at, until_at)
  join orders."order" o
    on o.channel_id = w.channel_id and o.confirmed_at >= w.from_at and o.confirmed_at < w.until_at
   and o.cancelled_at is null and o.tax_minor > 0
 cross join lateral (
       select coalesce(o.shipping_address, o.billing_address) ->> 'country' as country) a
 where a.country = any ($6::text[]) and a.country <> w.seller
 group by w.channel_id, w.year, a.country, o.currency
 order by w.year, a.country, w.channel_id
