create schema if not exists producttypes;
create schema if not exists catalog;

create table producttypes.type (
    code        text not null,
    label       text not null,
    published   int,
    version     bigint not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint type_pkey primary key (code),
    constraint type_code_shape check (code ~ '^[a-z][a-z0-9_-]{0,62}$'),
    constraint type_label_given check (btrim(label) <> '')
);
comment on table producttypes.type is
    'Types of products; published is the version in force. distribution key: none (replicated)';

create table producttypes.type_version (
    type_code     text not null,
    number        int not null,
    schema        jsonb not null,
    saved_at      timestamptz not null,
    published_at  timestamptz,
    published_by  text not null default '',
    constraint type_version_pkey primary key (type_code, number),
    constraint type_version_type foreign key (type_code) references producttypes.type (code),
    constraint type_version_schema_map check (jsonb_typeof(schema) = 'object')
);
comment on table producttypes.type_version is
    'Versions of schemas; the last one may be a draft. distribution key: none (replicated)';
create unique index type_version_one_draft on producttypes.type_version (type_code)
    where published_at is null;

-- What was published is what products were judged by: not even a mistake in the code may change it.
create function producttypes.keep_published() returns trigger language plpgsql as $$
begin
    raise exception 'version % of the product type % is published', old.number, old.type_code
        using errcode = 'restrict_violation', constraint = 'type_version_immutable';
end $$;
create trigger keep_published before update or delete on producttypes.type_version
    for each row when (old.published_at is not null)
    execute function producttypes.keep_published();

-- Whether a value is within what a schema allows; a value in the form of another kind is not.
create function producttypes.fits(
    value jsonb, kind text, low numeric, high numeric, first date, last date, choices jsonb)
    returns boolean language sql immutable parallel safe
return case
    when kind in ('number', 'integer') then
        (low is null or low <= coalesce(
            value -> 'canonical' ->> 'number', value ->> 'number', value #>> '{}')::numeric)
        and (high is null or high >= coalesce(
            value -> 'canonical' ->> 'number', value ->> 'number', value #>> '{}')::numeric)
    when kind = 'date' then
        (first is null or first::text <= value #>> '{}')
        and (last is null or last::text >= value #>> '{}')
    when choices <> '[]' then value <@ choices
    else true end;

create table producttypes.score (
    product_id  uuid not null,
    channel_id  uuid not null,
    type_code   text,
    score       smallint not null,
    lacks       jsonb not null default '[]',
    scored_at   timestamptz not null,
    constraint score_pkey primary key (product_id, channel_id),
    constraint score_share check (score between 0 and 100)
);
comment on table producttypes.score is
    'How complete a product is for a channel that it is published in. distribution key: product_id';
create index score_lowest_index on producttypes.score (channel_id, score, product_id);

alter table catalog.product add column type_code text;
alter table catalog.product add constraint product_type_code_shape
    check (type_code ~ '^[a-z][a-z0-9_-]{0,62}$') not valid;
comment on column catalog.product.type_code is
    'The type whose schema the product follows; product_type is only a label.';
-- squawk-ignore require-concurrent-index-creation
create index product_type_code_index on catalog.product (type_code, id)
    where type_code is not null;
-- squawk-ignore require-concurrent-index-creation
create index product_label_index on catalog.product (product_type, id);
