create schema if not exists staff;

-- Roles are data; scopes are `<area>:read|write` (write includes read) or `*`.
create table staff.role (
  name text not null,
  title text not null,
  description text not null,
  scopes text[] not null,
  position int not null,
  constraint role_pkey primary key (name),
  constraint role_has_scopes check (cardinality(scopes) > 0)
);
comment on table staff.role is 'Distribution key: none (replicated).';

insert into staff.role (name, title, description, scopes, position) values
  ('owner', 'Owner', 'Everything, including staff, keys and settings.', '{*}', 10),
  ('manager', 'Manager', 'Runs the shop: everything but staff, keys and settings, which can be read.',
   '{catalog:write,prices:write,taxes:write,shipping:write,channels:write,inventory:write,orders:write,payments:write,customers:write,ledger:read,events:read,staff:read,keys:read,settings:read,audit:read}', 20),
  ('catalogue', 'Catalogue', 'Products, prices and media; sees stock and channels.',
   '{catalog:write,prices:write,inventory:read,channels:read,taxes:read,shipping:read}', 30),
  ('fulfilment', 'Fulfilment', 'Stock, picking and shipping of orders.',
   '{inventory:write,orders:write,catalog:read,shipping:read,channels:read,customers:read}', 40),
  ('support', 'Support', 'Helps shoppers: orders and customers; sees payments and stock.',
   '{orders:write,customers:write,payments:read,catalog:read,prices:read,inventory:read,shipping:read,channels:read}', 50),
  ('finance', 'Finance', 'Captures and refunds, books, taxes; sees orders and customers.',
   '{payments:write,ledger:write,taxes:write,orders:read,customers:read,prices:read,channels:read,shipping:read,audit:read}', 60),
  ('developer', 'Developer', 'Keys, events and settings for integrations; reads the rest of the shop.',
   '{keys:write,events:write,settings:write,catalog:read,prices:read,taxes:read,shipping:read,channels:read,inventory:read,orders:read}', 70),
  ('read_only', 'Read only', 'Sees everything except staff and keys, changes nothing.',
   '{catalog:read,prices:read,taxes:read,shipping:read,channels:read,inventory:read,orders:read,payments:read,customers:read,ledger:read,events:read,settings:read,audit:read}', 80);

create table staff.member (
  id uuid not null,
  email text not null,
  email_normalised text not null,
  name text not null,
  password_hash text not null,
  roles text[] not null,
  active boolean not null default true,
  last_sign_in_at timestamptz,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint member_pkey primary key (id),
  constraint member_has_roles check (cardinality(roles) > 0)
);
comment on table staff.member is 'People who run the shop. Distribution key: none (replicated).';
create unique index member_email_unique on staff.member (email_normalised);
create index member_newest on staff.member (created_at desc, id desc);

create table staff.session (
  id uuid not null,
  member_id uuid not null,
  token_hash bytea not null,
  user_agent text not null default '',
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  constraint session_pkey primary key (id),
  constraint session_of_member foreign key (member_id) references staff.member (id)
) with (fillfactor = 80);
comment on table staff.session is 'Signed-in staff; the token itself is never stored. Distribution key: member_id.';
create unique index session_token_unique on staff.session (token_hash);
create index session_member on staff.session (member_id);
create index session_expiry on staff.session (expires_at);

create table staff.api_key (
  id uuid not null,
  kind text not null,
  name text not null,
  token_hash bytea not null,
  hint text not null,
  public_token text,
  channel_id uuid,
  scopes text[] not null default '{}',
  owner_id uuid,
  parent_id uuid,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_on date,
  revoked_at timestamptz,
  constraint api_key_pkey primary key (id),
  constraint api_key_of_member foreign key (owner_id) references staff.member (id),
  constraint api_key_of_key foreign key (parent_id) references staff.api_key (id),
  constraint api_key_shape check (
    (kind = 'publishable' and channel_id is not null and public_token is not null and scopes = '{}')
    or (kind = 'secret' and channel_id is null and public_token is null and cardinality(scopes) > 0)
  )
);
comment on table staff.api_key is 'Secret keys only as SHA-256 of 256 random bits. A key acts with what its scopes and its owner''s present roles both allow (DOMAIN.md Q6). Distribution key: none (replicated).';
comment on column staff.api_key.owner_id is 'The staff member it stands for; null: made on the machine itself.';
comment on column staff.api_key.parent_id is 'The key that made it; revoking that one revokes this one.';
comment on column staff.api_key.public_token is 'Publishable keys are no secret and can be shown again.';
create unique index api_key_token_unique on staff.api_key (token_hash);
create index api_key_newest on staff.api_key (created_at desc, id desc);
create index api_key_parent on staff.api_key (parent_id) where parent_id is not null;
create index api_key_owner on staff.api_key (owner_id) where owner_id is not null;

create table staff.audit (
  id uuid not null,
  at timestamptz not null,
  actor_kind text not null,
  actor_id uuid,
  actor_name text not null,
  action text not null,
  subject text not null,
  before jsonb,
  after jsonb,
  request_id text not null default '',
  constraint audit_pkey primary key (id),
  constraint audit_actor_known check (actor_kind in ('staff', 'key', 'system'))
);
comment on table staff.audit is 'Who changed what in the administration. Append-only, kept by a trigger. Distribution key: subject.';
create index audit_newest on staff.audit (at desc, id desc);
create index audit_subject on staff.audit (subject, at desc, id desc);
create index audit_actor on staff.audit (actor_id, at desc, id desc);
create index audit_action on staff.audit (action, at desc, id desc);

create function staff.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger audit_append_only before update or delete on staff.audit
  for each row execute function staff.refuse_change();
create trigger audit_keeps_rows before truncate on staff.audit
  for each statement execute function staff.refuse_change();
