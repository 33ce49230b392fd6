-- name: files_of_products :many
select distinct on (m.storage_key)
       m.storage_key as key, m.content_type, m.byte_size, m.width, m.height
  from catalog.media m
 where m.product_id = any ($1::uuid[]) and m.kind <> 'external_video'
 order by m.storage_key;

-- name: files_after :many
-- Files that products show, in order of their keys, and that nothing is known of yet.
select distinct on (m.storage_key)
       m.storage_key as key, m.content_type, m.byte_size, m.width, m.height
  from catalog.media m
 where m.storage_key > $1 and m.kind <> 'external_video'
   and not exists (select from media.asset a where a.key = m.storage_key)
 order by m.storage_key limit $2;

-- name: products_showing :many
select distinct m.product_id
  from catalog.media m
 where m.storage_key = any ($1::text[]) and m.product_id is not null
 order by m.product_id;

-- name: pairs_alike_after :many
-- Pairs of pictures that look alike, the nearest first, with the entries that show each; those of
-- one file ($5), if it is given.
select p.distance, p.key, p.other,
       (select coalesce(json_agg(json_build_object('id', m.id, 'product_id', m.product_id)
               order by m.id), '[]')
          from catalog.media m where m.storage_key = p.key)::text as entries,
       (select coalesce(json_agg(json_build_object('id', m.id, 'product_id', m.product_id)
               order by m.id), '[]')
          from catalog.media m where m.storage_key = p.other)::text as other_entries
  from media.alike p
 where (p.distance, p.key, p.other) > ($1, $2, $3)
   and ($5::text is null or p.key = $5 or p.other = $5)
 order by p.distance, p.key, p.other limit $4;

-- name: entries_of_file :many
select id, product_id from catalog.media where storage_key = $1 order by id limit $2;
