-- Who keeps a file and who deletes it, uploads that are on their way, and files that move.
create schema if not exists media;

create table media.guard (
    key             text not null,
    held_until      timestamptz,
    removing_until  timestamptz,
    constraint guard_pkey primary key (key),
    constraint guard_one_of_both check ((held_until is null) <> (removing_until is null))
);
comment on table media.guard is
    'Files that somebody is about to name, or is about to delete: never both. distribution key: key';
create index guard_held_index on media.guard (held_until);

create table media.upload (
    id           uuid not null,
    storage_key  text not null,
    file_name    text not null,
    byte_size    bigint not null,
    sha256       bytea not null,
    alt          text not null default '',
    product_id   uuid,
    actor        text not null default '',
    state        text not null default 'open',
    fault        text,
    media_id     uuid,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    ended_at     timestamptz,
    constraint upload_pkey primary key (id),
    constraint upload_state_known check (state in ('open', 'done', 'refused')),
    constraint upload_size_positive check (byte_size > 0),
    constraint upload_sha256_length check (octet_length(sha256) = 32)
);
comment on table media.upload is
    'Files that are sent past us, until they are looked at. distribution key: id';
comment on column media.upload.storage_key is 'Where the storage has it until then; never shown.';
comment on column media.upload.media_id is 'The entry that it became.';
create index upload_expiry_index on media.upload (expires_at);

create table media.move (
    target       text not null,
    after_key    text not null default '',
    files        bigint not null default 0,
    bytes        bigint not null default 0,
    missing      bigint not null default 0,
    started_at   timestamptz not null,
    updated_at   timestamptz not null,
    finished_at  timestamptz,
    constraint move_pkey primary key (target),
    constraint move_target_known check (target in ('files', 's3'))
);
comment on table media.move is
    'How far the files have been brought to another storage. distribution key: none (replicated)';
comment on column media.move.after_key is 'All files up to this key are there, compared by hash.';

create table media.tally (
    one              boolean not null default true,
    counted_at       timestamptz not null,
    files            bigint not null,
    bytes            bigint not null,
    renditions       bigint not null,
    rendition_bytes  bigint not null,
    unused           bigint not null,
    unused_bytes     bigint not null,
    due              bigint not null,
    due_bytes        bigint not null,
    constraint tally_pkey primary key (one),
    constraint tally_single check (one)
);
comment on table media.tally is
    'What the last look through all files found. distribution key: none (replicated)';
