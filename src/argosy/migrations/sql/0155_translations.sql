create schema if not exists translations;

create table translations.text (
    kind         text not null,
    entity       text not null,
    field        text not null,
    locale       text not null,
    value        text not null,
    source_hash  bytea not null,
    state        text not null,
    version      bigint not null default 1,
    updated_at   timestamptz not null,
    constraint text_pkey primary key (kind, entity, field, locale),
    constraint text_kind_known check (
        kind in ('product', 'variant', 'category', 'collection', 'brand', 'attribute', 'option')),
    constraint text_entity_given check (length(entity) between 1 and 200),
    constraint text_field_given check (length(field) between 1 and 300),
    constraint text_value_given check (value <> ''),
    constraint text_locale_shape
        check (locale ~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$'),
    constraint text_hash_length check (octet_length(source_hash) = 32),
    constraint text_state_known check (state in ('draft', 'approved'))
);
comment on table translations.text is
    'What a text of the catalogue says in another language. distribution key: entity';
comment on column translations.text.entity is 'The id of the thing; of an attribute its code, of an option its name';
comment on column translations.text.source_hash is
    'SHA-256 of the text that was translated: where the text has another by now, this is stale';
create index text_locale_index on translations.text (locale, kind, entity);

create table translations.source (
    only_one  boolean not null default true,
    locale    text not null,
    constraint source_pkey primary key (only_one),
    constraint source_only_one check (only_one),
    constraint source_locale_shape
        check (locale ~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$')
);
comment on table translations.source is
    'The language that the catalogue itself is written in, if somebody told. distribution key: none (replicated)';
