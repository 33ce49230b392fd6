-- name: score_facts :many
-- What products have, for their scores: attributes with a value (those of variants where every
-- active variant has one), and by channel whether each active variant has a price there: asked of
-- each by itself, for as a join it reads all prices there are for each product.
select p.id, p.type_code, btrim(p.description) <> '' as described,
       exists (select from catalog.media m where m.product_id = p.id and m.kind = 'image')
           as photographed,
       array(select e.key from jsonb_each(p.attributes) e where e.value not in ('""', '[]'))
       || array(
           select e.key
             from catalog.variant v cross join lateral jsonb_each(v.attributes) e
            where v.product_id = p.id and v.status = 'active' and e.value not in ('""', '[]')
            group by e.key
           having count(*) = (select count(*) from catalog.variant a
                               where a.product_id = p.id and a.status = 'active')) as held,
       coalesce((
           select jsonb_agg(jsonb_build_object('channel_id', c.id, 'code', c.code, 'priced',
                  coalesce((
                      select bool_and(exists (
                          select from pricing.price r
                           where r.variant_id = v.id and r.price_list_id = c.price_list_id
                             and r.min_quantity = 1 and r.during @> $2::timestamptz))
                        from catalog.variant v
                       where v.product_id = p.id and v.status = 'active'), false)))
             from catalog.publication b
             join channels.channel c on c.id = b.channel_id
            where b.product_id = p.id), '[]') as channels
  from catalog.product p
 where p.id = any ($1::uuid[])
 order by p.id;

-- name: complete_between :many
-- Products by their score in a channel, the least complete first, after (score, id).
select s.product_id, s.score
  from producttypes.score s
 where s.channel_id = $1 and s.score < $2 and (s.score, s.product_id) > ($3, $4)
   and ($5::text is null or s.type_code = $5)
 order by s.score, s.product_id
 limit $6;
