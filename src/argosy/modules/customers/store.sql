-- name: register :one?
-- The new customer, or the one that has the address; no row if that one is just being made.
with fresh as (
  insert into customers.customer (id, email, email_normalised, password_hash, name, locale, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $7)
  on conflict (email_normalised) do nothing
  returning id, email)
select id, email, true as is_new from fresh
union all
select id, email, false from customers.customer where email_normalised = $3
limit 1

-- name: customer :one?
select id, email, email_verified_at, name, phone, locale, version, created_at, updated_at, erased_at
  from customers.customer where id = $1

-- name: customers_by_ids :many
select id, email, email_verified_at, name, phone, locale, version, created_at, updated_at, erased_at
  from customers.customer where id = any ($1::uuid[])
 order by id

-- name: customer_by_email :one?
select id, email, email_verified_at, name, phone, locale, version, created_at, updated_at, erased_at
  from customers.customer where email_normalised = $1

-- name: customers :many
select id, email, email_verified_at, name, phone, locale, version, created_at, updated_at, erased_at
  from customers.customer
 where ($1::timestamptz is null or (created_at, id) < ($1, $2::uuid))
   and ($4::text is null or email_normalised = $4)
 order by created_at desc, id desc
 limit $3

-- name: lock_customer :one?
select id, email, email_verified_at, name, phone, locale, version, created_at, updated_at, erased_at
  from customers.customer where id = $1 and erased_at is null for update

-- name: change_profile :one?
update customers.customer
   set name = $3, phone = $4, locale = $5, version = version + 1, updated_at = $6
 where id = $1 and version = $2 and erased_at is null
returning id, email, email_verified_at, name, phone, locale, version, created_at, updated_at, erased_at

-- name: credentials :one?
select id, password_hash from customers.customer where email_normalised = $1 and erased_at is null

-- name: password_of :one?
select password_hash, email from customers.customer where id = $1 and erased_at is null

-- name: set_password :exec
update customers.customer set password_hash = $2, version = version + 1, updated_at = $3
 where id = $1 and erased_at is null

-- name: replace_hash :exec
update customers.customer set password_hash = $3 where id = $1 and password_hash = $2

-- name: verify_email :exec
-- Only if the account still has the address that was proved.
update customers.customer set email_verified_at = $3, version = version + 1, updated_at = $3
 where id = $1 and email = $2 and email_verified_at is null and erased_at is null

-- name: set_email :exec
update customers.customer
   set email = $2, email_normalised = $3, email_verified_at = $4, version = version + 1, updated_at = $4
 where id = $1 and erased_at is null

-- name: erase_customer :exec
update customers.customer
   set email = '', email_normalised = 'erased:' || id, email_verified_at = null, password_hash = null,
       name = '', phone = '', locale = '', version = version + 1, updated_at = $2, erased_at = $2
 where id = $1 and erased_at is null

-- name: open_session :one?
-- Only if the password is still the one that was checked.
with person as (
  select id, email, email_verified_at, name, phone, locale, version, created_at, updated_at, erased_at
    from customers.customer where id = $2 and password_hash = $7 and erased_at is null),
opened as (
  insert into customers.session (id, customer_id, token_hash, user_agent, expires_at, created_at, last_seen_at)
  select $1, id, $3, $4, $5, $6, $6 from person)
select id, email, email_verified_at, name, phone, locale, version, created_at, updated_at, erased_at
  from person

-- name: identity :one?
-- $1 token hash, $2 now, $3 longest idle time. Notes the visit at most once an hour.
with found as (
  select s.id as session_id, s.last_seen_at, s.expires_at, c.id as customer_id, c.email,
         c.email_verified_at is not null as email_verified
    from customers.session s join customers.customer c on c.id = s.customer_id
   where s.token_hash = $1 and s.revoked_at is null and s.expires_at > $2
     and s.last_seen_at > $2 - $3::interval and c.erased_at is null),
seen as (
  update customers.session s set last_seen_at = $2
    from found where s.id = found.session_id and found.last_seen_at < $2 - interval '1 hour')
select session_id, customer_id, email, email_verified, expires_at from found

-- name: sessions :many
select id, user_agent, created_at, last_seen_at, expires_at, revoked_at
  from customers.session where customer_id = $1 order by created_at desc, id desc limit $2

-- name: end_session :exec
update customers.session set revoked_at = $2 where id = $1 and revoked_at is null

-- name: end_sessions :exec
update customers.session set revoked_at = $2 where customer_id = $1 and revoked_at is null

-- name: delete_sessions :exec
delete from customers.session where customer_id = $1

-- name: forget_sessions :exec
delete from customers.session where expires_at < $1 or revoked_at < $1

-- name: insert_proof :exec
insert into customers.proof (id, customer_id, purpose, email, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6)

-- name: proof :one?
select id, customer_id, purpose, email, expires_at from customers.proof
 where id = $1 and used_at is null and expires_at > $2

-- name: use_proof :one?
update customers.proof set used_at = $2
 where id = $1 and used_at is null and expires_at > $2
