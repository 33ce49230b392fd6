create schema if not exists taxonomy;

create table taxonomy.node (
  system text not null,
  code text not null,
  path text not null,
  depth smallint not null,
  words tsvector not null,
  constraint node_pkey primary key (system, code),
  constraint node_system_known check (system in ('google', 'shopify')),
  constraint node_path_given check (path <> '')
);
comment on table taxonomy.node is
  'Product categories of others, as they were loaded. distribution key: none (replicated)';
comment on column taxonomy.node.path is 'Names from the root, e.g. Apparel & Accessories > Clothing > Pants';
create index node_by_words on taxonomy.node using gin (words);
create index node_by_path on taxonomy.node (system, path);

create table taxonomy.mapping (
  entity_id uuid not null,
  kind text not null,
  system text not null,
  code text not null,
  mapped_at timestamptz not null,
  constraint mapping_pkey primary key (entity_id, system),
  constraint mapping_kind_known check (kind in ('product', 'category')),
  constraint mapping_node foreign key (system, code) references taxonomy.node (system, code)
);
comment on table taxonomy.mapping is
  'What a product or category of ours is in the terms of others. distribution key: entity_id';
create index mapping_of_node on taxonomy.mapping (system, code);
