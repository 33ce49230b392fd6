-- name: pictures :many
select id, storage_key, content_type, kind, alt, width, height from catalog.media
 where id = any ($1::uuid[]);
