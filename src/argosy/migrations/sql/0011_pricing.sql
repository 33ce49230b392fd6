create schema if not exists pricing;
-- Scalars in the exclusion constraint below. A trusted extension: any database owner may create it.
create extension if not exists btree_gist with schema public;

create table pricing.price_list (
    id          uuid not null,
    code        text not null,
    name        text not null,
    currency    char(3) not null,
    version     bigint not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint price_list_pkey primary key (id),
    constraint price_list_code_unique unique (code),
    constraint price_list_code_shape check (code ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    constraint price_list_name_given check (btrim(name) <> ''),
    constraint price_list_currency_shape check (currency ~ '^[A-Z]{3}$')
);
comment on table pricing.price_list is
    'A named set of prices in one currency. distribution key: none (replicated)';

create table pricing.price (
    id                uuid not null,
    price_list_id     uuid not null,
    variant_id        uuid not null,
    min_quantity      int not null default 1,
    priority          smallint not null default 0,
    amount_minor      bigint not null,
    compare_at_minor  bigint,
    during            tstzrange not null default tstzrange(null, null),
    updated_at        timestamptz not null,
    constraint price_pkey primary key (id),
    constraint price_list_exists foreign key (price_list_id) references pricing.price_list (id),
    constraint price_same unique (variant_id, price_list_id, min_quantity, priority, during),
    -- C2: of equal rank at most one price is in force at any instant.
    constraint price_overlap exclude using gist (
        variant_id with =, price_list_id with =, min_quantity with =, priority with =, during with &&),
    constraint price_min_quantity_sane check (min_quantity between 1 and 1000000000),
    constraint price_amount_sane check (amount_minor between 0 and 1000000000000),
    constraint price_compare_at_sane check (compare_at_minor between 0 and 1000000000000),
    constraint price_priority_sane check (priority between -1000 and 1000),
    constraint price_during_half_open check (
        not isempty(during) and not upper_inc(during) and (lower_inf(during) or lower_inc(during)))
);
comment on table pricing.price is
    'What a variant costs in a list from a quantity on, in force in [from, until). distribution key: variant_id';

-- C5: what a price was, and when we said so, from the first day. Written with every change.
create table pricing.price_change (
    id                bigint generated always as identity,
    price_id          uuid not null,
    price_list_id     uuid not null,
    variant_id        uuid not null,
    min_quantity      int not null,
    priority          smallint not null,
    amount_minor      bigint,
    compare_at_minor  bigint,
    during            tstzrange not null,
    recorded_at       timestamptz not null,
    constraint price_change_pkey primary key (id)
);
comment on table pricing.price_change is
    'Append-only history of prices; amount null: the price was removed. distribution key: variant_id';
create index price_change_by_variant on pricing.price_change (variant_id, price_list_id, id);

create function pricing.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'pricing.price_change is append-only';
end $$;
create trigger price_change_append_only before update or delete on pricing.price_change
    for each statement execute function pricing.refuse_change();
