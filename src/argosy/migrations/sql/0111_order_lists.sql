create schema if not exists orders;

-- Lists narrowed to what is rare among a million orders. What nearly every order is (paid,
-- authorised, pending, fulfilled, unfulfilled) is found at the top of the list as it is, and is no
-- entry here, so that placing and paying an order writes none.
-- squawk-ignore require-concurrent-index-creation
create index order_by_rare_payment on orders."order" (payment_status, opened_at desc, id desc)
    where payment_status in ('action_required', 'failed', 'not_required', 'partially_paid',
                             'partially_refunded', 'refunded', 'voided');
-- squawk-ignore require-concurrent-index-creation
create index order_by_rare_fulfilment on orders."order" (fulfilment_status, opened_at desc, id desc)
    where fulfilment_status in ('not_required', 'partially_fulfilled');
