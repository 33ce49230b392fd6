create schema if not exists mails;

create table mails.mail (
  id uuid not null,
  order_id uuid not null,
  channel_id uuid not null,
  kind text not null,
  cause text not null,
  amount_minor bigint,
  state text not null default 'waiting',
  reason text not null default '',
  tries int not null default 0,
  due_at timestamptz not null,
  created_at timestamptz not null,
  settled_at timestamptz,
  constraint mail_pkey primary key (id),
  constraint mail_once unique (order_id, kind, cause),
  constraint mail_state_known check (state in ('waiting', 'sent', 'failed', 'skipped')),
  constraint mail_settled_whole check ((state = 'waiting') = (settled_at is null))
);
comment on table mails.mail is
  'Mails about orders and what became of them; neither text nor address. distribution key: order_id';
create index mail_due on mails.mail (due_at) where state = 'waiting';
create index mail_failed on mails.mail (settled_at) where state = 'failed';

create table mails.setting (
  channel_id uuid not null,
  sender_name text not null default '',
  reply_to text not null default '',
  off text[] not null default '{}',
  texts jsonb not null default '{}',
  version int not null,
  updated_at timestamptz not null,
  constraint setting_pkey primary key (channel_id)
);
comment on table mails.setting is
  'How a channel writes mails about orders. distribution key: none, replicated';

-- Orders of the time before this version were told about elsewhere: they get no mails now.
insert into runtime.subscription (name, xid, id, updated_at)
select 'ask_for_order_mails', o.xid, o.id, now() from runtime.outbox o order by o.xid desc, o.id desc limit 1
on conflict do nothing;
