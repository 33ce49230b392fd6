create schema if not exists wallets;

create table wallets.saved_method (
  id uuid not null,
  customer_id uuid not null,
  gateway text not null,
  reference text not null,
  holder_reference text not null,
  payment_id uuid not null,
  brand text not null,
  last4 text not null,
  exp_month int not null,
  exp_year int not null,
  created_at timestamptz not null,
  preferred_at timestamptz,
  removed_at timestamptz,
  constraint saved_method_pkey primary key (id),
  constraint saved_method_once unique (gateway, reference),
  constraint saved_method_holds_no_number check (last4 ~ '^[0-9]{0,4}$'),
  constraint saved_method_month check (exp_month between 1 and 12)
);
comment on table wallets.saved_method is 'Ways to pay that customers let us keep; the card itself is at the provider. Distribution key: customer_id.';
comment on column wallets.saved_method.payment_id is 'The payment at which the customer agreed that it is kept.';
comment on column wallets.saved_method.preferred_at is 'When the customer last chose it to come first; the newest choice counts.';
comment on column wallets.saved_method.removed_at is 'Not offered any more; the row goes when the provider has forgotten it.';
create index saved_method_customer on wallets.saved_method (customer_id, created_at);
