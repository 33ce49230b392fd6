create schema if not exists passports;

create table passports.schema (
  code text not null,
  body jsonb not null,
  version bigint not null default 1,
  updated_at timestamptz not null,
  constraint schema_pkey primary key (code)
);
comment on table passports.schema is 'What passports of a product group say. Distribution key: none, replicated.';

create table passports.model (
  gtin text not null,
  variant_id uuid not null,
  product_id uuid not null,
  since timestamptz not null,
  constraint model_pkey primary key (gtin),
  constraint model_gtin_14 check (gtin ~ '^[0-9]{14}$')
);
comment on table passports.model is 'Which variant a GTIN is of, for good. Distribution key: gtin.';

create table passports.passport (
  id uuid not null,
  gtin text not null,
  lot text not null,
  serial text not null,
  variant_id uuid not null,
  product_id uuid not null,
  sku text not null,
  title text not null,
  state text not null default 'draft',
  draft jsonb not null,
  edition int not null default 0,
  withdrawn_at timestamptz,
  reason text not null default '',
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint passport_pkey primary key (id),
  constraint passport_once unique (gtin, lot, serial),
  constraint passport_of_model foreign key (gtin) references passports.model,
  constraint passport_state check (state in ('draft', 'published', 'withdrawn')),
  constraint passport_edition check ((state = 'draft') = (edition = 0)),
  constraint passport_withdrawn check ((state = 'withdrawn') = (withdrawn_at is not null))
);
comment on table passports.passport is 'Digital product passports of models, batches and items. Distribution key: gtin.';
create index passport_of_variant on passports.passport (variant_id, state);
create index passport_of_product on passports.passport (product_id, id);
create index passport_by_sku on passports.passport (lower(sku), id);
create index passport_by_lot on passports.passport (lot, id) where lot <> '';
create index passport_by_serial on passports.passport (serial, id) where serial <> '';
create index passport_of_schema on passports.passport ((draft ->> 'schema')) where draft ? 'schema';

create table passports.edition (
  passport_id uuid not null,
  n int not null,
  contents jsonb not null,
  media_keys text[] not null,
  published_at timestamptz not null,
  constraint edition_pkey primary key (passport_id, n),
  constraint edition_of_passport foreign key (passport_id) references passports.passport
);
comment on table passports.edition is 'What passports said since when; only ever added to. Distribution key: passport_id.';
create index edition_media on passports.edition using gin (media_keys);

create function passports.refuse_rewriting() returns trigger language plpgsql as $$
begin
  raise exception 'editions of passports are only added to'
    using errcode = 'integrity_constraint_violation', constraint = 'edition_append_only';
end $$;
create trigger edition_append_only before update or delete or truncate on passports.edition
    for each statement execute function passports.refuse_rewriting();

create table passports.access (
  id uuid not null,
  passport_id uuid not null,
  reader text not null,
  level text not null,
  token_hash bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  constraint access_pkey primary key (id),
  constraint access_token_once unique (token_hash),
  constraint access_of_passport foreign key (passport_id) references passports.passport,
  constraint access_level check (level in ('interest', 'authority'))
);
comment on table passports.access is 'Who reads more of a passport than the public, and until when. Distribution key: passport_id.';
create index access_of on passports.access (passport_id, id);

alter table compliance.party add column identifier text not null default '';
alter table compliance.party add column eori text not null default '';

create table compliance.passport_category (
  category_id uuid not null,
  constraint passport_category_pkey primary key (category_id)
);
comment on table compliance.passport_category is 'Categories whose products, and those below, need a product passport. Distribution key: none, replicated.';
