-- name: roles :many
select name, title, description, scopes, second_factor from staff.role order by position, name

-- name: insert_member :one
insert into staff.member (id, email, email_normalised, name, password_hash, roles, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $7)
returning id, email, name, roles, active, last_sign_in_at, version, created_at, updated_at

-- name: member :one?
select id, email, name, roles, active, last_sign_in_at, version, created_at, updated_at
  from staff.member where id = $1

-- name: member_by_email :one?
select id, email, name, roles, active, last_sign_in_at, version, created_at, updated_at
  from staff.member where email_normalised = $1

-- name: lock_member :one?
select id, email, name, roles, active, last_sign_in_at, version, created_at, updated_at
  from staff.member where id = $1 for update

-- name: members :many
select id, email, name, roles, active, last_sign_in_at, version, created_at, updated_at
  from staff.member
 where ($1::timestamptz is null or (created_at, id) < ($1, $2::uuid))
 order by created_at desc, id desc
 limit $3

-- name: update_member :one?
update staff.member set name = $3, roles = $4, active = $5, version = version + 1, updated_at = $6
 where id = $1 and version = $2
returning id, email, name, roles, active, last_sign_in_at, version, created_at, updated_at

-- name: lock_owners :many
-- Everybody who may do everything, in one order, so that two owners cannot remove each other.
select m.id from staff.member m
 where m.active and exists (select from staff.role r where r.name = any (m.roles) and '*' = any (r.scopes))
 order by m.id
   for update of m

-- name: credentials :one?
select id, password_hash, active from staff.member where email_normalised = $1

-- name: password_hash :one?
select password_hash, email from staff.member where id = $1

-- name: set_password :exec
update staff.member set password_hash = $2, version = version + 1, updated_at = $3 where id = $1

-- name: replace_hash :exec
update staff.member set password_hash = $3 where id = $1 and password_hash = $2

-- name: open_session :one?
-- Only for a member who is active now and whose password is still the one that was checked.
with signed as (
  update staff.member set last_sign_in_at = $6
   where id = $2 and active and password_hash = $7
  returning id, email, name, roles, active, last_sign_in_at, version, created_at, updated_at),
opened as (
  insert into staff.session (id, member_id, token_hash, user_agent, expires_at, created_at, last_seen_at)
  select $1, id, $3, $4, $5, $6, $6 from signed)
select id, email, name, roles, active, last_sign_in_at, version, created_at, updated_at from signed

-- name: session_actor :one?
-- $1 token hash, $2 now, $3 longest idle time. Notes the visit at most once a minute.
with found as (
  select s.id as session_id, s.last_seen_at, coalesce(s.proved_at, s.created_at) as proved_at,
         m.id, m.name, m.email, m.roles,
         array(select distinct unnest(r.scopes) from staff.role r where r.name = any (m.roles)) as scopes,
         exists (select from staff.role r where r.name = any (m.roles) and r.second_factor)
           and not exists (select from staff.factor f where f.member_id = m.id and f.kind <> 'recovery'
                              and f.confirmed_at is not null) as must_enrol,
         array(select distinct f.kind from staff.factor f
                where f.member_id = m.id and f.kind <> 'recovery' and f.confirmed_at is not null) as factors
    from staff.session s join staff.member m on m.id = s.member_id
   where s.token_hash = $1 and s.revoked_at is null and s.expires_at > $2
     and s.last_seen_at > $2 - $3::interval and m.active),
seen as (
  update staff.session s set last_seen_at = $2
    from found where s.id = found.session_id and found.last_seen_at < $2 - interval '1 minute')
select session_id, id, name, email, roles, scopes, proved_at, must_enrol, factors from found

-- name: end_session :exec
update staff.session set revoked_at = $2 where id = $1 and revoked_at is null

-- name: end_sessions :exec
update staff.session set revoked_at = $2 where member_id = $1 and revoked_at is null

-- name: forget_sessions :exec
delete from staff.session where expires_at < $1 or revoked_at < $1

