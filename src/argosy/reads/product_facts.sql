-- name: product_facts :many
-- What promotions select goods by, of several products: brand, attributes, all categories that a
-- product is in, with those above them, and the collections of a channel ($2; null: of all) that people
-- put it into or that it is shown in there.
select p.id, p.slug, p.brand, p.attributes, p.type_code,
       coalesce((select jsonb_agg(distinct jsonb_build_array(above.id, above.path))
                   from catalog.product_category x
                   join catalog.category c on c.id = x.category_id
                   join catalog.category above
                     on above.path = c.path or starts_with(c.path, above.path || '/')
                  where x.product_id = p.id), '[]') as categories,
       coalesce((select jsonb_agg(jsonb_build_array(l.id, l.slug) order by l.slug)
                   from collections.collection l
                  where ($2::uuid is null or $2::uuid = any (l.channels))
                    and l.id in (
                        select m.collection_id from collections.member m where m.product_id = p.id
                         union
                        select t.value::uuid
                          from projections.product s
                          join projections.term t on t.id = any (s.categories) and t.code = ''
                         where s.product_id = p.id and s.channel_id = $2::uuid and s.slot = 0)),
                '[]') as collections
  from catalog.product p
 where p.id = any ($1::uuid[])
