-- argosy: no-transaction

-- The list of all payments, the newest first, without sorting them all.
create index concurrently if not exists payment_by_time on payments.payment (created_at, id);
