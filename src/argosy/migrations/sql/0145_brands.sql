create schema if not exists brands;

create table brands.brand (
  id uuid not null,
  key text not null,
  slug text not null,
  name text not null,
  description text not null default '',
  media_id uuid,
  seo_title text not null default '',
  seo_description text not null default '',
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint brand_pkey primary key (id),
  constraint brand_key_unique unique (key),
  constraint brand_slug_unique unique (slug),
  constraint brand_slug_shape check (slug ~ '^[^/\s]{1,120}$'),
  constraint brand_name_given check (btrim(name) <> '')
);
comment on table brands.brand is
  'Makers and labels; the products of one have a brand text of this key. distribution key: none (replicated)';
comment on column brands.brand.key is 'The name as texts are compared: case, width and runs of space do not matter';
