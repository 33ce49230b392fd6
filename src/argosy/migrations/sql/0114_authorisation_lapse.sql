create schema if not exists payments;

-- When somebody looks at money that is held and not taken: a day before the hold lapses, to warn;
-- when it has lapsed, to ask the gateway (DOMAIN.md H6). Entries of the index are open holds only.
alter table payments.payment add column hold_look_at timestamptz;
comment on column payments.payment.hold_look_at is
    'When the sweep looks at the open hold next; null where holds do not lapse.';
update payments.payment set hold_look_at = capture_before - interval '1 day'
 where capture_before is not null;
-- squawk-ignore require-concurrent-index-creation
create index payment_hold_due on payments.payment (hold_look_at)
    where hold_look_at is not null and authorised_minor > captured_minor + voided_minor;