-- name: insert_key :one
insert into staff.api_key (id, kind, name, token_hash, hint, public_token, channel_id, scopes,
                           owner_id, parent_id, created_by, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
returning id, kind, name, hint, public_token, channel_id, scopes, created_by, created_at, expires_at,
          last_used_on, revoked_at

-- name: key :one?
select id, kind, name, hint, public_token, channel_id, scopes, created_by, created_at, expires_at,
       last_used_on, revoked_at
  from staff.api_key where id = $1

-- name: keys :many
select id, kind, name, hint, public_token, channel_id, scopes, created_by, created_at, expires_at,
       last_used_on, revoked_at
  from staff.api_key
 where ($1::timestamptz is null or (created_at, id) < ($1, $2::uuid))
   and ($4::text is null or kind = $4)
   and ($5::uuid is null or channel_id = $5)
 order by created_at desc, id desc
 limit $3

-- name: revoke_key :many
-- The key and all keys that were made with it.
with recursive family as (
  select id from staff.api_key where id = $1
  union
  select k.id from staff.api_key k join family f on k.parent_id = f.id)
update staff.api_key k set revoked_at = $2
  from family f where k.id = f.id and k.revoked_at is null
returning k.id

-- name: publishable_key :one?
select id, channel_id, expires_at from staff.api_key
 where token_hash = $1 and kind = 'publishable' and revoked_at is null

-- name: key_actor :one?
-- $1 token hash, $2 today (UTC). Notes the day of the last use, once a day.
with found as (
  select k.id, k.name, k.scopes, k.owner_id, k.expires_at, k.last_used_on,
         m.active as owner_active,
         array(select distinct unnest(r.scopes) from staff.role r where r.name = any (m.roles)) as owner_scopes
    from staff.api_key k left join staff.member m on m.id = k.owner_id
   where k.token_hash = $1 and k.kind = 'secret' and k.revoked_at is null),
used as (
  update staff.api_key k set last_used_on = $2
    from found f where k.id = f.id and f.last_used_on is distinct from $2::date)
select id, name, scopes, owner_id, expires_at, owner_active, owner_scopes from found

-- name: insert_audit :exec
insert into staff.audit (id, at, actor_kind, actor_id, actor_name, action, subject, before, after, request_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: audit_entries :many
select id, at, actor_kind, actor_id, actor_name, action, subject, before, after, request_id
  from staff.audit
 where ($1::timestamptz is null or (at, id) < ($1, $2::uuid))
   and ($4::text is null or subject = $4)
   and ($5::text is null or action = $5)
   and ($6::uuid is null or actor_id = $6)
   and ($7::timestamptz is null or at >= $7)
   and ($8::timestamptz is null or at < $8)
 order by at desc, id desc
 limit $3

-- name: prove_session :exec
update staff.session set proved_at = $2 where id = $1

-- name: insert_ticket :exec
insert into staff.sign_in_ticket (token_hash, member_id, checked_hash, expires_at) values ($1, $2, $3, $4)

-- name: ticket :one?
select member_id, checked_hash from staff.sign_in_ticket where token_hash = $1 and expires_at > $2

-- name: end_ticket :exec
delete from staff.sign_in_ticket where token_hash = $1

-- name: forget_tickets :exec
delete from staff.sign_in_ticket where expires_at < $1

-- name: factors :many
-- Recovery codes that were used are no factors any more.
select f.id, f.kind, f.name, f.created_at, f.confirmed_at, f.used_at, p.copied_at
  from staff.factor f left join staff.passkey p on p.factor_id = f.id
 where f.member_id = $1 and (f.kind <> 'recovery' or f.used_at is null)
 order by f.created_at, f.id

-- name: insert_passkey :exec
-- No row when this passkey is known already.
with made as (
  insert into staff.passkey (factor_id, credential_id, sign_count, transports)
  select $1::uuid, $5::bytea, $6::bigint, $7::text[]
   where not exists (select from staff.passkey where credential_id = $5)
  returning factor_id)
insert into staff.factor (id, member_id, kind, name, secret, confirmed_at, created_at)
select factor_id, $2::uuid, 'passkey', $3::text, $4::bytea, $8::timestamptz, $8 from made

-- name: passkeys_of :many
select f.id as factor_id, f.member_id, p.credential_id, p.transports, f.secret as public_key, p.sign_count, p.copied_at
  from staff.factor f join staff.passkey p on p.factor_id = f.id
 where f.member_id = $1 order by f.created_at, f.id

-- name: passkey :one?
select f.id as factor_id, f.member_id, p.credential_id, p.transports, f.secret as public_key, p.sign_count, p.copied_at
  from staff.factor f join staff.passkey p on p.factor_id = f.id
 where p.credential_id = $1

-- name: lock_passkey :one?
select f.id as factor_id, f.member_id, p.credential_id, p.transports, f.secret as public_key, p.sign_count, p.copied_at
  from staff.factor f join staff.passkey p on p.factor_id = f.id
 where f.id = $1
   for update of p

-- name: note_passkey :exec
with used as (update staff.factor set used_at = $3 where id = $1)
update staff.passkey set sign_count = $2 where factor_id = $1

-- name: mark_copied :exec
update staff.passkey set copied_at = $2 where factor_id = $1 and copied_at is null

-- name: insert_factor :exec
insert into staff.factor (id, member_id, kind, name, secret, created_at) values ($1, $2, $3, $4, $5, $6)

-- name: drop_unconfirmed :exec
delete from staff.factor where member_id = $1 and confirmed_at is null

-- name: unconfirmed_secret :one?
select secret from staff.factor
 where id = $1 and member_id = $2 and kind = 'totp' and confirmed_at is null for update

-- name: one_time_secrets :many
select id, secret from staff.factor
 where member_id = $1 and kind = 'totp' and confirmed_at is not null order by id

-- name: take_step :exec
-- A code is taken once: only a later time step than the last one that was taken.
update staff.factor set last_step = $2, used_at = $3
 where id = $1 and (last_step is null or last_step < $2)

-- name: confirm_factor :exec
update staff.factor set confirmed_at = $2 where id = $1

-- name: remove_factor :exec
delete from staff.factor where id = $1 and member_id = $2 and kind <> 'recovery'

-- name: remove_factors :exec
delete from staff.factor where member_id = $1

-- name: replace_recovery :exec
with gone as (delete from staff.factor where member_id = $1 and kind = 'recovery')
insert into staff.factor (id, member_id, kind, name, secret, confirmed_at, created_at)
select id, $1, 'recovery', '', secret, $4, $4 from unnest($2::uuid[], $3::bytea[]) as made (id, secret)

-- name: use_recovery :exec
update staff.factor set used_at = $3
 where member_id = $1 and kind = 'recovery' and secret = $2 and used_at is null

-- name: count_recovery :one
select count(*) as left_over from staff.factor
 where member_id = $1 and kind = 'recovery' and used_at is null

-- name: require_factor :one?
update staff.role set second_factor = $2 where name = $1
returning name, title, description, scopes, second_factor
