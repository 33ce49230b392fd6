-- name: insert_party :exec
insert into compliance.party (id, code, name, trade_name, street, postal_code, city, country, email,
                              website, identifier, eori, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)

-- name: update_party :one
update compliance.party
   set code = $2, name = $3, trade_name = $4, street = $5, postal_code = $6, city = $7,
       country = $8, email = $9, website = $10, identifier = $11, eori = $12, version = version + 1,
       updated_at = $13
 where id = $1
returning version

-- name: delete_party :exec
delete from compliance.party where id = $1

-- name: lock_party :one?
select id, code, name, trade_name, street, postal_code, city, country, email, website, identifier,
       eori, version, created_at, updated_at
  from compliance.party where id = $1 for update

-- name: parties_by_id :many
select id, code, name, trade_name, street, postal_code, city, country, email, website, identifier,
       eori, version, created_at, updated_at
  from compliance.party where id = any ($1::uuid[])

-- name: parties_by_code :many
select id, code, name, trade_name, street, postal_code, city, country, email, website, identifier,
       eori, version, created_at, updated_at
  from compliance.party where code = any ($1::text[])

-- name: party_page :many
select id, code, name, trade_name, street, postal_code, city, country, email, website, identifier,
       eori, version, created_at, updated_at
  from compliance.party where code > $1 order by code limit $2

-- name: sheet_refs_of_party :many
select subject, ref from compliance.sheet
 where (manufacturer_id = $1 or responsible_id = $1) and (subject, ref) > ($2, $3)
 order by subject, ref limit $4

-- name: lock_sheet :one?
select manufacturer_id, responsible_id, body, version from compliance.sheet
 where subject = $1 and ref = $2 for update

-- name: sheets_of :many
select subject, ref, manufacturer_id, responsible_id, body, version from compliance.sheet
 where (subject = 'product' and ref = any ($1::text[]))
    or (subject = 'brand' and ref = any ($2::text[]))

-- name: write_sheet :one?
-- The new version, where it is at $6 still (0: there is none yet).
insert into compliance.sheet as s (subject, ref, manufacturer_id, responsible_id, body, updated_at)
values ($1, $2, $3, $4, $5, $7)
    on conflict on constraint sheet_pkey do update
   set manufacturer_id = excluded.manufacturer_id, responsible_id = excluded.responsible_id,
       body = excluded.body, version = s.version + 1, updated_at = excluded.updated_at
 where s.version = $6
returning version

-- name: delete_sheets :exec
delete from compliance.sheet where subject = 'product' and ref = any ($1::text[])

-- name: policies :many
select channel_id, mode, languages, version from compliance.policy order by channel_id

-- name: write_policy :one?
insert into compliance.policy as p (channel_id, mode, languages, updated_at)
values ($1, $2, $3, $5)
    on conflict on constraint policy_pkey do update
   set mode = excluded.mode, languages = excluded.languages, version = p.version + 1,
       updated_at = excluded.updated_at
 where p.version = $4
returning version

-- name: labelled_categories :many
select category_id from compliance.labelled_category order by category_id

-- name: drop_labelled :exec
delete from compliance.labelled_category where category_id <> all ($1::uuid[])

-- name: add_labelled :exec
insert into compliance.labelled_category (category_id)
select distinct w from unnest($1::uuid[]) w order by w
    on conflict do nothing

-- name: passport_categories :many
select category_id from compliance.passport_category order by category_id

-- name: drop_passport_categories :exec
delete from compliance.passport_category where category_id <> all ($1::uuid[])

-- name: add_passport_categories :exec
insert into compliance.passport_category (category_id)
select distinct w from unnest($1::uuid[]) w order by w
    on conflict do nothing

-- name: drop_findings :exec
-- Of these products those that are not among the given ones (product, channel) any more.
delete from compliance.finding f
 where f.product_id = any ($1::uuid[])
   and not exists (select from unnest($2::uuid[], $3::uuid[]) w (product_id, channel_id)
                    where w.product_id = f.product_id and w.channel_id = f.channel_id)

-- name: write_findings :exec
insert into compliance.finding as f (channel_id, product_id, missing, found_at)
select w.channel_id, w.product_id, w.missing, $4
  from unnest($1::uuid[], $2::uuid[], $3::jsonb[]) w (channel_id, product_id, missing)
 order by w.product_id, w.channel_id
    on conflict on constraint finding_pkey do update
   set missing = excluded.missing, found_at = excluded.found_at
 where f.missing <> excluded.missing

-- name: findings_of_channel :many
select channel_id, product_id, missing, found_at from compliance.finding
 where channel_id = $1 and product_id > $2 order by product_id limit $3

-- name: findings_page :many
select channel_id, product_id, missing, found_at from compliance.finding
 where (product_id, channel_id) > ($1, $2) order by product_id, channel_id limit $3

-- name: known_findings :many
select product_id, channel_id from compliance.finding where product_id = any ($1::uuid[])

-- name: named_media :many
-- Storage keys that documents of sheets name.
select m[1] as ref from compliance.sheet s, regexp_matches(s.body::text, '[0-9a-f]{40}\.[a-z0-9]{3,4}', 'g') m
 where m[1] = any ($1)
