create schema if not exists licences;

create table licences.pool (
  variant_id uuid not null,
  deliver_when text not null default 'captured',
  asks_consent boolean not null default true,
  version int not null default 1,
  updated_at timestamptz not null,
  constraint pool_pkey primary key (variant_id),
  constraint pool_deliver_when_known check (deliver_when in ('captured', 'authorised'))
);
comment on table licences.pool is
  'Variants that are delivered as licence keys, and when. distribution key: variant_id';

create table licences.key (
  id uuid not null,
  variant_id uuid not null,
  digest bytea not null,
  box bytea not null,
  added_at timestamptz not null,
  order_id uuid,
  line_id uuid,
  unit int,
  allotted_at timestamptz,
  revoked_at timestamptz,
  constraint key_pkey primary key (id),
  constraint key_once unique (variant_id, digest),
  constraint key_unit_once unique (line_id, unit),
  constraint key_allotted_whole check (num_nulls(order_id, line_id, unit, allotted_at) in (0, 4))
);
comment on table licences.key is
  'Licence keys, encrypted; each is allotted to one unit of one line, once. distribution key: variant_id';
create index key_free on licences.key (variant_id, id) where line_id is null;
create index key_of_order on licences.key (order_id) where order_id is not null;

create table licences.owed (
  line_id uuid not null,
  order_id uuid not null,
  variant_id uuid not null,
  units int not null,
  given int not null default 0,
  asks_consent boolean not null,
  since timestamptz not null,
  ended_at timestamptz,
  constraint owed_pkey primary key (line_id),
  constraint owed_given_within check (given between 0 and units)
);
comment on table licences.owed is
  'How many keys a paid line is owed, and has. distribution key: variant_id';
create index owed_of_order on licences.owed (order_id);
create index owed_waiting on licences.owed (variant_id, since, line_id)
  where given < units and ended_at is null;

create table licences.consent (
  order_id uuid not null,
  words text not null,
  given_at timestamptz not null,
  constraint consent_pkey primary key (order_id)
);
comment on table licences.consent is
  'That a buyer wants delivery at once and knows what is lost by it, as it was worded. distribution key: order_id';
