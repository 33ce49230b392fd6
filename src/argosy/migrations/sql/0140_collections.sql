create schema if not exists collections;

create table collections.collection (
  id uuid not null,
  slug text not null,
  title text not null,
  description text not null default '',
  kind text not null,
  rules jsonb not null default '{}',
  sort text not null default 'position',
  position int not null default 0,
  media_id uuid,
  seo_title text not null default '',
  seo_description text not null default '',
  channels uuid[] not null default '{}',
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint collection_pkey primary key (id),
  constraint collection_slug_unique unique (slug),
  constraint collection_slug_shape check (slug ~ '^[^/\s]{1,120}$'),
  constraint collection_title_given check (btrim(title) <> ''),
  constraint collection_kind_known check (kind in ('manual', 'rules')),
  constraint collection_sort_known check (sort in ('position', 'price', '-price', 'newest', 'name'))
);
comment on table collections.collection is
  'Products chosen by hand or by rules, shown in channels. distribution key: none (replicated)';
comment on column collections.collection.rules is
  '{"match": "all", "conditions": [{"field": "brand", "op": "is", "values": ["Luma"]}]}, empty when manual';

create table collections.member (
  collection_id uuid not null,
  product_id uuid not null,
  position int not null,
  constraint member_pkey primary key (collection_id, product_id),
  constraint member_collection foreign key (collection_id)
    references collections.collection (id) on delete cascade
);
comment on table collections.member is
  'Products that people put into a collection, in their order. distribution key: product_id';
create index member_of_product on collections.member (product_id);
create index member_in_order on collections.member (collection_id, position, product_id);

-- A collection changed: which products stand in it is found anew, batch by batch.
create table collections.pass (
  collection_id uuid not null,
  scope text not null,
  after_id uuid not null default '00000000-0000-0000-0000-000000000000',
  done bigint not null default 0,
  total bigint not null default 0,
  started_at timestamptz not null,
  finished_at timestamptz,
  constraint pass_pkey primary key (collection_id),
  constraint pass_scope_known check (scope in ('all', 'members'))
);
comment on table collections.pass is
  'How far the products were looked through since a collection changed. distribution key: none (replicated)';
create index pass_under_way on collections.pass (started_at) where finished_at is null;
