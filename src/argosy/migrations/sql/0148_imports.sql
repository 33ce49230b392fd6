create schema if not exists imports;

create table imports.plan (
    id           uuid not null,
    format       text not null,
    file_name    text not null,
    storage_key  text,
    options      jsonb not null default '{}',
    actor        text not null default '',
    state        text not null default 'queued',
    rows_total   bigint,
    rows_read    bigint not null default 0,
    rows_kept    bigint not null default 0,
    creates      bigint not null default 0,
    updates      bigint not null default 0,
    unchanged    bigint not null default 0,
    rejects      bigint not null default 0,
    warnings     bigint not null default 0,
    applied      bigint not null default 0,
    same         bigint not null default 0,
    conflicts    bigint not null default 0,
    failed       bigint not null default 0,
    reverted     bigint not null default 0,
    kept         bigint not null default 0,
    overwrite    boolean not null default false,
    message      text not null default '',
    created_at   timestamptz not null,
    planned_at   timestamptz,
    applied_at   timestamptz,
    reverted_at  timestamptz,
    constraint plan_pkey primary key (id),
    constraint plan_state_known check (state in ('queued', 'planning', 'planned', 'applying',
        'applied', 'reverting', 'reverted', 'failed', 'discarded'))
);
comment on table imports.plan is
    'Imports that are looked at before they are done, and can be undone. distribution key: id';
comment on column imports.plan.rows_kept is 'How many rows of the plan are stored: the next seq.';
create index plan_recent_index on imports.plan (created_at desc, id desc);

create table imports.row (
    plan_id      uuid not null,
    seq          bigint not null,
    line         bigint not null,
    record_key   text not null default '',
    kind         text not null,
    decision     text not null,
    state        text not null,
    product_id   uuid,
    record       jsonb,
    row_hash     bytea,
    before       jsonb,
    before_hash  bytea,
    after_hash   bytea,
    stock        jsonb,
    changes      jsonb not null default '[]',
    issues       jsonb not null default '[]',
    constraint row_pkey primary key (plan_id, seq),
    constraint row_plan foreign key (plan_id) references imports.plan (id) on delete cascade,
    constraint row_kind_known check (kind in ('product', 'attribute', 'category', 'other')),
    constraint row_decision_known check (
        decision in ('create', 'update', 'unchanged', 'reject', 'note')),
    constraint row_state_known check (state in ('none', 'planned', 'applied', 'same', 'conflict',
        'failed', 'reverted', 'kept'))
);
comment on table imports.row is
    'What a plan decides for each record, with the product as it was. distribution key: plan_id';
comment on column imports.row.before is
    'The product as the export writes it, before it was changed; what a revert puts back.';
comment on column imports.row.after_hash is
    'Of the product as it was left; when it differs at a revert, somebody has changed it since.';
comment on column imports.row.stock is
    '[[variant id, location id, on hand before or null, after]]: what a revert moves back.';
create index row_by_state on imports.row (plan_id, state, seq);
create index row_by_decision on imports.row (plan_id, decision, seq);
create index row_by_product on imports.row (plan_id, product_id) where product_id is not null;

create table imports.definition (
    plan_id  uuid not null,
    kind     text not null,
    code     text not null,
    before   jsonb,
    after    jsonb not null,
    state    text not null default 'applied',
    constraint definition_pkey primary key (plan_id, kind, code),
    constraint definition_plan foreign key (plan_id) references imports.plan (id) on delete cascade,
    constraint definition_kind_known check (kind in ('attribute', 'category')),
    constraint definition_state_known check (state in ('applied', 'reverted', 'kept'))
);
comment on table imports.definition is
    'Attributes and categories that an import made or changed. distribution key: plan_id';
comment on column imports.definition.before is 'null: it was made by the import.';

create table imports.outlier (
    plan_id  uuid not null,
    seq      bigint not null,
    name     text not null,
    line     bigint not null,
    record_key text not null,
    path     text not null,
    before   jsonb,
    after    jsonb,
    constraint outlier_pkey primary key (plan_id, name, seq),
    constraint outlier_plan foreign key (plan_id) references imports.plan (id) on delete cascade
);
comment on table imports.outlier is
    'What of a plan looks like a mistake, the first of each kind. distribution key: plan_id';

create table imports.outlier_group (
    plan_id          uuid not null,
    name             text not null,
    count            bigint not null,
    total            bigint not null,
    acknowledged_by  text,
    acknowledged_at  timestamptz,
    constraint outlier_group_pkey primary key (plan_id, name),
    constraint outlier_group_plan foreign key (plan_id)
        references imports.plan (id) on delete cascade
);
comment on table imports.outlier_group is
    'Kinds of outliers of a plan; it is applied when all are acknowledged. distribution key: plan_id';
