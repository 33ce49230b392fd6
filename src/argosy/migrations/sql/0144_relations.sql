create schema if not exists relations;

create table relations.relation (
  product_id uuid not null,
  kind text not null,
  related_id uuid not null,
  position int not null,
  constraint relation_pkey primary key (product_id, kind, related_id),
  constraint relation_kind_known check (kind in ('cross_sell', 'up_sell', 'accessory', 'replacement')),
  constraint relation_to_another check (product_id <> related_id)
);
comment on table relations.relation is
  'What is shown beside a product, by kind and in order. distribution key: product_id';
create index relation_of_related on relations.relation (related_id);
