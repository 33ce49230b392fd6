create schema if not exists audiences;

create table audiences.audience (
    id          uuid not null,
    channel_id  uuid not null,
    code        text not null,
    name        text not null,
    groups      text[] not null,
    priority    smallint not null,
    active      boolean not null,
    window_state text not null default 'new',
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint audience_pkey primary key (id),
    constraint audience_code_unique unique (channel_id, code),
    constraint audience_window_state_known check (window_state in ('new', 'building', 'ready'))
);
comment on table audiences.audience is
    'Customers who see what others do not: of any of the groups (none: all who are signed in). Ended, never deleted: its id is that of its shop window. distribution key: none (replicated)';

comment on column audiences.audience.window_state is
    'new; building: its products wait to be projected; ready: they were';

create table audiences.restriction (
    channel_id    uuid not null,
    subject_id    uuid not null,
    subject_kind  text not null,
    hides         text not null,
    audiences     text[] not null,
    updated_at    timestamptz not null,
    constraint restriction_pkey primary key (channel_id, subject_id),
    constraint restriction_known check (
        subject_kind in ('channel', 'product', 'variant') and hides in ('goods', 'price')),
    constraint restriction_for_somebody check (cardinality(audiences) > 0)
);
comment on table audiences.restriction is
    'A product, variant or whole channel that is hidden, or whose price is, from all but the audiences (their codes). distribution key: none (replicated)';
create index restriction_by_subject on audiences.restriction (subject_id);
