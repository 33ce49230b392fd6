create schema if not exists cart;

-- One row per cart: every change is one read and one compare-and-set on `version`. `expires_at`
-- moves by whole days, and no index looks at `state`, so that most changes stay HOT updates.
create table cart.cart (
    id                uuid not null,
    channel_id        uuid not null,
    customer_id       uuid,
    currency          text not null,
    state             text not null default 'open',
    version           bigint not null default 1,
    attempt           int not null default 0,
    lines             jsonb not null default '[]',
    email             text not null default '',
    shipping_address  jsonb,
    billing_address   jsonb,
    shipping_method   text,
    merged_into       uuid,
    expires_at        timestamptz,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    constraint cart_pkey primary key (id),
    constraint cart_state_known check
        (state in ('open', 'placing', 'awaiting_action', 'placed', 'expired')),
    constraint cart_currency_shape check (currency ~ '^[A-Z]{3}$'),
    constraint cart_lines_list check
        (case when jsonb_typeof(lines) = 'array' then jsonb_array_length(lines) <= 100 else false end),
    constraint cart_merged_is_over check (merged_into is null or state = 'expired')
) with (fillfactor = 60);
comment on table cart.cart is
    'Carts; the order that a cart becomes has the same id. distribution key: id (with the order family)';
comment on column cart.cart.attempt is 'How many times a purchase of this cart was begun.';
comment on column cart.cart.lines is
    '[{"id": uuid, "variant_id": uuid, "quantity": 2, "configuration": {"engraving": "A"}}], at most 100';
comment on column cart.cart.expires_at is
    'An open cart that nobody touched until then is closed by the sweep; null: no longer looked at.';
create index cart_expiry on cart.cart (expires_at) where expires_at is not null;
create index cart_of_customer on cart.cart (customer_id, channel_id) where customer_id is not null;
