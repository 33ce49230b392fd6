create schema if not exists mappings;

create table mappings.mapping (
    code        text not null,
    name        text not null,
    version     bigint not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint mapping_pkey primary key (code),
    constraint mapping_code_shape check (code ~ '^[a-z][a-z0-9_-]{0,62}$'),
    constraint mapping_name_length check (length(name) between 1 and 200)
);
comment on table mappings.mapping is
    'How files of one kind are read as products. distribution key: none (replicated)';

create table mappings.version (
    code        text not null,
    version     bigint not null,
    document    jsonb not null,
    author      text not null,
    created_at  timestamptz not null,
    constraint version_pkey primary key (code, version),
    constraint version_mapping foreign key (code) references mappings.mapping (code) on delete cascade,
    constraint version_positive check (version > 0)
);
comment on table mappings.version is
    'Each version of a mapping, as it was written. distribution key: none (replicated)';
