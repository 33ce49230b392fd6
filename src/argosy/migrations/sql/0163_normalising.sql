create schema if not exists normalising;

create table normalising.synonym (
    kind        text not null,
    word        text not null,
    value       text,
    person      text not null,
    learned_at  timestamptz not null,
    constraint synonym_pkey primary key (kind, word),
    constraint synonym_kind_known check (kind in ('brand', 'colour', 'size', 'unit'))
);
comment on table normalising.synonym is
    'What people said that words of files mean; null: the word stays as it is. distribution key: none (replicated)';

create table normalising.origin (
    product_id  uuid not null,
    path        text not null,
    kind        text not null,
    word        text not null,
    raw         text not null,
    value       text not null,
    rule        text not null,
    confidence  numeric not null,
    settled     boolean not null,
    source      text not null,
    person      text,
    noted_at    timestamptz not null,
    constraint origin_pkey primary key (product_id, path),
    constraint origin_kind_known check (kind in ('brand', 'colour', 'size', 'unit')),
    constraint origin_rule_known check (
        rule in ('exact', 'alias', 'learned', 'contains', 'similar', 'unit')),
    constraint origin_confidence_range check (confidence between 0 and 1)
);
comment on table normalising.origin is
    'What stood in the file where a product has a value, and how it became that. distribution key: product_id';
create index origin_unsettled_index on normalising.origin (kind, word, product_id, path) where not settled;
create index origin_source_index on normalising.origin (source);

create table normalising.question (
    id           uuid not null,
    kind         text not null,
    word         text not null,
    raw          text not null,
    proposed     text not null,
    rule         text not null,
    confidence   numeric not null,
    state        text not null,
    seen         bigint not null,
    person       text,
    asked_at     timestamptz not null,
    answered_at  timestamptz,
    constraint question_pkey primary key (id),
    constraint question_kind_known check (kind in ('brand', 'colour', 'size', 'unit')),
    constraint question_state_known check (state in ('open', 'accept', 'always', 'reject'))
);
comment on table normalising.question is
    'A word whose meaning is not sure, for a person to decide. distribution key: none (replicated)';
create unique index question_one_open on normalising.question (kind, word) where state = 'open';
create index question_state_index on normalising.question (state, id desc);

alter table imports.row add column normalised jsonb not null default '[]';
comment on column imports.row.normalised is
    'Values of the record that were normalised, or are to be asked about: raw, value, rule, confidence.';
