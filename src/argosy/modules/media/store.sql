-- name: note_files :exec
-- A file that is known already stays as it is, but is in use again.
insert into media.asset as a (
       key, content_type, byte_size, width, height, state, due_at, created_at, updated_at)
select r.key, r.content_type, r.byte_size, r.width, r.height,
       case when r.content_type = any ($2::text[]) then 'waiting' else 'plain' end, $3, $3, $3
  from jsonb_to_recordset($1::jsonb) as r(
       key text, content_type text, byte_size bigint, width int, height int)
 order by r.key
    on conflict (key) do update set unused_since = null
 where a.unused_since is not null;

-- name: claim_waiting :many
with due as (
    select key from media.asset
     where state = 'waiting' and due_at <= $1
     order by due_at, key limit $2
       for update skip locked)
update media.asset a
   set due_at = $3, tries = a.tries + 1
  from due
 where a.key = due.key
returning a.key, a.content_type, a.byte_size, a.width, a.height, a.state, a.tries, a.fault,
          a.focal_x::float8, a.focal_y::float8, a.colour, a.blurhash, a.renditions, a.updated_at;

-- name: save_picture :one
-- Only if the focal point is still the one that the crops were made for.
with gone as (
    select r ->> 'key' as key
      from media.asset a, jsonb_array_elements(a.renditions) r
     where a.key = $1
    except
    select r ->> 'key' from jsonb_array_elements($7::jsonb) r),
saved as (
    update media.asset
       set state = 'made', fault = null, tries = 0, width = $2, height = $3, colour = $4,
           blurhash = $5, likeness = $6, renditions = $7, updated_at = $10
     where key = $1 and focal_x is not distinct from $8::float8::numeric(4, 3)
       and focal_y is not distinct from $9::float8::numeric(4, 3)
    returning key),
discarded as (
    insert into media.discarded (key, since)
    select gone.key, $10 from gone, saved order by gone.key
        on conflict (key) do update set since = excluded.since)
select exists (select from saved) as saved;

-- name: note_likeness :exec
-- Whom a picture looks like: every other one is compared, which for 64 bits is quick.
with noted as (
    insert into media.likeness as l (key, bits) values ($1, $2)
        on conflict (key) do update set bits = excluded.bits),
gone as (
    delete from media.alike where key = $1 or other = $1)
