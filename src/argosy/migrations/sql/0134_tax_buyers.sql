create schema if not exists tax;
create schema if not exists cart;

create table tax.policy (
    channel_id           uuid not null,
    seller_country       text not null default '',
    seller_tax_id        text not null default '',
    waived_price         text not null default 'net',
    unverified           text not null default 'charge',
    recheck_s            bigint not null default 86400,
    recent_days          bigint not null default 30,
    engine               text not null default '',
    engine_company       text not null default '',
    engine_commit        text not null default 'placed',
    refuse_above_minor   bigint,
    version              bigint not null default 1,
    updated_at           timestamptz not null,
    constraint policy_pkey primary key (channel_id),
    constraint policy_country_shape check (seller_country ~ '^([A-Z]{2})?$'),
    constraint policy_waived_price_known check (waived_price in ('net', 'gross')),
    constraint policy_unverified_known check (unverified in ('charge', 'recent', 'accept')),
    constraint policy_engine_commit_known check (engine_commit in ('placed', 'captured')),
    constraint policy_times_sane check (recheck_s between 0 and 31622400 and recent_days between 1 and 366),
    constraint policy_refuse_above_sane check (refuse_above_minor >= 0)
);
comment on table tax.policy is
    'How a channel decides about taxes; a channel without a row has the defaults. distribution key: none (replicated)';

create table tax.tax_id_check (
    id         uuid not null,
    tax_id     text not null,
    country    text not null,
    register   text not null,
    requester  text not null default '',
    answer     jsonb not null,
    asked_at   timestamptz not null,
    constraint tax_id_check_pkey primary key (id)
);
comment on table tax.tax_id_check is
    'Every consultation of a register of tax ids, with its answer: evidence, kept as long as the orders. distribution key: tax_id';
create index tax_id_check_latest on tax.tax_id_check (tax_id, asked_at desc);

create table tax.buyer (
    customer_id  uuid not null,
    tax_id       jsonb not null,
    updated_at   timestamptz not null,
    constraint buyer_pkey primary key (customer_id)
);
comment on table tax.buyer is
    'The tax ids of customers, with what their registers said. distribution key: customer_id';

create table tax.certificate (
    id             uuid not null,
    customer_id    uuid not null,
    number         text not null,
    reason         text not null,
    jurisdictions  jsonb not null,
    tax_classes    text[] not null default '{}',
    taxes          text[] not null default '{}',
    document       text not null default '',
    revoked_at     timestamptz,
    version        bigint not null default 1,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    constraint certificate_pkey primary key (id),
    constraint certificate_number_unique unique (customer_id, number),
    constraint certificate_reason_known check (reason in (
        'resale', 'government', 'charity', 'education', 'diplomatic', 'agriculture', 'industry',
        'other')),
    constraint certificate_places_list check (jsonb_typeof(jurisdictions) = 'array')
);
comment on table tax.certificate is
    'Exemption certificates of customers (B22); never deleted: invoices refer to them. distribution key: customer_id';
comment on column tax.certificate.jurisdictions is
    '[{"country": "US", "region": "CA", "valid_from": "2026-01-01", "valid_until": null}]; days [from, until)';
comment on column tax.certificate.taxes is 'Codes of the rates it frees from; none: all taxes there.';

-- What the register said of the buyer's tax id when it was entered, or asked again.
alter table cart.cart add column tax_id jsonb;
comment on column cart.cart.tax_id is
    'The buyer''s tax id with its evidence (tax.tax_id_check), null: a consumer.';