returning id, customer_id, purpose, email, expires_at

-- name: void_proofs :exec
update customers.proof set used_at = $3
 where customer_id = $1 and purpose = any ($2::text[]) and used_at is null

-- name: delete_proofs :exec
delete from customers.proof where customer_id = $1

-- name: forget_proofs :exec
delete from customers.proof where expires_at < $1

-- name: insert_address :one
insert into customers.address (id, customer_id, address, default_shipping, default_billing, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $6)
returning id, address, default_shipping, default_billing, created_at, updated_at

-- name: update_address :one?
update customers.address set address = $3, default_shipping = $4, default_billing = $5, updated_at = $6
 where id = $2 and customer_id = $1
returning id, address, default_shipping, default_billing, created_at, updated_at

-- name: clear_defaults :exec
-- $3, $4: whether shipping and billing defaults go; $2 the entry that keeps its own.
update customers.address
   set default_shipping = default_shipping and not $3, default_billing = default_billing and not $4
 where customer_id = $1 and id <> $2 and ((default_shipping and $3) or (default_billing and $4))

-- name: address :one?
select id, address, default_shipping, default_billing, created_at, updated_at
  from customers.address where customer_id = $1 and id = $2

-- name: addresses :many
select id, address, default_shipping, default_billing, created_at, updated_at
  from customers.address where customer_id = $1 order by created_at, id

-- name: count_addresses :one
select count(*) as count from customers.address where customer_id = $1

-- name: delete_address :exec
delete from customers.address where customer_id = $1 and id = $2

-- name: delete_addresses :exec
delete from customers.address where customer_id = $1

-- name: insert_consent :exec
insert into customers.consent (id, customer_id, purpose, document_version, granted, source, at)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: consents :many
select purpose, document_version, granted, source, at
  from customers.consent where customer_id = $1 order by at, id

-- name: leave_groups :exec
delete from customers.membership where customer_id = $1

-- name: insert_group :exec
insert into customers.customer_group (code, name, kind, created_at, updated_at)
values ($1, $2, $3, $4, $4)

-- name: rename_group :one?
update customers.customer_group set name = $3, version = version + 1, updated_at = $4
 where code = $1 and version = $2
returning code, name, kind, version

-- name: empty_group :many
delete from customers.membership where group_code = $1 returning customer_id

-- name: delete_group :exec
delete from customers.customer_group where code = $1

-- name: groups :many
-- $1: only this code; $2: codes after.
select code, name, kind, version from customers.customer_group
 where ($1::text is null or code = $1) and ($2::text is null or code > $2)
 order by code limit $3

-- name: groups_of_customers :many
select m.customer_id, g.code, g.name, g.kind, g.version
  from customers.membership m join customers.customer_group g on g.code = m.group_code
 where m.customer_id = any ($1::uuid[])
 order by m.customer_id, g.code

-- name: members :many
select c.id, c.email, c.email_verified_at, c.name, c.phone, c.locale, c.version, c.created_at,
       c.updated_at, c.erased_at
  from customers.membership m join customers.customer c on c.id = m.customer_id
 where m.group_code = $1 and ($2::uuid is null or m.customer_id > $2)
 order by m.customer_id limit $3

-- name: present_customers :many
-- Locked, so that an erasure cannot come in between.
select id from customers.customer where id = any ($1::uuid[]) and erased_at is null
 order by id for key share

-- name: add_members :many
insert into customers.membership (customer_id, group_code, since)
select customer_id, $1, $3 from unnest($2::uuid[]) as wanted (customer_id)
    on conflict do nothing
returning customer_id

-- name: remove_members :many
delete from customers.membership where group_code = $1 and customer_id = any ($2::uuid[])
returning customer_id

-- name: insert_passkey :exec
insert into customers.passkey (id, customer_id, name, credential_id, public_key, sign_count, transports, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (credential_id) do nothing

-- name: passkeys_of :many
select id, customer_id, credential_id, transports, public_key, sign_count, copied_at
  from customers.passkey where customer_id = $1 order by created_at, id

-- name: list_passkeys :many
select id, name, created_at, used_at, copied_at
  from customers.passkey where customer_id = $1 order by created_at, id

-- name: passkey :one?
select p.id, p.customer_id, p.credential_id, p.transports, p.public_key, p.sign_count, p.copied_at
  from customers.passkey p join customers.customer c on c.id = p.customer_id and c.erased_at is null
 where p.credential_id = $1

-- name: lock_passkey :one?
select id, customer_id, credential_id, transports, public_key, sign_count, copied_at
  from customers.passkey where id = $1 for update

-- name: note_passkey :exec
update customers.passkey set sign_count = $2, used_at = $3 where id = $1

-- name: mark_copied :exec
update customers.passkey set copied_at = $2 where id = $1

-- name: rename_passkey :exec
update customers.passkey set name = $3 where id = $1 and customer_id = $2

-- name: remove_passkey :exec
delete from customers.passkey where id = $1 and customer_id = $2

-- name: delete_passkeys :exec
delete from customers.passkey where customer_id = $1
