create schema if not exists feeds;

create table feeds.feed (
    id            uuid not null,
    code          text not null,
    name          text not null,
    url           text not null,
    format        text not null,
    mapping       text,
    options       jsonb not null,
    schedule      text not null,
    zone          text not null,
    state         text not null default 'active',
    auth          text not null,
    auth_user     text not null,
    secret        bytea,
    etag          text,
    modified      text,
    sha256        text,
    next_at       timestamptz not null,
    last_good_at  timestamptz,
    late_after    timestamptz not null,
    failures      bigint not null default 0,
    version       bigint not null default 1,
    author        text not null,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    constraint feed_pkey primary key (id),
    constraint feed_code_unique unique (code),
    constraint feed_code_shape check (code ~ '^[a-z][a-z0-9_-]{0,62}$'),
    constraint feed_name_length check (length(name) between 1 and 200),
    constraint feed_format_known check (
        format in ('jsonl', 'shopify', 'magento', 'saleor', 'spree', 'icecat', 'mapped')),
    constraint feed_mapped_by_something check (format <> 'mapped' or mapping is not null),
    constraint feed_state_known check (state in ('active', 'paused')),
    constraint feed_auth_known check (auth in ('none', 'basic', 'bearer')),
    constraint feed_auth_secret check (auth = 'none' or secret is not null)
);
comment on table feeds.feed is
    'A file at an address that is pulled by a schedule. distribution key: none (replicated)';
comment on column feeds.feed.secret is 'Encrypted with the secret key of the installation';
create index feed_due_index on feeds.feed (next_at) where state = 'active';

create table feeds.run (
    id          uuid not null,
    feed_id     uuid not null,
    state       text not null,
    asked_by    text not null,
    fresh       boolean not null,
    plan_id     uuid,
    byte_size   bigint,
    etag        text,
    modified    text,
    sha256      text,
    code        text not null default '',
    message     text not null default '',
    started_at  timestamptz not null,
    ended_at    timestamptz,
    constraint run_pkey primary key (id),
    constraint run_feed foreign key (feed_id) references feeds.feed (id) on delete cascade,
    constraint run_state_known check (
        state in ('queued', 'running', 'unchanged', 'waiting', 'applied', 'failed'))
);
comment on table feeds.run is 'One pull of a feed. distribution key: feed_id';
create unique index run_one_open on feeds.run (feed_id) where state in ('queued', 'running');
create index run_of_feed_index on feeds.run (feed_id, id desc);
create index run_started_index on feeds.run (started_at);
