create schema if not exists pricing;

-- How tiers count (C3): of what the quantity is taken, and whether a tier prices all units or its own.
alter table pricing.price_list add column tier_kind text not null default 'volume';
alter table pricing.price_list add column tier_basis text not null default 'line';
alter table pricing.price_list add constraint price_list_tiers_known check (
    tier_kind in ('volume', 'graduated') and tier_basis in ('line', 'sku', 'product', 'mix')) not valid;
alter table pricing.price add column mix_group text;
comment on column pricing.price.mix_group is
    'With the basis "mix": prices of one list and group count the units of their variants together';
alter table pricing.price_change add column mix_group text;

-- To whom a list is offered, and how it ranks (C1). Ended, never deleted: what was offered to
-- everybody decides prior prices (C5).
create table pricing.assignment (
    id             uuid not null,
    price_list_id  uuid not null,
    level          text not null,
    channel_id     uuid,
    subject        text not null default '',
    currency       char(3) not null,
    reference      text not null default '',
    priority       smallint not null default 0,
    during         tstzrange not null default tstzrange(null, null),
    created_at     timestamptz not null,
    ended_at       timestamptz,
    constraint assignment_pkey primary key (id),
    constraint assignment_of_list foreign key (price_list_id) references pricing.price_list (id),
    constraint assignment_level_known check (
        level in ('contract', 'customer', 'group', 'segment', 'market', 'channel')),
    constraint assignment_subject_fits check ((subject = '') = (level = 'channel')),
    constraint assignment_channel_named check (level <> 'channel' or channel_id is not null),
    constraint assignment_priority_sane check (priority between -1000 and 1000),
    constraint assignment_during_half_open check (
        not isempty(during) and not upper_inc(during) and (lower_inf(during) or lower_inc(during))),
    -- C2: of equal rank at most one list is offered at any instant.
    constraint assignment_overlap exclude using gist (
        level with =, (coalesce(channel_id, '00000000-0000-0000-0000-000000000000'::uuid)) with =,
        subject with =, currency with =, priority with =, during with &&)
        where (ended_at is null)
);
comment on table pricing.assignment is
    'A price list that is offered to somebody in a channel (null: in all of its currency). distribution key: none (replicated)';
comment on column pricing.assignment.subject is
    'contract, customer: the customer''s id; group, segment: its code; market: the country';
create index assignment_by_subject on pricing.assignment (subject, level);
create index assignment_by_list on pricing.assignment (price_list_id);

create table pricing.channel_policy (
    channel_id    uuid not null,
    choice        text not null,
    levels        text[] not null,
    gross_policy  text not null,
    was_price     text not null,
    version       bigint not null default 1,
    updated_at    timestamptz not null,
    constraint channel_policy_pkey primary key (channel_id),
    constraint channel_policy_known check (
        choice in ('precedence', 'lowest') and gross_policy in ('gross_fixed', 'net_fixed')
        and was_price in ('free', 'omnibus'))
);
comment on table pricing.channel_policy is
    'How a channel chooses among price lists and shows former prices. distribution key: none (replicated)';

create table pricing.cost (
    variant_id    uuid not null,
    currency      char(3) not null,
    amount_minor  bigint not null,
    updated_at    timestamptz not null,
    constraint cost_pkey primary key (variant_id, currency),
    constraint cost_amount_sane check (amount_minor between 0 and 1000000000000),
    constraint cost_currency_shape check (currency ~ '^[A-Z]{3}$')
);
comment on table pricing.cost is
    'What a unit costs the shop itself. Never shown to shoppers. distribution key: variant_id';

create table pricing.measure (
    variant_id     uuid not null,
    content        numeric(18, 6) not null,
    unit           text not null,
    drained        numeric(18, 6),
    base_quantity  numeric(18, 6) not null,
    base_unit      text not null,
    updated_at     timestamptz not null,
    constraint measure_pkey primary key (variant_id),
    constraint measure_positive check (content > 0 and base_quantity > 0 and drained > 0)
);
comment on table pricing.measure is
    'What a unit holds, for the price per kilogram, litre or metre (C7). distribution key: variant_id';

update staff.role set scopes = scopes || '{costs:write}' where name = 'manager';
update staff.role set scopes = scopes || '{costs:read}' where name = 'finance';
