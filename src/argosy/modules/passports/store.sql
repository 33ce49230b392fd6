-- name: schema_page :many
select code, body, version from passports.schema where code > $1 order by code limit $2;

-- name: schema_by_code :one?
select code, body, version from passports.schema where code = $1;

-- name: hold_schema :one?
-- A passport that names it keeps it from being removed meanwhile.
select code, body, version from passports.schema where code = $1 for share;

-- name: lock_schema :one?
select code, body, version from passports.schema where code = $1 for update;

-- name: add_schema :one?
insert into passports.schema (code, body, updated_at) values ($1, $2, $3)
on conflict on constraint schema_pkey do nothing
returning version;

-- name: change_schema :exec
update passports.schema set body = $2, version = version + 1, updated_at = $3 where code = $1;

-- name: count_schemas :one
select count(*) as n from passports.schema;

-- name: schema_used :one
select exists (select from passports.passport where draft ->> 'schema' = $1 and draft ? 'schema') as used;

-- name: drop_schema :exec
delete from passports.schema where code = $1;

-- name: claim_gtin :exec
insert into passports.model (gtin, variant_id, product_id, since) values ($1, $2, $3, $4)
on conflict on constraint model_pkey do nothing;

-- name: model_of :one
select variant_id from passports.model where gtin = $1;

-- name: add_passport :one?
insert into passports.passport
  (id, gtin, lot, serial, variant_id, product_id, sku, title, draft, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
on conflict on constraint passport_once do nothing
returning id;

-- name: passport_by_id :one?
select id, gtin, lot, serial, variant_id, product_id, sku, title, state, draft, edition,
       withdrawn_at, reason, version, created_at, updated_at
  from passports.passport where id = $1;

-- name: lock_passport :one?
select id, gtin, lot, serial, variant_id, product_id, sku, title, state, draft, edition,
       withdrawn_at, reason, version, created_at, updated_at
  from passports.passport where id = $1 for update;

-- name: shown_passport :one?
-- The passport of exactly this, else of its batch, else of its model: the levels at which a passport
-- is made differ, what stands on the product may say more.
select id, gtin, lot, serial, variant_id, product_id, sku, title, state, draft, edition,
       withdrawn_at, reason, version, created_at, updated_at
  from passports.passport
 where gtin = $1 and state <> 'draft'
   and (lot, serial) in (($2, $3), ('', $3), ($2, ''), ('', ''))
 order by serial desc, lot desc limit 1;

-- name: model_passport :one?
select draft from passports.passport where gtin = $1 and lot = '' and serial = '';

-- name: passport_page :many
select id, gtin, lot, serial, variant_id, product_id, sku, title, state, draft, edition,
       withdrawn_at, reason, version, created_at, updated_at
  from passports.passport
 where id < $1 and ($2::text is null or state = $2) and ($3::uuid is null or product_id = $3)
   and ($4::text is null or gtin = $5 or lot = $4 or serial = $4 or lower(sku) = lower($4))
 order by id desc limit $6;

-- name: shown_of_products :many
-- Published ones of models, which are shown beside what is sold.
select product_id, gtin, sku from passports.passport
 where product_id = any ($1::uuid[]) and state = 'published' and lot = '' and serial = ''
 order by product_id, id limit $2;

-- name: save_draft :exec
update passports.passport set draft = $2, version = version + 1, updated_at = $3 where id = $1;

-- name: newest_edition :one?
select passport_id, n, contents, published_at from passports.edition
 where passport_id = $1 order by n desc limit 1;

-- name: edition :one?
select passport_id, n, contents, published_at from passports.edition
 where passport_id = $1 and n = $2;

-- name: edition_page :many
select passport_id, n, contents, published_at from passports.edition
 where passport_id = $1 and n < $2 order by n desc limit $3;

-- name: add_edition :exec
insert into passports.edition (passport_id, n, contents, media_keys, published_at)
values ($1, $2, $3, $4, $5);

-- name: publish :exec
update passports.passport
   set state = 'published', edition = $2, sku = $3, title = $4, withdrawn_at = null, reason = '',
       version = version + 1, updated_at = $5
 where id = $1;

-- name: withdraw :exec
update passports.passport
   set state = 'withdrawn', withdrawn_at = $3, reason = $2, version = version + 1, updated_at = $3
 where id = $1;

-- name: add_access :exec
insert into passports.access (id, passport_id, reader, level, token_hash, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7);

-- name: count_access :one
select count(*) as n from passports.access
 where passport_id = $1 and revoked_at is null and expires_at > $2;

-- name: access_page :many
select id, passport_id, reader, level, created_at, expires_at, revoked_at from passports.access
 where passport_id = $1 and id < $2 order by id desc limit $3;

-- name: lock_access :one?
select id, passport_id, reader, level, created_at, expires_at, revoked_at from passports.access
 where passport_id = $1 and id = $2 for update;

-- name: revoke_access :exec
update passports.access set revoked_at = $2 where id = $1 and revoked_at is null;

-- name: access_by_token :one?
-- Good for this passport: made for it, or for the model of which it is a batch or an item.
select a.level from passports.access a
  join passports.passport p on p.id = a.passport_id
 where a.token_hash = $1 and a.revoked_at is null and a.expires_at > $2
   and (p.id = $3 or (p.gtin = $4 and p.lot = '' and p.serial = ''));

-- name: named_media :many
select distinct w.key as key from unnest($1::text[]) w (key)
 where exists (select from passports.edition e where e.media_keys @> array[w.key]);
