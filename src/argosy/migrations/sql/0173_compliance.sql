create schema if not exists compliance;

create table compliance.party (
  id uuid not null,
  code text not null,
  name text not null,
  trade_name text not null,
  street text not null,
  postal_code text not null,
  city text not null,
  country text not null,
  email text not null,
  website text not null,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint party_pkey primary key (id),
  constraint party_code_unique unique (code),
  constraint party_country check (country ~ '^[A-Z]{2}$')
);
comment on table compliance.party is 'Manufacturers and responsible persons (GPSR). Distribution key: none, replicated.';

create table compliance.sheet (
  subject text not null,
  ref text not null,
  manufacturer_id uuid,
  responsible_id uuid,
  body jsonb not null,
  version bigint not null default 1,
  updated_at timestamptz not null,
  constraint sheet_pkey primary key (subject, ref),
  constraint sheet_subject check (subject in ('product', 'brand')),
  constraint sheet_manufacturer_known foreign key (manufacturer_id) references compliance.party,
  constraint sheet_responsible_known foreign key (responsible_id) references compliance.party
);
comment on table compliance.sheet is 'What the law wants said beside a product (ref: its id), or by default beside those of a brand (ref: its key). Distribution key: ref.';
create index sheet_manufacturer on compliance.sheet (manufacturer_id) where manufacturer_id is not null;
create index sheet_responsible on compliance.sheet (responsible_id) where responsible_id is not null;

create table compliance.policy (
  channel_id uuid not null,
  mode text not null,
  languages text[] not null,
  version bigint not null default 1,
  updated_at timestamptz not null,
  constraint policy_pkey primary key (channel_id),
  constraint policy_mode check (mode in ('off', 'warn', 'refuse'))
);
comment on table compliance.policy is 'What channels do about products that lack something. Distribution key: none, replicated.';

create table compliance.labelled_category (
  category_id uuid not null,
  constraint labelled_category_pkey primary key (category_id)
);
comment on table compliance.labelled_category is 'Categories whose products, and those below, need an energy label. Distribution key: none, replicated.';

create table compliance.finding (
  channel_id uuid not null,
  product_id uuid not null,
  missing jsonb not null,
  found_at timestamptz not null,
  constraint finding_pkey primary key (product_id, channel_id)
);
comment on table compliance.finding is 'What products that are published in a channel lack there. Distribution key: product_id.';
create index finding_of_channel on compliance.finding (channel_id, product_id);
