-- name: post :many
-- Transactions and their entries at once; a source that is in the books already posts nothing.
-- The ids of the transactions that were new come back.
with opened as (
  insert into ledger.transaction
    (id, source, kind, order_id, legs, effective_at, posted_at, reverses, memo)
  select t.id, t.source, t.kind, t.order_id, t.legs, t.effective_at, $1, t.reverses, t.memo
    from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::smallint[], $7::timestamptz[],
                $8::text[], $9::text[])
      as t (id, source, kind, order_id, legs, effective_at, reverses, memo)
  on conflict (source) do nothing
  returning id
), written as (
  insert into ledger.entry (transaction_id, leg, account, currency, amount_minor)
  select e.transaction_id, e.leg, e.account, e.currency, e.amount_minor
    from unnest($10::uuid[], $11::smallint[], $12::text[], $13::text[], $14::bigint[])
      as e (transaction_id, leg, account, currency, amount_minor)
    join opened on opened.id = e.transaction_id
)
select id from opened

-- name: by_sources :many
select t.id, t.source, t.kind, t.order_id, t.effective_at, t.posted_at, t.reverses, t.memo,
       e.account, e.currency, e.amount_minor
  from ledger.transaction t join ledger.entry e on e.transaction_id = t.id
 where t.source = any ($1::text[])
 order by t.posted_at, t.id, e.leg

-- name: by_source_prefix :many
select t.id, t.source, t.kind, t.order_id, t.effective_at, t.posted_at, t.reverses, t.memo,
       e.account, e.currency, e.amount_minor
  from ledger.transaction t join ledger.entry e on e.transaction_id = t.id
 where starts_with(t.source, $1)
 order by t.posted_at, t.id, e.leg

-- name: of_order :many
select t.id, t.source, t.kind, t.order_id, t.effective_at, t.posted_at, t.reverses, t.memo,
       e.account, e.currency, e.amount_minor
  from ledger.transaction t join ledger.entry e on e.transaction_id = t.id
 where t.order_id = $1
 order by t.posted_at, t.id, e.leg

-- name: list_transactions :many
-- $5: how many are looked through for those of the kind.
with page as (
  select id from (select id, kind, posted_at from ledger.transaction
                   where (posted_at, id) < ($1::timestamptz, $2::uuid)
                   order by posted_at desc, id desc
                   limit $5) looked
   where $3::text is null or kind = $3
   order by posted_at desc, id desc
   limit $4
)
select t.id, t.source, t.kind, t.order_id, t.effective_at, t.posted_at, t.reverses, t.memo,
       e.account, e.currency, e.amount_minor
  from page join ledger.transaction t on t.id = page.id
  join ledger.entry e on e.transaction_id = t.id
 order by t.posted_at desc, t.id desc, e.leg

-- name: list_transactions_end :one?
select posted_at, id from ledger.transaction
 where (posted_at, id) < ($1::timestamptz, $2::uuid)
 order by posted_at desc, id desc
offset $3::bigint - 1 limit 1

-- name: trial_balance :many
select e.account, e.currency,
       sum(greatest(e.amount_minor, 0))::bigint as debit_minor,
       sum(greatest(-e.amount_minor, 0))::bigint as credit_minor
  from ledger.entry e
 where $1::timestamptz is null
    or exists (select from ledger.transaction t
                where t.id = e.transaction_id and t.effective_at < $1)
 group by e.account, e.currency
 order by e.account, e.currency

-- name: kept_trial_balance :many
-- Before a day ($1; null: of everything), from the sums and what is not in them yet, of which at most
-- $2 are read. Unsure: there is more of it, or what was posted before sums were kept is missing.
with late as materialized (
  select transaction_id from ledger.unsummed limit $2
), part as (
  select account, currency, debit_minor, credit_minor
    from ledger.balance
   where day between case when $1::date is null then 'infinity'::date else '-infinity' end
                 and coalesce($1::date - 1, 'infinity')
  union all
  select e.account, e.currency, greatest(e.amount_minor, 0), greatest(-e.amount_minor, 0)
    from late
   cross join lateral (
         select effective_at from ledger.transaction where id = late.transaction_id offset 0) t
   cross join lateral (
         select account, currency, amount_minor from ledger.entry
          where transaction_id = late.transaction_id offset 0) e
   where $1::date is null or t.effective_at < $1::date::timestamp at time zone 'UTC'
)
select account, currency, sum(debit_minor)::bigint as debit_minor,
       sum(credit_minor)::bigint as credit_minor,
       (select count(*) from late) >= $2 or not (select old_done from ledger.summing) as unsure
  from part
 group by account, currency
 order by account, currency

