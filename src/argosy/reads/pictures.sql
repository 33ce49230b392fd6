-- name: pictures :many
select m.id, m.storage_key, m.content_type, m.kind, m.alt, m.alts,
       coalesce(a.width, m.width) as width, coalesce(a.height, m.height) as height,
       a.focal_x::float8, a.focal_y::float8, a.colour, a.blurhash,
       coalesce(a.renditions, '[]') as renditions
  from catalog.media m
  left join media.asset a on a.key = m.storage_key
 where m.id = any ($1::uuid[]);
