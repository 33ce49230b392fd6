create schema if not exists fields;

create table fields.definition (
    id              uuid not null,
    subject         text not null,
    code            text not null,
    label           text not null,
    kind            text not null,
    required        boolean not null default false,
    default_value   jsonb,
    visible         text not null default 'staff',
    shopper_writes  boolean not null default false,
    on_order        boolean not null default false,
    minimum         text,
    maximum         text,
    max_length      int,
    pattern         text,
    choices         jsonb not null default '[]',
    version         bigint not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    deleted_at      timestamptz,
    constraint definition_pkey primary key (id),
    constraint definition_subject_known
        check (subject in ('product', 'variant', 'customer', 'cart', 'order')),
    constraint definition_kind_known check (
        kind in ('text', 'integer', 'number', 'boolean', 'date', 'choice', 'choices')),
    constraint definition_visible_known check (visible in ('staff', 'storefront')),
    constraint definition_code_shape check (code ~ '^[a-z][a-z0-9_]{0,62}$')
);
comment on table fields.definition is
    'Custom fields; a deleted one stays until its values are gone. distribution key: none (replicated)';
create unique index definition_code_unique on fields.definition (subject, code)
    where deleted_at is null;

-- A row for each key of a value; the value itself stands in the first. Keys are what lists are
-- narrowed by: one index for equality, one for ranges, whatever the number of fields.
create table fields.value (
    subject        text not null,
    entity_id      uuid not null,
    definition_id  uuid not null,
    n              smallint not null,
    value          jsonb,
    text_key       text not null,
    number_key     numeric,
    constraint value_pkey primary key (subject, entity_id, definition_id, n),
    constraint value_of_a_field foreign key (definition_id) references fields.definition (id)
);
comment on table fields.value is
    'Values of custom fields of products, variants, customers, carts and orders. distribution key: entity_id';
create index value_text_index on fields.value (definition_id, subject, text_key, entity_id);
create index value_number_index on fields.value (definition_id, subject, number_key, entity_id)
    where number_key is not null;
