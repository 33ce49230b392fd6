create schema if not exists payments;

-- The sums are the fold of the payment's operations: succeeded ones in authorised, captured, voided
-- and refunded; undecided ones in the three *_pending sums, so that two requests at once cannot
-- spend the same money twice (DOMAIN.md H7, H10). `state` is generated from them: nobody writes it.
create table payments.payment (
    id                     uuid not null,
    order_id               uuid not null,
    tender                 smallint not null default 1,
    gateway                text not null,
    currency               text not null,
    amount_minor           bigint not null,
    authorised_minor       bigint not null default 0,
    captured_minor         bigint not null default 0,
    voided_minor           bigint not null default 0,
    refunded_minor         bigint not null default 0,
    capture_pending_minor  bigint not null default 0,
    void_pending_minor     bigint not null default 0,
    refund_pending_minor   bigint not null default 0,
    attempt_state          text not null,
    capture                text not null,
    instrument             jsonb not null,
    return_url             text,
    gateway_reference      text,
    capture_before         timestamptz,
    orphaned               boolean not null default false,
    version                bigint not null default 1,
    created_at             timestamptz not null,
    updated_at             timestamptz not null,
    state                  text not null generated always as (
        case when authorised_minor = 0 then
                  case when attempt_state = 'succeeded' then 'voided' else attempt_state end
             when captured_minor > 0 and refunded_minor = captured_minor then 'refunded'
             when refunded_minor > 0 then 'partially_refunded'
             when captured_minor > 0 and captured_minor + voided_minor >= authorised_minor
                  then 'captured'
             when captured_minor > 0 then 'partially_captured'
             when voided_minor >= authorised_minor then 'voided'
             else 'authorised' end) stored,
    live                   boolean not null generated always as (
        not orphaned and attempt_state not in ('declined', 'failed')
        and not (voided_minor > 0 and voided_minor >= authorised_minor)) stored,
    constraint payment_pkey primary key (id),
    constraint payment_amount_positive check (amount_minor > 0),
    constraint payment_currency_shape check (currency ~ '^[A-Z]{3}$'),
    constraint payment_capture_known check (capture in ('manual', 'automatic')),
    constraint payment_attempt_known check (attempt_state in
        ('pending', 'requires_action', 'unknown', 'succeeded', 'declined', 'failed')),
    constraint payment_sums_positive check
        (authorised_minor >= 0 and captured_minor >= 0 and voided_minor >= 0
         and refunded_minor >= 0 and capture_pending_minor >= 0 and void_pending_minor >= 0
         and refund_pending_minor >= 0),
    constraint payment_captured_within_authorised check
        (captured_minor + voided_minor + capture_pending_minor + void_pending_minor
         <= authorised_minor),
    constraint payment_refunded_within_captured check
        (refunded_minor + refund_pending_minor <= captured_minor)
) with (fillfactor = 80);
comment on table payments.payment is
    'One tender of an order at one gateway. distribution key: order_id (order family)';
comment on column payments.payment.tender is 'Which of the order''s tenders this pays, from 1.';
comment on column payments.payment.orphaned is
    'Its authorisation succeeded after it had been given up: it is voided, the order went on.';
create index payment_of_order on payments.payment (order_id, created_at);
-- A second attempt needs certainty that the first one holds nothing (DOMAIN.md H1, H2).
create unique index payment_one_live on payments.payment (order_id, tender) where live;

create table payments.operation (
    id                 uuid not null,
    payment_id         uuid not null,
    order_id           uuid not null,
    kind               text not null,
    amount_minor       bigint not null,
    released_minor     bigint not null default 0,
    settled_minor      bigint,
    currency           text not null,
    state              text not null,
    takes_money        boolean not null default false,
    origin             text not null default 'shop',
    gateway_reference  text,
    outcome            jsonb,
    request_key        text,
    reason             text,
    attempts           int not null default 0,
    next_check_at      timestamptz,
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    constraint operation_pkey primary key (id),
    constraint operation_payment_exists foreign key (payment_id) references payments.payment (id),
    constraint operation_kind_known check (kind in ('authorise', 'capture', 'void', 'refund')),
    constraint operation_state_known check (state in
        ('pending', 'requires_action', 'unknown', 'succeeded', 'declined', 'failed')),
    constraint operation_amounts_positive check
        (amount_minor > 0 and released_minor >= 0 and settled_minor >= 0),
    constraint operation_origin_known check (origin in ('shop', 'gateway'))
) with (fillfactor = 80);
comment on table payments.operation is
    'Each call to a gateway, written before it is sent; the id is the gateway''s idempotency key. distribution key: order_id (order family)';
comment on column payments.operation.takes_money is
    'The gateway captured together with the authorisation.';
comment on column payments.operation.next_check_at is
    'When the sweep asks the gateway about an undecided operation; null once it is decided.';
create index operation_of_payment on payments.operation (payment_id);
create index operation_due on payments.operation (next_check_at) where next_check_at is not null;
create unique index operation_request_once on payments.operation (payment_id, request_key)
    where request_key is not null;

create table payments.webhook_event (
    gateway       text not null,
    event_id      text not null,
    type          text not null,
    payment_id    uuid,
    operation_id  uuid,
    says          text,
    raw           bytea not null,
    received_at   timestamptz not null,
    applied_at    timestamptz,
    verdict       text,
    constraint webhook_event_pkey primary key (gateway, event_id)
);
comment on table payments.webhook_event is
    'Verified webhooks as they came, each once. distribution key: gateway (replicated or by event)';
create index webhook_event_waiting on payments.webhook_event (received_at) where applied_at is null;
