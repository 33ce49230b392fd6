create schema if not exists invoices;

create table invoices.entity (
    id              uuid not null,
    code            text not null,
    name            text not null,
    address         jsonb not null,
    tax_id          text not null default '',
    email           text not null default '',
    registration    text not null default '',
    invoice_prefix  text not null,
    credit_prefix   text not null,
    yearly          boolean not null,
    time_zone       text not null,
    automatic       boolean not null,
    version         bigint not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    constraint entity_pkey primary key (id),
    constraint entity_code_unique unique (code)
);
comment on table invoices.entity is
    'Who sells: the legal entities on invoices. distribution key: none (replicated)';

create table invoices.entity_channel (
    channel_id  uuid not null,
    entity_id   uuid not null,
    constraint entity_channel_pkey primary key (channel_id),
    constraint entity_channel_entity foreign key (entity_id) references invoices.entity (id)
);
comment on table invoices.entity_channel is
    'Through which channels an entity sells. distribution key: none (replicated)';
create index entity_channel_of_entity on invoices.entity_channel (entity_id);

create table invoices.series (
    entity_id  uuid not null,
    kind       text not null,
    period     text not null,
    last       bigint not null,
    constraint series_pkey primary key (entity_id, kind, period),
    constraint series_entity foreign key (entity_id) references invoices.entity (id),
    constraint series_kind_known check (kind in ('invoice', 'credit_note'))
);
comment on table invoices.series is
    'The last number of each series; locked while one is given. distribution key: entity_id';

create table invoices.document (
    id           uuid not null,
    entity_id    uuid not null,
    kind         text not null,
    period       text not null,
    sequence     bigint not null,
    number       text not null,
    order_id     uuid not null,
    corrects_id  uuid,
    source       text not null,
    currency     text not null,
    net_minor    bigint not null,
    tax_minor    bigint not null,
    total_minor  bigint not null,
    issued_at    timestamptz not null,
    issued_on    date not null,
    content      jsonb not null,
    constraint document_pkey primary key (id),
    constraint document_source_unique unique (source),
    constraint document_in_series unique (entity_id, kind, period, sequence),
    constraint document_number_unique unique (entity_id, number),
    constraint document_entity foreign key (entity_id) references invoices.entity (id),
    constraint document_corrects foreign key (corrects_id) references invoices.document (id),
    constraint document_kind_known check (kind in ('invoice', 'credit_note')),
    constraint document_credit_names_invoice check ((kind = 'credit_note') = (corrects_id is not null)),
    constraint document_total_adds_up check (total_minor = net_minor + tax_minor)
);
comment on table invoices.document is
    'Invoices and credit notes as issued; the law wants them kept unchanged. distribution key: order_id (with the order family)';
create index document_of_order on invoices.document (order_id, issued_at);
create index document_newest on invoices.document (issued_at desc, id desc);
create index document_corrections on invoices.document (corrects_id) where corrects_id is not null;

create function invoices.refuse_rewriting() returns trigger language plpgsql as $$
begin
    raise exception 'issued documents are never changed' using errcode = 'restrict_violation';
end $$;
create trigger document_is_final before update or delete or truncate on invoices.document
    for each statement execute function invoices.refuse_rewriting();
