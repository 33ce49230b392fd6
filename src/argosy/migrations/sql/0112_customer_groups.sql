create schema if not exists customers;

create table customers.customer_group (
  code text not null,
  name text not null,
  kind text not null default 'group',
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint customer_group_pkey primary key (code),
  constraint customer_group_code_shape check (code ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  constraint customer_group_name_given check (btrim(name) <> ''),
  constraint customer_group_kind_known check (kind in ('group', 'segment'))
);
comment on table customers.customer_group is
  'Customers who are treated alike: a group is put together by people, a segment by a computation. Distribution key: none (replicated).';

create table customers.membership (
  customer_id uuid not null,
  group_code text not null,
  since timestamptz not null,
  constraint membership_pkey primary key (customer_id, group_code),
  constraint membership_of_customer foreign key (customer_id) references customers.customer (id),
  constraint membership_in_group foreign key (group_code)
    references customers.customer_group (code) on delete cascade
);
comment on table customers.membership is 'Who belongs to which group. Distribution key: customer_id.';
create index membership_by_group on customers.membership (group_code, customer_id);
