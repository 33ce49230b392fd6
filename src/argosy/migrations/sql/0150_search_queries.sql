create schema if not exists search;

create table search.query_day (
    day         date not null,
    channel_id  uuid not null,
    words       text not null,
    searches    bigint not null,
    nothing     bigint not null,
    results     bigint not null,
    clicks      bigint not null,
    click_ranks bigint not null,
    constraint query_day_pkey primary key (channel_id, day, words)
) with (fillfactor = 80);
comment on table search.query_day is
    'What was searched for, counted by day (UTC); words '''' are those that are not kept. distribution key: channel_id';
comment on column search.query_day.results is 'Products found, of all searches together.';
comment on column search.query_day.click_ranks is 'Ranks of the clicked products, of all clicks together.';
create index query_day_by_age on search.query_day (day);
