create schema if not exists personalisation;

create table if not exists personalisation.product (
  product_id uuid not null,
  inputs jsonb not null,
  former text[] not null default '{}',
  version int not null default 1,
  updated_at timestamptz not null,
  constraint product_pkey primary key (product_id),
  constraint product_version_grows check (version > 0)
);
comment on table personalisation.product is
  'What products ask of shoppers, with what an answer adds to the price. distribution key: product_id';
comment on column personalisation.product.inputs is 'kernel/personal.py: a list of inputs, empty if it asks nothing now';
comment on column personalisation.product.former is 'codes that it asked by once: answers to them are told, not dropped';
