create schema if not exists merchandising;

create table merchandising.rule (
    id           uuid not null,
    channel_id   uuid not null,
    name         text not null,
    act          text not null,
    scope        text not null,
    terms        jsonb not null,
    queries      text[] not null default '{}',
    category_id  uuid,
    locale       text,
    strength     int not null default 0,
    priority     int not null default 0,
    starts_at    timestamptz,
    ends_at      timestamptz,
    active       boolean not null default true,
    version      bigint not null default 1,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    constraint rule_pkey primary key (id),
    constraint rule_act_known check (act in ('pin', 'boost', 'bury')),
    constraint rule_scope_known check (scope in ('query', 'contains', 'category', 'everywhere')),
    constraint rule_of_category check ((category_id is not null) = (scope = 'category')),
    constraint rule_strength_of_act check (
        case act when 'pin' then strength = 0 else strength between 1 and 100 end),
    constraint rule_ends_after_start check (starts_at < ends_at)
);
comment on table merchandising.rule is
    'Which products a channel puts first or last, where and when. distribution key: none (replicated)';
comment on column merchandising.rule.terms is '{"brands": ["Acme"], "in_stock": true}: see Terms.';
comment on column merchandising.rule.queries is 'In their normal form.';
create index rule_of_channel on merchandising.rule (channel_id, id);
