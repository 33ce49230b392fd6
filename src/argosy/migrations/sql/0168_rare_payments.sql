-- argosy: no-transaction

-- Lists of payments in states that few are in. Payments pass through none of these on their usual way,
-- so a purchase writes nothing here.
create index concurrently if not exists payment_by_rare_state
    on payments.payment (state, created_at desc, id desc)
 where state in ('requires_action', 'partially_captured', 'partially_refunded', 'refunded', 'voided',
                 'declined', 'failed');
