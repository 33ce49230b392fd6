create schema if not exists tax;

alter table tax.policy add column origin jsonb;
comment on column tax.policy.origin is 'Where goods are sent from, for tax engines.';
alter table tax.policy add column engine_codes jsonb not null default '{}';
comment on column tax.policy.engine_codes is
    'The engine''s code for each of our tax classes, and for shipping.';

create table tax.filing (
    order_id           uuid not null,
    channel_id         uuid not null,
    engine             text not null,
    state              text not null default 'open',
    degraded           boolean not null default false,
    document           jsonb not null,
    charged_tax_minor  bigint not null,
    due_tax_minor      bigint,
    currency           text not null,
    reason             text not null default '',
    tries              bigint not null default 0,
    next_at            timestamptz,
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    constraint filing_pkey primary key (order_id),
    constraint filing_state_known check (state in (
        'open', 'committed', 'to_adjust', 'to_void', 'voided', 'closed', 'failed'))
);
comment on table tax.filing is
    'What a tax engine is told of orders whose taxes it has computed, or should have. distribution key: order_id (with the order family)';
comment on column tax.filing.next_at is 'When the sweep looks at it again; null: nothing is to be done.';
create index filing_due on tax.filing (next_at) where next_at is not null;
create index filing_open on tax.filing (order_id) where state in ('open', 'failed');
