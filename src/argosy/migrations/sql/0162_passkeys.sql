create schema if not exists runtime;
create schema if not exists staff;
create schema if not exists customers;

-- What a browser was asked to sign is used once; only its hash is kept, until it would end anyway.
create table runtime.used_challenge (
  hash bytea not null,
  expires_at timestamptz not null,
  constraint used_challenge_pkey primary key (hash)
);
comment on table runtime.used_challenge is 'Challenges of passkeys that were answered. Distribution key: hash.';
create index used_challenge_expiry on runtime.used_challenge (expires_at);

-- It is set anew at once, with one kind more: every kind that was allowed still is.
-- squawk-ignore ban-drop-constraint
alter table staff.factor drop constraint factor_kind_known;
alter table staff.factor add constraint factor_kind_known
    check (kind in ('totp', 'recovery', 'passkey')) not valid;
comment on column staff.factor.secret is 'Of an app its secret, encrypted with the shop''s key; of a recovery code its keyed hash; of a passkey its public key.';

create table staff.passkey (
  factor_id uuid not null,
  credential_id bytea not null,
  sign_count bigint not null,
  transports text[] not null default '{}',
  copied_at timestamptz,
  constraint passkey_pkey primary key (factor_id),
  constraint passkey_of_factor foreign key (factor_id) references staff.factor (id) on delete cascade,
  constraint passkey_known_once unique (credential_id),
  constraint passkey_counts_up check (sign_count >= 0)
);
comment on table staff.passkey is 'What belongs to factors that are passkeys. Distribution key: factor_id.';
comment on column staff.passkey.copied_at is 'When it counted backwards: somebody may hold a copy of it.';

create table customers.passkey (
  id uuid not null,
  customer_id uuid not null,
  name text not null,
  credential_id bytea not null,
  public_key bytea not null,
  sign_count bigint not null,
  transports text[] not null default '{}',
  created_at timestamptz not null,
  used_at timestamptz,
  copied_at timestamptz,
  constraint passkey_pkey primary key (id),
  constraint passkey_of_customer foreign key (customer_id) references customers.customer (id),
  constraint passkey_known_once unique (credential_id),
  constraint passkey_counts_up check (sign_count >= 0)
);
comment on table customers.passkey is 'Passkeys of shoppers. Distribution key: customer_id.';
comment on column customers.passkey.copied_at is 'When it counted backwards: somebody may hold a copy of it.';
create index passkey_of_customer_index on customers.passkey (customer_id, created_at);
