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
