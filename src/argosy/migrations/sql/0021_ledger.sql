create schema if not exists ledger;

-- Double-entry, append-only (DOMAIN.md I1, I2, I4). A transaction is one business fact; its source
-- is unique, so that a replay posts nothing. Debits are positive, credits negative.
create table ledger.transaction (
    id            uuid not null,
    source        text collate "C" not null,
    kind          text not null,
    order_id      uuid,
    legs          smallint not null,
    effective_at  timestamptz not null,
    posted_at     timestamptz not null,
    reverses      text collate "C",
    memo          text,
    constraint transaction_pkey primary key (id),
    constraint transaction_source_once unique (source),
    constraint transaction_legs_sane check (legs between 2 and 1000)
);
comment on table ledger.transaction is
    'One business fact in the books. distribution key: order_id (order family); without an order: id';
create index transaction_of_order on ledger.transaction (order_id) where order_id is not null;
create index transaction_recent on ledger.transaction (posted_at desc, id desc);
-- A fact is taken back once.
create unique index transaction_reversed_once on ledger.transaction (reverses)
    where reverses is not null;

create table ledger.entry (
    transaction_id  uuid not null,
    leg             smallint not null,
    account         text collate "C" not null,
    currency        text not null,
    amount_minor    bigint not null,
    constraint entry_pkey primary key (transaction_id, leg),
    constraint entry_amount_not_zero check (amount_minor <> 0),
    constraint entry_currency_shape check (currency ~ '^[A-Z]{3}$'),
    constraint entry_account_shape check (account ~ '^[a-z_]+(:[A-Za-z0-9_.-]{1,60})?$')
);
comment on table ledger.entry is
    'The legs of a transaction. distribution key: transaction_id (placed with its transaction)';
create index entry_of_account on ledger.entry (account, currency);

-- Every statement that adds entries adds whole transactions, each balanced per currency: checked at
-- the end of the statement, so that no half transaction is ever visible, even to itself.
create function ledger.check_balanced() returns trigger language plpgsql as $$
declare bad record;
begin
  select a.transaction_id, a.currency, sum(a.amount_minor) as off into bad
    from added a group by a.transaction_id, a.currency having sum(a.amount_minor) <> 0 limit 1;
  if found then
    raise exception 'transaction % is off balance by % %', bad.transaction_id, bad.off, bad.currency
      using errcode = 'integrity_constraint_violation', constraint = 'ledger_balanced';
  end if;
  select t.id, t.legs, a.legs as added into bad
    from (select transaction_id, count(*) as legs from added group by transaction_id) a
    left join ledger.transaction t on t.id = a.transaction_id
   where t.id is null or t.legs <> a.legs limit 1;
  if found then
    raise exception 'transaction % was posted in parts', bad.id
      using errcode = 'integrity_constraint_violation', constraint = 'ledger_posted_whole';
  end if;
  return null;
end $$;
create trigger entry_balanced after insert on ledger.entry
    referencing new table as added for each statement execute function ledger.check_balanced();

create function ledger.refuse_rewriting() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only: post a reversal'
    using errcode = 'integrity_constraint_violation', constraint = 'ledger_append_only';
end $$;
create trigger transaction_append_only before update or delete or truncate on ledger.transaction
    for each statement execute function ledger.refuse_rewriting();
create trigger entry_append_only before update or delete or truncate on ledger.entry
    for each statement execute function ledger.refuse_rewriting();
