-- name: ask :exec
-- Mails that are owed; one that is known stays as it is. Goods that come in parts make one mail as
-- long as that waits.
insert into mails.mail (id, order_id, channel_id, kind, cause, amount_minor, due_at, created_at)
select m.*, $8::timestamptz
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[],
              $7::timestamptz[]) as m (id, order_id, channel_id, kind, cause, amount_minor, due_at)
 where not (m.kind in ('keys_ready', 'downloads_ready') and exists (
         select from mails.mail w
          where w.order_id = m.order_id and w.kind = m.kind
            and w.state = 'waiting' and w.tries = 0))
on conflict (order_id, kind, cause) do nothing;

-- name: take_due :many
-- Mails that are due, each for one worker: until $2 nobody else takes them.
with due as (
  select id from mails.mail
  where state = 'waiting' and due_at <= $1
  order by due_at limit $3
  for update skip locked
)
update mails.mail m set due_at = $2, tries = m.tries + 1
from due where m.id = due.id
returning m.id, m.order_id, m.channel_id, m.kind, m.cause, m.amount_minor, m.state, m.reason, m.tries,
          m.due_at, m.created_at, m.settled_at;

-- name: settle :exec
update mails.mail set state = $2, reason = $3, settled_at = $4
where id = $1 and state = 'waiting';

-- name: postpone :exec
update mails.mail set due_at = $2, reason = $3 where id = $1 and state = 'waiting';

-- name: mails_of_order :many
-- The newest first, from below $2 on.
select id, order_id, channel_id, kind, cause, amount_minor, state, reason, tries, due_at, created_at,
       settled_at
from mails.mail
where order_id = $1 and ($2::uuid is null or id < $2)
order by id desc limit $3;

-- name: mail_by_cause :one
select id, order_id, channel_id, kind, cause, amount_minor, state, reason, tries, due_at, created_at,
       settled_at
from mails.mail where order_id = $1 and kind = $2 and cause = $3;

-- name: last_refunded :one?
-- What the newest mail about a refund said.
select amount_minor from mails.mail
where order_id = $1 and kind = 'order_refunded' and amount_minor is not null
order by id desc limit 1;

-- name: count_undelivered :one
select (select count(*) from mails.mail where state = 'waiting' and created_at < $1 and tries > 0)
         as late,
       (select count(*) from mails.mail where state = 'failed' and settled_at > $2) as failed;

-- name: settings_of :one?
select channel_id, sender_name, reply_to, off, texts, version
from mails.setting where channel_id = $1;

-- name: add_settings :one?
insert into mails.setting (channel_id, sender_name, reply_to, off, texts, version, updated_at)
values ($1, $2, $3, $4, $5, 1, $6)
on conflict (channel_id) do nothing
returning version;

-- name: change_settings :one?
update mails.setting
   set sender_name = $2, reply_to = $3, off = $4, texts = $5, version = version + 1, updated_at = $6
 where channel_id = $1 and version = $7
returning version;
