create schema if not exists downloads;

create table downloads.policy (
  variant_id uuid not null,
  deliver_when text not null default 'captured',
  asks_consent boolean not null default true,
  most_downloads int,
  days int,
  version int not null default 1,
  updated_at timestamptz not null,
  constraint policy_pkey primary key (variant_id),
  constraint policy_deliver_when_known check (deliver_when in ('captured', 'authorised')),
  constraint policy_bounds check (most_downloads > 0 and days > 0)
);
comment on table downloads.policy is
  'Variants that are delivered as files, when, how often and how long. distribution key: variant_id';

create table downloads.file (
  id uuid not null,
  variant_id uuid not null,
  title text not null,
  added_at timestamptz not null,
  retired_at timestamptz,
  constraint file_pkey primary key (id)
);
comment on table downloads.file is
  'Files that buyers of a variant get. distribution key: variant_id';
create index file_of_variant on downloads.file (variant_id, id);

create table downloads.version (
  file_id uuid not null,
  n int not null,
  storage_key text not null,
  file_name text not null,
  byte_size bigint not null,
  sha256 bytea not null,
  added_at timestamptz not null,
  withdrawn_at timestamptz,
  constraint version_pkey primary key (file_id, n),
  constraint version_key_once unique (storage_key)
);
comment on table downloads.version is
  'What a file was over time; buyers get the newest that is not withdrawn. distribution key: file_id';

create table downloads.entitlement (
  line_id uuid not null,
  order_id uuid not null,
  variant_id uuid not null,
  asks_consent boolean not null,
  most_downloads int,
  days int,
  since timestamptz not null,
  used int not null default 0,
  extended_until timestamptz,
  ended_at timestamptz,
  constraint entitlement_pkey primary key (line_id),
  constraint entitlement_used_within check (used >= 0 and used <= most_downloads)
);
comment on table downloads.entitlement is
  'What a paid line may download, on the terms of its purchase. distribution key: order_id';
create index entitlement_of_order on downloads.entitlement (order_id);

create table downloads.download (
  id uuid not null,
  line_id uuid not null,
  order_id uuid not null,
  file_id uuid not null,
  n int not null,
  begun_at timestamptz not null,
  expires_at timestamptz not null,
  constraint download_pkey primary key (id)
);
comment on table downloads.download is
  'Every download that was counted, and until when its link is good. distribution key: order_id';
create index download_of_line on downloads.download (line_id, file_id, begun_at desc);
