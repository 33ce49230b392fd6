create schema if not exists fees;

create table fees.fee (
    id             uuid not null,
    channel_id     uuid not null,
    code           text not null,
    kind           text not null,
    name           text not null,
    per            text not null,
    amount_minor   bigint,
    percent        numeric,
    cap_minor      bigint,
    with_shipping  boolean not null default false,
    tax_class      text,
    labels         jsonb not null default '{}',
    conditions     jsonb not null default '{}',
    returned       boolean not null default false,
    position       bigint not null default 0,
    active         boolean not null default true,
    version        bigint not null default 1,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    constraint fee_pkey primary key (id),
    constraint fee_code_unique unique (channel_id, code),
    constraint fee_kind_known check (kind in (
        'deposit', 'eco', 'payment', 'handling', 'gift_wrap', 'other')),
    constraint fee_per_known check (per in ('order', 'line', 'unit')),
    constraint fee_amount_or_percent check ((amount_minor is null) <> (percent is null)),
    constraint fee_amounts_positive check (amount_minor > 0 and cap_minor > 0 and percent > 0)
);
comment on table fees.fee is
    'What a channel charges beside goods and shipping, and when. distribution key: none (replicated)';
comment on column fees.fee.tax_class is 'Its own tax class; null: no tax is due on it.';
comment on column fees.fee.conditions is '{"countries": ["DE"], ...}: see FeeWhen.';
comment on column fees.fee.returned is 'Whoever returns a unit gets it back.';
