-- name: lock_names :exec
lock table paths.name in share row exclusive mode

-- name: holders :many
select entity_id, channel_id, locale from paths.name
 where kind = $1 and name = $2 and present and entity_id <> $3

-- name: release :exec
update paths.name set present = false, since = $4
 where entity_id = $1 and channel_id = $2 and locale = $3 and present

-- name: take :exec
insert into paths.name as n (kind, name, channel_id, locale, entity_id, present, since, version)
values ($1, $2, $3, $4, $5, true, $6, nextval('paths.name_version'))
    on conflict (kind, name, channel_id, locale) do update
   set entity_id = excluded.entity_id, present = true, since = excluded.since,
       version = excluded.version

-- name: remember :exec
insert into paths.name as n (kind, name, channel_id, locale, entity_id, present, since)
select $1, w.name, '00000000-0000-0000-0000-000000000000', '', w.entity_id, false, $4
  from unnest($2::text[], $3::uuid[]) as w (name, entity_id)
    on conflict (kind, name, channel_id, locale) do update
   set entity_id = excluded.entity_id, since = excluded.since

-- name: forget :exec
delete from paths.name
 where kind = $1 and name = any ($2::text[]) and locale = ''
   and channel_id = '00000000-0000-0000-0000-000000000000'

-- name: retire :exec
update paths.name set present = false, since = $2 where entity_id = any ($1::uuid[]) and present

-- name: names_of :many
select kind, name, channel_id, locale, entity_id, present, version from paths.name
 where entity_id = $1 order by present desc, channel_id, locale, name

-- name: present_names :many
select kind, name, channel_id, locale, entity_id, present, version from paths.name
 where kind = $1 and entity_id = any ($2::uuid[]) and present

-- name: end_thing :exec
insert into paths.ending (entity_id, kind, answer, target_kind, target_id, decided_at)
values ($1, $2, $3, $4, $5, $6)
    on conflict (entity_id) do update
   set answer = excluded.answer, target_kind = excluded.target_kind,
       target_id = excluded.target_id, decided_at = excluded.decided_at

-- name: lock_redirects :exec
lock table paths.redirect in share row exclusive mode

-- name: edges :many
select path, channel_id, locale, target from paths.redirect where target like '/%'

-- name: save_redirects :many
insert into paths.redirect as r
  (id, path, channel_id, locale, answer, target_kind, target_id, target, made_at)
select w.*, $9 from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[],
                           $7::uuid[], $8::text[])
  as w (id, path, channel_id, locale, answer, target_kind, target_id, target)
 order by w.path, w.channel_id, w.locale
    on conflict (path, channel_id, locale) do update
   set answer = excluded.answer, target_kind = excluded.target_kind,
       target_id = excluded.target_id, target = excluded.target, made_at = excluded.made_at
 where (r.answer, r.target_kind, r.target_id, r.target)
       is distinct from (excluded.answer, excluded.target_kind, excluded.target_id, excluded.target)
returning r.id, r.id = any ($1::uuid[]) as created

-- name: delete_redirect :one?
delete from paths.redirect where id = $1
returning id, path, channel_id, locale, answer, target_kind, target_id, target, made_at

-- name: redirect_by_id :one?
select id, path, channel_id, locale, answer, target_kind, target_id, target, made_at
  from paths.redirect where id = $1

-- name: redirect_page :many
select id, path, channel_id, locale, answer, target_kind, target_id, target, made_at
  from paths.redirect
 where ($1::text is null or starts_with(path, $1)) and ($2::uuid is null or channel_id = $2)
   and ($3::text is null or locale = $3)
   and (path, channel_id, locale) > ($4::text, $5::uuid, $6::text)
 order by path, channel_id, locale
 limit $7
