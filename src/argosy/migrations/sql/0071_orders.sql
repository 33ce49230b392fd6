create schema if not exists orders;

-- Unique, not gapless (DOMAIN.md J7, part one 25); the channel's prefix is put before it.
create sequence orders.number_seq as bigint start with 100001;

-- The statuses are generated from recorded facts: nobody can write them (DOMAIN.md J1, part one 23).
-- rules.py computes the same from the same facts, and a test compares the two.
create table orders."order" (
    id                uuid not null,
    number            text,
    channel_id        uuid not null,
    customer_id       uuid,
    email             text not null,
    email_normalised  text not null,
    currency          text not null,
    attempt           int not null default 1,
    subtotal_minor    bigint not null,
    discount_minor    bigint not null,
    shipping_minor    bigint not null,
    tax_minor         bigint not null,
    total_minor       bigint not null,
    quote             jsonb not null,
    quote_hash        text not null,
    shipping_address  jsonb,
    billing_address   jsonb,
    shipping_method   text,
    payment_id        uuid,
    operation_id      uuid,
    gateway           text,
    -- facts
    opened_at         timestamptz not null,
    waiting_for       text,
    lease_until       timestamptz,
    next_action       jsonb,
    failed_at         timestamptz,
    failure           text,
    confirmed_at      timestamptz,
    cancelled_at      timestamptz,
    cancel_reason     text,
    authorised_minor  bigint not null default 0,
    captured_minor    bigint not null default 0,
    refunded_minor    bigint not null default 0,
    voided_minor      bigint not null default 0,
    units             int not null,
    units_to_ship     int not null,
    units_fulfilled   int not null default 0,
    units_returned    int not null default 0,
    holds             jsonb not null default '[]',
    version           bigint not null default 1,
    updated_at        timestamptz not null,
    -- projections
    stage             text not null generated always as (
        case when cancelled_at is not null then 'cancelled'
             when confirmed_at is not null then 'confirmed'
             when failed_at is not null then 'payment_failed'
             else 'pending_payment' end) stored,
    payment_status    text not null generated always as (
        case when total_minor = 0 then 'not_required'
             when captured_minor > 0 and refunded_minor >= captured_minor then 'refunded'
             when refunded_minor > 0 then 'partially_refunded'
             when captured_minor >= total_minor then 'paid'
             when captured_minor > 0 then 'partially_paid'
             when voided_minor > 0 and voided_minor >= authorised_minor then 'voided'
             when authorised_minor > 0 then 'authorised'
             when failed_at is not null then 'failed'
             when waiting_for = 'action' then 'action_required'
             else 'pending' end) stored,
    fulfilment_status text not null generated always as (
        case when units_to_ship = 0 then 'not_required'
             when units_fulfilled >= units_to_ship then 'fulfilled'
             when units_fulfilled > 0 then 'partially_fulfilled'
             else 'unfulfilled' end) stored,
    return_status     text not null generated always as (
        case when units_returned = 0 then 'none'
             when units_returned >= units then 'returned'
             else 'partially_returned' end) stored,
    hold_status       text not null generated always as (
        case when holds = '[]'::jsonb then 'clear' else 'held' end) stored,
    constraint order_pkey primary key (id),
    constraint order_number_unique unique (number),
    constraint order_currency_shape check (currency ~ '^[A-Z]{3}$'),
    constraint order_waiting_known check (waiting_for in ('gateway', 'action', 'funds')),
    constraint order_number_when_confirmed check (confirmed_at is null or number is not null),
    constraint order_settled_waits_for_nothing check
        ((confirmed_at is null and cancelled_at is null and failed_at is null)
         or (waiting_for is null and lease_until is null)),
    constraint order_amounts_sane check
        (total_minor >= 0 and authorised_minor >= 0 and captured_minor >= 0
         and refunded_minor between 0 and captured_minor and voided_minor >= 0),
    constraint order_units_sane check
        (units > 0 and units_to_ship between 0 and units
         and units_fulfilled between 0 and units and units_returned between 0 and units),
    constraint order_holds_list check (jsonb_typeof(holds) = 'array')
) with (fillfactor = 70);
comment on table orders."order" is
    'Orders, id = the id of the cart. distribution key: id (order family)';
comment on column orders."order".quote is 'The frozen quote (argosy.modules.quote.Quote) of the last Begin.';
comment on column orders."order".waiting_for is
    'What the running attempt waits for: the gateway''s word, the shopper''s action, or the money of a slow method.';
comment on column orders."order".lease_until is
    'Until then the request that began the attempt answers for it; later the recovery sweep does.';

create index order_due on orders."order" (lease_until) where lease_until is not null;
-- Keyset order of the admin list: newest first; confirmed orders and attempts alike.
create index order_recent on orders."order" (opened_at desc, id desc);
-- Nearly all orders end as confirmed: only the others are worth an index by stage.
create index order_unusual on orders."order" (stage, opened_at desc, id desc)
    where confirmed_at is null or cancelled_at is not null;
create index order_of_customer on orders."order" (customer_id, opened_at desc, id desc)
    where customer_id is not null;
create index order_by_email on orders."order" (email_normalised, opened_at desc, id desc);
create index order_held on orders."order" (opened_at desc, id desc) where holds <> '[]'::jsonb;
create index order_to_fulfil on orders."order" (opened_at desc, id desc)
    where confirmed_at is not null and cancelled_at is null and units_fulfilled < units_to_ship;

-- What was bought, as it was on that day (DOMAIN.md E1): deleting a product never breaks history.
create table orders.line (
    order_id           uuid not null,
    id                 uuid not null,
    position           int not null,
    variant_id         uuid not null,
    product_id         uuid not null,
    sku                text not null,
    title              text not null,
    variant_title      text not null,
    options            jsonb not null,
    configuration      jsonb not null,
    tax_class          text not null,
    image_key          text,
    weight_g           int,
    requires_shipping  boolean not null,
    tracks_inventory   boolean not null,
    quantity           int not null,
    unit_minor         bigint not null,
    subtotal_minor     bigint not null,
    discount_minor     bigint not null,
    net_minor          bigint not null,
    tax_minor          bigint not null,
    total_minor        bigint not null,
    constraint line_pkey primary key (order_id, position),
    constraint line_quantity_positive check (quantity > 0),
    constraint line_total_adds_up check (total_minor = net_minor + tax_minor)
);
comment on table orders.line is 'Order lines with snapshots. distribution key: order_id (order family)';

-- Who did what, when and why (DOMAIN.md J9).
create table orders.timeline (
    order_id     uuid not null,
    id           uuid not null,
    at           timestamptz not null,
    kind         text not null,
    actor        jsonb not null,
    cause        text,
    correlation  text,
    data         jsonb not null default '{}',
    constraint timeline_pkey primary key (order_id, id)
);
comment on table orders.timeline is
    'Immutable history of each order. distribution key: order_id (order family)';

create function orders.refuse_rewriting() returns trigger language plpgsql as $$
begin
  raise exception 'the timeline of an order is never rewritten'
    using errcode = 'integrity_constraint_violation', constraint = 'timeline_immutable';
end $$;
create trigger timeline_immutable before update or delete or truncate on orders.timeline
    for each statement execute function orders.refuse_rewriting();
