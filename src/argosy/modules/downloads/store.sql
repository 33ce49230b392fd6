-- name: policies_of :many
select variant_id, deliver_when, asks_consent, most_downloads, days, version
  from downloads.policy where variant_id = any ($1::uuid[]);

-- name: save_policy :one?
-- Compare-and-set: $6 is the version that was read, 0 for a variant without a policy.
insert into downloads.policy
  (variant_id, deliver_when, asks_consent, most_downloads, days, version, updated_at)
select $1, $2, $3, $4, $5, 1, $7 where $6::int = 0
on conflict (variant_id) do nothing
returning version;

-- name: change_policy :one?
update downloads.policy
   set deliver_when = $2, asks_consent = $3, most_downloads = $4, days = $5,
       version = version + 1, updated_at = $7
 where variant_id = $1 and version = $6
returning version;

-- name: lock_policy :one?
-- Files of a variant are added one at a time, so that their number stays bounded.
select variant_id from downloads.policy where variant_id = $1 for update;

-- name: files_of_variants :many
select id, variant_id, title, added_at, retired_at from downloads.file
 where variant_id = any ($1::uuid[]) order by variant_id, id;

-- name: file_by_id :one?
select id, variant_id, title, added_at, retired_at from downloads.file where id = $1;

-- name: versions_of :many
select file_id, n, storage_key, file_name, byte_size, sha256, added_at, withdrawn_at
  from downloads.version where file_id = any ($1::uuid[]) order by file_id, n;

-- name: add_file :exec
insert into downloads.file (id, variant_id, title, added_at) values ($1, $2, $3, $4);

-- name: add_version :exec
insert into downloads.version (file_id, n, storage_key, file_name, byte_size, sha256, added_at)
values ($1, $2, $3, $4, $5, $6, $7);

-- name: retire_file :exec
update downloads.file set retired_at = $2 where id = $1 and retired_at is null;

-- name: withdraw_version :exec
update downloads.version set withdrawn_at = $3
 where file_id = $1 and n = $2 and withdrawn_at is null;

-- name: owe :many
insert into downloads.entitlement
  (line_id, order_id, variant_id, asks_consent, most_downloads, days, since)
select t.line_id, t.order_id, t.variant_id, t.asks_consent, t.most_downloads, t.days, $7
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::boolean[], $5::int[], $6::int[])
       as t (line_id, order_id, variant_id, asks_consent, most_downloads, days)
 order by t.line_id
on conflict (line_id) do nothing
returning line_id;

-- name: entitlements_of_order :many
select line_id, order_id, variant_id, asks_consent, most_downloads, days, since, used,
       extended_until, ended_at
  from downloads.entitlement where order_id = $1 order by line_id;

-- name: lock_entitlement :one?
select line_id, order_id, variant_id, asks_consent, most_downloads, days, since, used,
       extended_until, ended_at
  from downloads.entitlement where order_id = $1 and line_id = $2 for update;

-- name: running_download :one?
select id, line_id, order_id, file_id, n, begun_at, expires_at from downloads.download
 where line_id = $1 and file_id = $2 and n = $3 and expires_at > $4
 order by begun_at desc limit 1;

-- name: count_download :one?
-- Never more than the purchase allows, whoever comes at the same moment.
update downloads.entitlement set used = used + 1
 where line_id = $1 and ended_at is null and (most_downloads is null or used < most_downloads)
returning used;

-- name: note_download :exec
insert into downloads.download (id, line_id, order_id, file_id, n, begun_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7);

-- name: download_by_id :one?
-- Of a line that may still be downloaded, and a version that was not withdrawn.
select d.id, d.line_id, d.order_id, d.file_id, d.n, d.begun_at, d.expires_at
  from downloads.download d
  join downloads.entitlement e on e.line_id = d.line_id and e.ended_at is null
  join downloads.version v on v.file_id = d.file_id and v.n = d.n and v.withdrawn_at is null
 where d.id = $1;

-- name: downloads_of_order :many
select id, line_id, order_id, file_id, n, begun_at, expires_at from downloads.download
 where line_id in (select line_id from downloads.entitlement where order_id = $1)
 order by begun_at desc, id desc limit $2;

-- name: extend :one?
update downloads.entitlement
   set most_downloads = least(most_downloads + $3::int, 1000000), extended_until = greatest(extended_until, $4)
 where order_id = $1 and line_id = $2 and ended_at is null
returning line_id;

-- name: end_order :many
update downloads.entitlement set ended_at = $2
 where line_id in (
   select line_id from downloads.entitlement where order_id = $1 and ended_at is null
    order by line_id for update)
returning line_id;

-- name: end_lines :exec
update downloads.entitlement set ended_at = $2
 where line_id in (
   select line_id from downloads.entitlement
    where line_id = any ($1::uuid[]) and ended_at is null order by line_id for update);

-- name: forget_downloads :exec
delete from downloads.download where line_id = any ($1::uuid[]);

-- name: keys_named :many
select storage_key from downloads.version
 where storage_key = any ($1::text[]) and withdrawn_at is null;
