create schema if not exists pricing;

-- What a unit costs in a period; outside of all periods pricing.cost says it.
create table pricing.dated_cost (
    variant_id    uuid not null,
    currency      char(3) not null,
    during        tstzrange not null,
    amount_minor  bigint not null,
    updated_at    timestamptz not null,
    constraint dated_cost_pkey primary key (variant_id, currency, during),
    constraint dated_cost_amount_sane check (amount_minor between 0 and 1000000000000),
    constraint dated_cost_currency_shape check (currency ~ '^[A-Z]{3}$'),
    constraint dated_cost_half_open check (
        not isempty(during) and not upper_inc(during) and (lower_inf(during) or lower_inc(during))
        and not (lower_inf(during) and upper_inf(during))),
    constraint dated_cost_overlap exclude using gist (
        variant_id with =, currency with =, during with &&)
);
comment on table pricing.dated_cost is
    'What a unit costs the shop itself in a period, before pricing.cost. Never shown to shoppers. distribution key: variant_id';
