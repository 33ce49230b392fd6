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
       case when p.status = 'active' then array(
           select b.channel_id from catalog.publication b
            where b.product_id = p.id and (b.publish_until is null or b.publish_until > $2))
       else '{}' end as channels
  from catalog.product p
 where p.id = any ($1::uuid[])
 order by p.id;

-- name: brands_after :many
select id, brand from catalog.product where id > $1 order by id limit $2;

-- name: brands_of :many
select id, brand from catalog.product where id = any ($1::uuid[]);