insert into media.alike (key, other, distance)
select least(l.key, $1), greatest(l.key, $1), bit_count((l.bits # $2)::bit(64))
  from media.likeness l
 where l.key <> $1 and bit_count((l.bits # $2)::bit(64)) <= $3
 order by 3, 1, 2 limit $4
    on conflict (key, other) do update set distance = excluded.distance;

-- name: set_state :exec
update media.asset set state = $2, fault = $3, due_at = $4, tries = $5, updated_at = $6
 where key = $1;

-- name: set_focal :exec
update media.asset
   set focal_x = $2::float8::numeric(4, 3), focal_y = $3::float8::numeric(4, 3), updated_at = $4, tries = 0, due_at = $4,
       state = case when state in ('made', 'failed') then 'waiting' else state end
 where key = $1
   and (focal_x is distinct from $2::float8::numeric(4, 3) or focal_y is distinct from $3::float8::numeric(4, 3));

-- name: assets_of :many
select key, content_type, byte_size, width, height, state, tries, fault, focal_x::float8,
       focal_y::float8, colour, blurhash, renditions, updated_at
  from media.asset where key = any ($1::text[]);

-- name: progress :one
select count(*) filter (where state = 'waiting') as waiting,
       count(*) filter (where state = 'made') as made,
       count(*) filter (where state = 'plain') as plain,
       count(*) filter (where state = 'failed') as failed
  from media.asset;

-- name: failed_after :many
select key, content_type, byte_size, width, height, state, tries, fault, focal_x::float8,
       focal_y::float8, colour, blurhash, renditions, updated_at
  from media.asset
 where state = 'failed' and key > $1
 order by key limit $2;

-- name: retry_failed :exec
update media.asset set state = 'waiting', tries = 0, due_at = $1, updated_at = $1
 where state = 'failed';

-- name: renew :exec
update media.asset set state = 'waiting', tries = 0, due_at = $1, updated_at = $1
 where state = 'made';

-- name: discarded_before :many
select d.key from media.discarded d where d.since < $1 order by d.since, d.key limit $2;

-- name: forget_discarded :many
-- A rendition that was discarded may be one again: of this picture, or of another with its pixels.
delete from media.discarded d where d.key = any ($1::text[])
returning d.key, exists (
    select from media.asset a
     where a.key = d.key
        or a.renditions @> jsonb_build_array(jsonb_build_object('key', d.key))) as used;

-- name: unknown_keys :many
select k as key from unnest($1::text[]) k
 where not exists (select from media.asset a where a.key = k)
   and not exists (select from media.discarded d where d.key = k)
   and not exists (
       select from media.asset a
        where a.renditions @> jsonb_build_array(jsonb_build_object('key', k)));

-- name: hold_files :many
-- A removal that did not end in its time is over: whoever was at it has stopped.
insert into media.guard as g (key, held_until)
select k, $2 from unnest($1::text[]) k order by k
    on conflict (key) do update
   set held_until = greatest(g.held_until, excluded.held_until), removing_until = null
 where g.removing_until is null or g.removing_until < $3
returning key;

-- name: claim_removal :many
insert into media.guard as g (key, removing_until)
select k, $2 from unnest($1::text[]) k order by k
    on conflict (key) do update set removing_until = excluded.removing_until, held_until = null
 where coalesce(g.held_until, g.removing_until) < $3
returning key;

-- name: release_removal :exec
delete from media.guard where key = any ($1::text[]) and removing_until is not null;

-- name: forget_guards :exec
delete from media.guard
 where key in (
     select key from media.guard where coalesce(held_until, removing_until) < $1
      order by key limit $2 for update skip locked);

-- name: files_after :many
select a.key, a.byte_size, a.unused_since,
       jsonb_array_length(a.renditions) as renditions,
       (select coalesce(sum((r ->> 'byte_size')::bigint), 0)
          from jsonb_array_elements(a.renditions) r)::bigint as rendition_bytes,
       array(select r ->> 'key' from jsonb_array_elements(a.renditions) r) as rendition_keys
  from media.asset a where a.key > $1 order by a.key limit $2;

-- name: unused_before :many
select a.key, a.byte_size, a.unused_since,
       jsonb_array_length(a.renditions) as renditions,
       (select coalesce(sum((r ->> 'byte_size')::bigint), 0)
          from jsonb_array_elements(a.renditions) r)::bigint as rendition_bytes,
       array(select r ->> 'key' from jsonb_array_elements(a.renditions) r) as rendition_keys
  from media.asset a
 where a.unused_since < $1 and a.key > $2
 order by a.key limit $3;

-- name: mark_unused :exec
update media.asset a set unused_since = $2
 where a.key in (
     select key from media.asset where key = any ($1::text[]) and unused_since is null
      order by key for update);

-- name: mark_used :exec
update media.asset a set unused_since = null
 where a.key in (
     select key from media.asset where key = any ($1::text[]) and unused_since is not null
      order by key for update);

-- name: delete_unused :many
delete from media.asset a
 where a.key in (
     select key from media.asset where key = any ($1::text[]) and unused_since < $2
      order by key for update)
returning a.key;

-- name: free_keys :many
-- Those that neither a file nor a rendition has.
select k as key from unnest($1::text[]) k
 where not exists (select from media.asset a where a.key = k)
   and not exists (
       select from media.asset a
        where a.renditions @> jsonb_build_array(jsonb_build_object('key', k)));

-- name: save_tally :exec
insert into media.tally (
       counted_at, files, bytes, renditions, rendition_bytes, unused, unused_bytes, due, due_bytes)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (one) do update
   set counted_at = excluded.counted_at, files = excluded.files, bytes = excluded.bytes,
       renditions = excluded.renditions, rendition_bytes = excluded.rendition_bytes,
       unused = excluded.unused, unused_bytes = excluded.unused_bytes,
       due = excluded.due, due_bytes = excluded.due_bytes;

-- name: tally :one?
select counted_at, files, bytes, renditions, rendition_bytes, unused, unused_bytes, due, due_bytes
  from media.tally;

-- name: add_upload :exec
insert into media.upload (
       id, storage_key, file_name, byte_size, sha256, alt, product_id, actor, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: upload_by_id :one?
select id, storage_key, file_name, byte_size, sha256, alt, product_id, actor, state, fault, media_id,
       created_at, expires_at, ended_at
  from media.upload where id = $1;

-- name: end_upload :exec
update media.upload set state = $2, fault = $3, media_id = $4, ended_at = $5
 where id = $1 and state = 'open';

-- name: uploads_before :many
select id, storage_key from media.upload where expires_at < $1 order by expires_at, id limit $2;

-- name: forget_uploads :exec
delete from media.upload where id = any ($1::uuid[]);

-- name: begin_move :one
insert into media.move as m (target, started_at, updated_at) values ($1, $2, $2)
    on conflict (target) do update
   set after_key = case when m.finished_at is null then m.after_key else '' end,
       files = case when m.finished_at is null then m.files else 0 end,
       bytes = case when m.finished_at is null then m.bytes else 0 end,
       missing = case when m.finished_at is null then m.missing else 0 end,
       started_at = case when m.finished_at is null then m.started_at else $2 end,
       updated_at = $2, finished_at = null
returning target, after_key, files, bytes, missing, started_at, updated_at, finished_at;

-- name: note_moved :exec
update media.move
   set after_key = $2, files = files + $3, bytes = bytes + $4, missing = missing + $5, updated_at = $6
 where target = $1 and after_key < $2;

-- name: end_move :exec
update media.move set finished_at = $2, updated_at = $2 where target = $1;

-- name: latest_move :one?
select target, after_key, files, bytes, missing, started_at, updated_at, finished_at
  from media.move order by updated_at desc limit 1;
