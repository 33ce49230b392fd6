-- Videos and models beside pictures, alternative texts by language, and pictures that look alike.
alter table catalog.media add column alts jsonb not null default '{}';
comment on column catalog.media.alts is 'Alternative texts by locale: {"de": "...", "fr-CA": "..."}';

-- It is set anew at once, with more kinds: every kind that was allowed still is.
-- squawk-ignore ban-drop-constraint
alter table catalog.media drop constraint media_kind_known;
alter table catalog.media add constraint media_kind_known
    check (kind in ('image', 'video', 'external_video', 'model', 'file')) not valid;

create table media.likeness (
    key   text not null,
    bits  bigint not null,
    constraint likeness_pkey primary key (key),
    constraint likeness_asset foreign key (key) references media.asset (key) on delete cascade
);
comment on table media.likeness is
    '64 bits of each drawn picture that differ little between pictures that look alike. distribution key: key';

create table media.alike (
    key       text not null,
    other     text not null,
    distance  int not null,
    constraint alike_pkey primary key (key, other),
    constraint alike_ordered check (key < other),
    constraint alike_key foreign key (key) references media.asset (key) on delete cascade,
    constraint alike_other foreign key (other) references media.asset (key) on delete cascade
);
comment on table media.alike is
    'Pairs of pictures that differ in few bits: perhaps the same photograph twice. distribution key: key';
create index alike_other_index on media.alike (other);
