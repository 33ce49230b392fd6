create schema if not exists tax;

-- B18: goods that come into the EU for a sale, worth up to 150 EUR, taxed when they are sold.
alter table tax.policy add column ioss_number text not null default '';
alter table tax.policy add column excise_classes text[] not null default '{}';
alter table tax.policy add constraint policy_ioss_number_shape
    check (ioss_number ~ '^(IM[0-9]{10})?$') not valid;
comment on column tax.policy.ioss_number is
    'The seller''s number in the import one-stop shop; empty: no VAT is charged on imports by it.';
comment on column tax.policy.excise_classes is
    'Tax classes of goods under excise duty, which the import one-stop shop excludes.';

create table tax.euro_rate (
    currency   char(3) not null,
    as_of      date not null,
    rate       numeric(20, 6) not null,
    source     text not null,
    loaded_at  timestamptz not null,
    constraint euro_rate_pkey primary key (currency, as_of),
    constraint euro_rate_positive check (rate > 0)
);
comment on table tax.euro_rate is
    'What one euro was worth on a day, as published. Thresholds in euros are converted by it, never a price. distribution key: none (replicated)';
