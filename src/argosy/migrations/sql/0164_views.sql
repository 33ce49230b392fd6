create schema if not exists views;

create table views.view (
    id        uuid not null,
    member_id uuid not null,
    place     text not null,
    name      text not null,
    filters   jsonb not null,
    made_at   timestamptz not null,
    constraint view_pkey primary key (id),
    constraint view_named_once unique (member_id, place, name),
    constraint view_name_given check (length(name) between 1 and 60)
);
comment on table views.view is
    'Lists with filters that people of the staff keep for themselves. distribution key: member_id';
