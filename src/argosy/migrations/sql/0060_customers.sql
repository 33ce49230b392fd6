create schema if not exists runtime;
create schema if not exists customers;

-- Tries at something that can be guessed (a sign-in, a reset), counted whether or not the account
-- exists, so that being throttled tells nothing. `bucket` is a hash: no address is kept here.
create table runtime.attempt (
  bucket bytea not null,
  tries int not null,
  last_at timestamptz not null,
  blocked_until timestamptz,
  constraint attempt_pkey primary key (bucket),
  constraint attempt_tries_positive check (tries > 0)
) with (fillfactor = 70);
comment on table runtime.attempt is 'Forgotten a day after the last try. Distribution key: bucket.';
create index attempt_age on runtime.attempt (last_at);

create table customers.customer (
  id uuid not null,
  email text not null,
  email_normalised text not null,
  email_verified_at timestamptz,
  password_hash text,
  name text not null default '',
  phone text not null default '',
  locale text not null default '',
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  erased_at timestamptz,
  constraint customer_pkey primary key (id),
  constraint customer_erased_is_anonymous check (
    erased_at is null
    or (password_hash is null and name = '' and phone = '' and email = '' and email_verified_at is null)
  )
);
comment on table customers.customer is 'People with an account; email is shown as typed and compared by email_normalised (DOMAIN.md rule 38). Distribution key: id.';
comment on column customers.customer.email_normalised is 'Of an erased person: a meaningless unique text.';
create unique index customer_email_unique on customers.customer (email_normalised);
create index customer_newest on customers.customer (created_at desc, id desc);

create table customers.session (
  id uuid not null,
  customer_id uuid not null,
  token_hash bytea not null,
  user_agent text not null default '',
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  constraint session_pkey primary key (id),
  constraint session_of_customer foreign key (customer_id) references customers.customer (id)
) with (fillfactor = 80);
comment on table customers.session is 'Signed-in devices; the token itself is never stored. Distribution key: customer_id.';
create unique index session_token_unique on customers.session (token_hash);
create index session_customer on customers.session (customer_id);
create index session_expiry on customers.session (expires_at);

create table customers.address (
  id uuid not null,
  customer_id uuid not null,
  address jsonb not null,
  default_shipping boolean not null default false,
  default_billing boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint address_pkey primary key (id),
  constraint address_of_customer foreign key (customer_id) references customers.customer (id)
);
comment on table customers.address is 'Address book; address is a kernel Address, normalised. Distribution key: customer_id.';
create index address_customer on customers.address (customer_id, created_at, id);
create unique index address_one_default_shipping on customers.address (customer_id) where default_shipping;
create unique index address_one_default_billing on customers.address (customer_id) where default_billing;

-- A mailed proof (reset, verify, change_email, undo_email). The secret in the mail is computed from
-- the id with the shop's secret key when the mail is written: a copy of the database opens nothing.
create table customers.proof (
  id uuid not null,
  customer_id uuid not null,
  purpose text not null,
  email text not null default '',
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint proof_pkey primary key (id),
  constraint proof_of_customer foreign key (customer_id) references customers.customer (id),
  constraint proof_purpose_known check (purpose in ('reset', 'verify', 'change_email', 'undo_email'))
);
comment on table customers.proof is 'email: the address the proof is sent to or, for undo_email, restores. Distribution key: customer_id.';
create index proof_customer on customers.proof (customer_id, purpose);
create index proof_expiry on customers.proof (expires_at);

-- What a person agreed to or withdrew, as it happened (DOMAIN.md rule 39, Q5). Never updated.
create table customers.consent (
  id uuid not null,
  customer_id uuid not null,
  purpose text not null,
  document_version text not null,
  granted boolean not null,
  source text not null,
  at timestamptz not null,
  constraint consent_pkey primary key (id),
  constraint consent_of_customer foreign key (customer_id) references customers.customer (id)
);
comment on table customers.consent is 'Append-only; the newest row of a purpose holds. Distribution key: customer_id.';
create index consent_customer on customers.consent (customer_id, purpose, at desc, id desc);

create function customers.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger consent_append_only before update or delete on customers.consent
  for each row execute function customers.refuse_change();
create trigger consent_keeps_rows before truncate on customers.consent
  for each statement execute function customers.refuse_change();
