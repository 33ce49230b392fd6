create schema if not exists ledger;

-- The trial balance without reading all of the books: sums by day and account, kept behind. Who
-- posts names its transaction in a queue, a row of its own that nobody waits for; a sweep of the
-- worker takes from there into the sums. What is in the queue is not in the sums, and both change in
-- one transaction, so that sums and queue together are the books at every instant.
create table ledger.balance (
    day           date not null,
    account       text collate "C" not null,
    currency      text not null,
    debit_minor   bigint not null,
    credit_minor  bigint not null,
    constraint balance_pkey primary key (day, account, currency)
) with (fillfactor = 70);
comment on table ledger.balance is
    'What was effective on a day (UTC) by account; day infinity: on all days. Kept by differences. distribution key: none';

create table ledger.unsummed (
    transaction_id  uuid not null,
    constraint unsummed_pkey primary key (transaction_id)
);
comment on table ledger.unsummed is
    'Transactions that are not in the balances yet. distribution key: transaction_id';

-- What was posted before is summed by the same sweep, in order of the ids.
create table ledger.summing (
    only_one  boolean not null default true,
    old_id    uuid not null default '00000000-0000-0000-0000-000000000000',
    old_done  boolean not null,
    constraint summing_pkey primary key (only_one),
    constraint summing_only_one check (only_one)
);
comment on table ledger.summing is
    'How far the balances know what was posted before they were kept. distribution key: none';

alter table ledger.transaction add column queued boolean not null default false;
alter table ledger.transaction alter column queued set default true;
comment on column ledger.transaction.queued is
    'Whether posting it put it into the queue for the balances; older ones are summed by id.';
insert into ledger.summing (old_done) select not exists (select from ledger.transaction);

create or replace function ledger.check_balanced() returns trigger language plpgsql as $$
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
  insert into ledger.unsummed (transaction_id) select distinct transaction_id from added;
  return null;
end $$;