-- name: sum_up :one
-- Adds the next $1 of what was posted to the balances; how many there were.
with due as (
  select transaction_id from ledger.unsummed
   order by transaction_id limit $1 for update skip locked
), taken as (
  delete from ledger.unsummed u using due where u.transaction_id = due.transaction_id
  returning u.transaction_id
), added as (
  select coalesce((t.effective_at at time zone 'UTC')::date, 'infinity') as day,
         e.account, e.currency,
         sum(greatest(e.amount_minor, 0))::bigint as debit_minor,
         sum(greatest(-e.amount_minor, 0))::bigint as credit_minor
    from taken p
    join ledger.transaction t on t.id = p.transaction_id
   cross join lateral (
         select account, currency, amount_minor from ledger.entry
          where transaction_id = t.id offset 0) e
   group by grouping sets (
         ((t.effective_at at time zone 'UTC')::date, e.account, e.currency), (e.account, e.currency))
), summed as (
  insert into ledger.balance as b (day, account, currency, debit_minor, credit_minor)
  select day, account, currency, debit_minor, credit_minor from added
   order by day, account, currency
  on conflict (day, account, currency) do update
     set debit_minor = b.debit_minor + excluded.debit_minor,
         credit_minor = b.credit_minor + excluded.credit_minor
)
select count(*) as taken from taken

-- name: old_cursor :one?
select old_id from ledger.summing where not old_done for update skip locked

-- name: sum_up_old :one
-- The same of what was posted before balances were kept, after the id $2.
with page as materialized (
  select id as transaction_id from ledger.transaction
   where id > $2::uuid and not queued order by id limit $1
), added as (
  select coalesce((t.effective_at at time zone 'UTC')::date, 'infinity') as day,
         e.account, e.currency,
         sum(greatest(e.amount_minor, 0))::bigint as debit_minor,
         sum(greatest(-e.amount_minor, 0))::bigint as credit_minor
    from page p
    join ledger.transaction t on t.id = p.transaction_id
   cross join lateral (
         select account, currency, amount_minor from ledger.entry
          where transaction_id = t.id offset 0) e
   group by grouping sets (
         ((t.effective_at at time zone 'UTC')::date, e.account, e.currency), (e.account, e.currency))
), summed as (
  insert into ledger.balance as b (day, account, currency, debit_minor, credit_minor)
  select day, account, currency, debit_minor, credit_minor from added
   order by day, account, currency
  on conflict (day, account, currency) do update
     set debit_minor = b.debit_minor + excluded.debit_minor,
         credit_minor = b.credit_minor + excluded.credit_minor
), moved as (
  update ledger.summing
     set old_id = coalesce((select transaction_id from page order by transaction_id desc limit 1),
                           old_id),
         old_done = (select count(*) from page) < $1
)
select count(*) as taken from page

-- name: wrong_balances :many
-- Balances that differ from the entries that they are made of; nothing while the old are summed.
with kept as (
  select account, currency, debit_minor, credit_minor from ledger.balance where day = 'infinity'
  union all
  select e.account, e.currency, greatest(e.amount_minor, 0), greatest(-e.amount_minor, 0)
    from ledger.unsummed u join ledger.entry e on e.transaction_id = u.transaction_id
), told as (
  select account, currency, sum(debit_minor) as debit, sum(credit_minor) as credit
    from kept group by account, currency
), daily as (
  select account, currency, sum(debit_minor) as debit, sum(credit_minor) as credit
    from ledger.balance where day < 'infinity' group by account, currency
), booked as (
  select account, currency, sum(greatest(amount_minor, 0)) as debit,
         sum(greatest(-amount_minor, 0)) as credit
    from ledger.entry group by account, currency
), compared as (
  select account, currency, t.debit - t.credit as told, b.debit - b.credit as booked
    from told t full join booked b using (account, currency)
   where (t.debit, t.credit) is distinct from (b.debit, b.credit)
  union all
  select b.account, b.currency, b.debit_minor - b.credit_minor, d.debit - d.credit
    from ledger.balance b left join daily d using (account, currency)
   where b.day = 'infinity' and (b.debit_minor, b.credit_minor) is distinct from (d.debit, d.credit)
)
select account, currency, coalesce(told, 0)::bigint as told, coalesce(booked, 0)::bigint as booked
  from compared where (select old_done from ledger.summing)
 order by account, currency limit 100

-- name: off_balance :many
select transaction_id, currency, sum(amount_minor)::bigint as off_minor
  from ledger.entry group by transaction_id, currency having sum(amount_minor) <> 0
 order by transaction_id limit 100

-- name: incomplete :many
select t.id, t.legs, count(e.leg)::int as found
  from ledger.transaction t left join ledger.entry e on e.transaction_id = t.id
 group by t.id having count(e.leg) <> t.legs
 order by t.id limit 100

-- name: accounts_in_use :many
select distinct account from ledger.entry order by account
