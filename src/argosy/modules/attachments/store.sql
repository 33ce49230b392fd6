-- name: lock_senders :one
-- Files of a cart, and of an address, are added one at a time, so that their sum stays bounded.
select pg_advisory_xact_lock(hashtextextended('attachments.cart ' || $1::uuid::text, 0)),
       pg_advisory_xact_lock(hashtextextended('attachments.sender ' || encode($2::bytea, 'hex'), 0));

-- name: held :one
select (select count(*) from attachments.file where cart_id = $1) as files,
       (select coalesce(sum(byte_size), 0)::bigint from attachments.file where cart_id = $1)
         as cart_bytes,
       (select coalesce(sum(byte_size), 0)::bigint from attachments.file
         where sender = $2 and sent_at > $3) as sender_bytes;

-- name: add_file :exec
insert into attachments.file
  (id, cart_id, storage_key, picture_key, file_name, format, byte_size, width, height, sha256,
   sender, sent_at, touched_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12);

-- name: touch :many
-- Of these files those of the cart. What was touched is young: the clean-up passes it over.
update attachments.file set touched_at = $3 where id in (
  select id from attachments.file where id = any ($2::uuid[]) and cart_id = $1
   order by id for update)
returning id, cart_id, storage_key, picture_key, file_name, format, byte_size, width, height,
          sha256, sent_at;

-- name: files_of :many
select id, cart_id, storage_key, picture_key, file_name, format, byte_size, width, height,
       sha256, sent_at
  from attachments.file where cart_id = any ($1::uuid[]) order by cart_id, id;

-- name: file_by_id :one?
select id, cart_id, storage_key, picture_key, file_name, format, byte_size, width, height,
       sha256, sent_at
  from attachments.file where id = $1;

-- name: move_files :exec
-- Young again: a clean-up that looked at the cart of before must not take them.
update attachments.file set cart_id = $2, touched_at = $4 where id in (
  select id from attachments.file where id = any ($3::uuid[]) and cart_id = $1
   order by id for update);

-- name: old_files :many
-- What nobody ordered yet and nobody touched since $1.
select id, cart_id from attachments.file
 where not ordered and id > $3 and touched_at < $1 order by id limit $2;

-- name: mark_ordered :exec
update attachments.file set ordered = true, sender = null where id in (
  select id from attachments.file where id = any ($1::uuid[]) order by id for update);

-- name: forget_senders :exec
update attachments.file set sender = null where id in (
  select id from attachments.file where sender is not null and sent_at < $1
   order by id for update);

-- name: drop_old :many
-- Looked at again as it is now: what was touched meanwhile is in a line by now, or soon.
delete from attachments.file where id in (
  select id from attachments.file
   where id = any ($1::uuid[]) and not ordered and touched_at < $2 order by id for update)
returning storage_key, picture_key;

-- name: drop_files :many
delete from attachments.file where id in (
  select id from attachments.file where id = any ($1::uuid[]) order by id for update)
returning storage_key, picture_key;

-- name: keys_named :many
select storage_key as key from attachments.file where storage_key = any ($1::text[])
union all
select picture_key from attachments.file where picture_key = any ($1::text[]);
