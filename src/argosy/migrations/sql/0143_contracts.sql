create schema if not exists contracts;

create table contracts.contract (
    id             uuid not null,
    code           text not null,
    version        bigint not null default 1,
    channel_id     uuid not null,
    state          text not null,
    terms          jsonb not null,
    price_list_id  uuid not null,
    assignments    uuid[] not null,
    refreshed_at   timestamptz,
    due_at         timestamptz not null,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    constraint contract_pkey primary key (id),
    constraint contract_code_unique unique (code),
    constraint contract_list_unique unique (price_list_id),
    constraint contract_state_known check (state in ('active', 'ended'))
);
comment on table contracts.contract is
    'Prices that customers were promised; kept in a price list of their own. distribution key: none (replicated)';
create index contract_due on contracts.contract (due_at) where state = 'active';

create table contracts.worked (
    contract_id   uuid not null,
    variant_id    uuid not null,
    amount_minor  bigint,
    line          smallint not null,
    cuts          text[] not null,
    anchor_minor  bigint,
    anchored_at   timestamptz,
    seen_at       timestamptz not null,
    constraint worked_pkey primary key (contract_id, variant_id),
    constraint worked_amount_sane check (amount_minor between 0 and 1000000000000)
);
comment on table contracts.worked is
    'What a contract makes of a variant, by which clause, and what kept it from more. distribution key: contract_id';
