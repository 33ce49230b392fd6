create schema if not exists projections;

alter table projections.variant
  add column picks text[] not null default '{}',
  add column state smallint not null default 3,
  add column price_minor bigint,
  add constraint variant_state_known check (state between 0 and 3) not valid;
comment on column projections.variant.picks is
  'Its values of the options of its product, in their order, null where it has none';
comment on column projections.variant.state is '0: in stock, 1: low stock, 2: backorder, 3: out of stock';
comment on column projections.variant.price_minor is 'null: told to others only';

create table projections.pending_part (
  id bigint generated always as identity,
  product_id uuid not null,
  variant_id uuid,
  changed_at timestamptz not null,
  try_at timestamptz not null,
  constraint pending_part_pkey primary key (id)
);
comment on table projections.pending_part is
  'Variants of large products whose sources changed (null: the product itself). distribution key: product_id';
create index pending_part_due on projections.pending_part (try_at, id);
create index pending_part_by_product on projections.pending_part (product_id, id);

-- What is shown of every product gets the new columns.
insert into projections.pending (product_id, changed_at, try_at)
select distinct product_id, now(), now() from projections.product where visible;
