create schema if not exists shipping;

alter table shipping.method add column live jsonb;
comment on column shipping.method.live is
    '{"carriers": ["easypost"], "origin": {...}, ...}: the price is asked for. null: the tiers are the price.';

create table shipping.rate (
    key       text not null,
    rates     jsonb not null,
    asked_at  timestamptz not null,
    constraint rate_pkey primary key (key)
);
comment on table shipping.rate is
    'What carriers answered, by the hash of the question: a cache that all processes share. distribution key: key';
create index rate_asked on shipping.rate (asked_at);
