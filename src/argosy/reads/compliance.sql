-- name: regulated_facts :many
-- What the rules look at besides what is said on sheets: products that are for sale, and where.
select p.id, p.brand,
       exists (select from catalog.media m where m.product_id = p.id and m.kind = 'image')
           as pictured,
       exists (
           select from catalog.product_category pc
             join catalog.category c on c.id = pc.category_id
             join catalog.category root
               on c.path = root.path or starts_with(c.path, root.path || '/')
             join compliance.labelled_category l on l.category_id = root.id
            where pc.product_id = p.id) as labelled,
       need.s as needs_passport,
       need.s and (
           exists (select from compliance.sheet s, jsonb_array_elements(s.body -> 'passports') l
                    where s.subject = 'product' and s.ref = p.id::text and l ->> 'sku' is null)
           or not exists (
               select from catalog.variant v
                where v.product_id = p.id
                  and not exists (select from passports.passport pp
                                   where pp.variant_id = v.id and pp.state = 'published')
                  and not exists (
                      select from compliance.sheet s, jsonb_array_elements(s.body -> 'passports') l
                       where s.subject = 'product' and s.ref = p.id::text
                         and lower(btrim(l ->> 'sku')) = lower(v.sku)))) as passported,
       case when p.status = 'active' then array(
           select b.channel_id from catalog.publication b
            where b.product_id = p.id and (b.publish_until is null or b.publish_until > $2))
       else '{}' end as channels
  from catalog.product p
 cross join lateral (
     select exists (
         select from catalog.product_category pc
           join catalog.category c on c.id = pc.category_id
           join catalog.category root
             on c.path = root.path or starts_with(c.path, root.path || '/')
           join compliance.passport_category l on l.category_id = root.id
          where pc.product_id = p.id) as s) need
 where p.id = any ($1::uuid[])
 order by p.id;

-- name: brands_after :many
select id, brand from catalog.product where id > $1 order by id limit $2;

-- name: brands_of :many
select id, brand from catalog.product where id = any ($1::uuid[]);
