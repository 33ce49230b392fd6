-- name: put_texts :many
-- Those that are new or different.
insert into translations.text as t
       (kind, entity, field, locale, value, source_hash, state, updated_at)
select w.*, $8
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::text[])
    as w (kind, entity, field, locale, value, source_hash, state)
 order by w.kind, w.entity, w.field, w.locale
    on conflict (kind, entity, field, locale) do update
   set value = excluded.value, source_hash = excluded.source_hash, state = excluded.state,
       version = t.version + 1, updated_at = excluded.updated_at
 where (t.value, t.source_hash, t.state)
       is distinct from (excluded.value, excluded.source_hash, excluded.state)
returning kind, entity, field, locale

-- name: lock_text :one?
select kind, entity, field, locale, value, source_hash, state, version, updated_at
  from translations.text
 where kind = $1 and entity = $2 and field = $3 and locale = $4 for update

-- name: remove_texts :many
delete from translations.text t
 using unnest($1::text[], $2::text[], $3::text[], $4::text[]) as w (kind, entity, field, locale)
 where t.kind = w.kind and t.entity = w.entity and t.field = w.field and t.locale = w.locale
returning t.kind, t.entity, t.field, t.locale

-- name: forget :exec
delete from translations.text t
 using unnest($1::text[], $2::text[]) as w (kind, entity)
 where t.kind = w.kind and t.entity = w.entity

-- name: approved :many
-- And, as a row without a kind, the language of the catalogue itself.
select '' as kind, '' as entity, '' as field, s.locale, '' as value from translations.source s
union all
select t.kind, t.entity, t.field, t.locale, t.value
  from unnest($1::text[], $2::text[]) as w (kind, entity)
  join translations.text t on t.kind = w.kind and t.entity = w.entity
 where t.state = 'approved'

-- name: texts_of :many
select t.kind, t.entity, t.field, t.locale, t.value, t.source_hash, t.state, t.version, t.updated_at
  from unnest($1::text[], $2::text[]) as w (kind, entity)
  join translations.text t on t.kind = w.kind and t.entity = w.entity
 order by t.kind, t.entity, t.field, t.locale

-- name: source_locale :one?
select locale from translations.source

-- name: set_source_locale :exec
insert into translations.source (locale) values ($1)
    on conflict (only_one) do update set locale = excluded.locale

-- name: forget_source_locale :exec
delete from translations.source

-- name: named_media :many
-- Storage keys that translated texts hold.
select m[1] as ref from translations.text t, regexp_matches(t.value, '[0-9a-f]{40}\.[a-z0-9]{3,4}', 'g') m
 where m[1] = any ($1::text[])
