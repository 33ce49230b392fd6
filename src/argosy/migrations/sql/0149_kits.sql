create schema if not exists kits;

create table kits.kit (
  variant_id uuid not null,
  bill jsonb not null,
  version int not null default 1,
  updated_at timestamptz not null,
  constraint kit_pkey primary key (variant_id),
  constraint kit_version_grows check (version > 0)
);
comment on table kits.kit is
  'Bills of materials: what a variant consists of that is sold as one and stocked as its parts. distribution key: variant_id';
comment on column kits.kit.bill is 'kernel/bill.py: fixed items, groups to choose from, what it costs';

create table kits.part (
  kit_id uuid not null,
  component_id uuid not null,
  constraint part_pkey primary key (component_id, kit_id)
);
comment on table kits.part is
  'Which variants may be in which kits, once each. distribution key: component_id';
create index part_of_kit on kits.part (kit_id);
