-- What is known of each stored file, and the renditions made of it.
create schema if not exists media;

create table media.asset (
    key           text not null,
    content_type  text not null,
    byte_size     bigint not null,
    width         int,
    height        int,
    state         text not null,
    tries         int not null default 0,
    due_at        timestamptz not null,
    fault         text,
    focal_x       numeric(4, 3),
    focal_y       numeric(4, 3),
    colour        text,
    blurhash      text,
    likeness      bigint,
    renditions    jsonb not null default '[]',
    unused_since  timestamptz,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    constraint asset_pkey primary key (key),
    constraint asset_state_known check (state in ('waiting', 'made', 'plain', 'failed')),
    constraint asset_focal_whole check ((focal_x is null) = (focal_y is null)),
    constraint asset_focal_inside check (focal_x between 0 and 1 and focal_y between 0 and 1)
);
comment on table media.asset is
    'Stored files by their key, with placeholder and renditions. distribution key: key';
comment on column media.asset.state is
    'waiting: renditions are to be made; made; plain: of a kind that has none; failed: see fault';
comment on column media.asset.likeness is
    '64 bits that differ little between pictures that look alike';
comment on column media.asset.renditions is
    '[{"key", "width", "height", "format", "crop", "byte_size"}], the smallest first';
comment on column media.asset.unused_since is
    'Nothing names the file since then; it is deleted after a time of grace';
create index asset_due_index on media.asset (due_at) where state = 'waiting';
create index asset_failed_index on media.asset (updated_at) where state = 'failed';
create index asset_unused_index on media.asset (unused_since) where unused_since is not null;
create index asset_rendition_index on media.asset using gin (renditions jsonb_path_ops);

create table media.discarded (
    key         text not null,
    since       timestamptz not null,
    constraint discarded_pkey primary key (key)
);
comment on table media.discarded is
    'Renditions that were replaced; deleted when no page of before is kept any more. distribution key: key';
create index discarded_since_index on media.discarded (since);

-- Photographs that are there already wait for their renditions, too.
insert into media.asset (
       key, content_type, byte_size, width, height, state, due_at, created_at, updated_at)
select distinct on (m.storage_key)
       m.storage_key, m.content_type, m.byte_size, m.width, m.height,
       case when m.content_type in ('image/jpeg', 'image/png', 'image/webp', 'image/gif')
            then 'waiting' else 'plain' end,
       m.created_at, m.created_at, m.created_at
  from catalog.media m
 order by m.storage_key, m.created_at;
