-- name: files_of_products :many
select distinct on (m.storage_key)
       m.storage_key as key, m.content_type, m.byte_size, m.width, m.height
  from catalog.media m where m.product_id = any ($1::uuid[])
 order by m.storage_key;

-- name: files_after :many
-- Files that products show, in order of their keys, and that nothing is known of yet.
select distinct on (m.storage_key)
       m.storage_key as key, m.content_type, m.byte_size, m.width, m.height
  from catalog.media m
 where m.storage_key > $1
   and not exists (select from media.asset a where a.key = m.storage_key)
 order by m.storage_key limit $2;

-- name: products_showing :many
select distinct m.product_id
  from catalog.media m
 where m.storage_key = any ($1::text[]) and m.product_id is not null
 order by m.product_id;
