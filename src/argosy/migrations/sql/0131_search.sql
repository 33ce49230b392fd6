create schema if not exists search;

create table search.change (
    id          bigint generated always as identity,
    xid         xid8 not null default pg_current_xact_id(),
    product_id  uuid not null,
    at          timestamptz not null,
    constraint change_pkey primary key (id)
);
comment on table search.change is
    'Products whose appearance changed: what every search index has to follow. distribution key: product_id';
create index change_in_order on search.change (xid, id);
create index change_by_age on search.change (at);

create table search.retention (
    only_one         boolean not null default true,
    forgotten_until  timestamptz not null,
    last_xid         bigint not null,
    constraint retention_pkey primary key (only_one),
    constraint retention_only_one check (only_one)
);
comment on table search.retention is
    'Up to where the log of changes was forgotten: an index behind that is made anew. distribution key: none (replicated)';

create table search.synonyms (
    language  text not null,
    position  int not null,
    terms     text[] not null,
    constraint synonyms_pkey primary key (language, position),
    constraint synonyms_two_or_more check (cardinality(terms) >= 2)
);
comment on table search.synonyms is
    'Groups of words and phrases that mean the same. distribution key: none (replicated)';
