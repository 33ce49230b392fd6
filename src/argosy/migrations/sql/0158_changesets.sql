create schema if not exists changesets;

create table changesets.change_set (
    id              uuid not null,
    name            text not null,
    note            text not null default '',
    state           text not null default 'draft',
    version         bigint not null default 1,
    edits           bigint not null default 0,
    created_by      text not null,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    scheduled_for   timestamptz,
    local_time      text,
    time_zone       text,
    scheduled_by    text,
    published_at    timestamptz,
    published_by    text,
    rolled_back_at  timestamptz,
    rolled_back_by  text,
    problem         text not null default '',
    constraint change_set_pkey primary key (id),
    constraint change_set_state_known check (
        state in ('draft', 'scheduled', 'published', 'rolled_back', 'cancelled')),
    constraint change_set_scheduled_has_time check (
        state <> 'scheduled' or (scheduled_for is not null and scheduled_by is not null)),
    constraint change_set_published_has_time check (
        state not in ('published', 'rolled_back')
        or (published_at is not null and published_by is not null))
);
comment on table changesets.change_set is
    'Edits that take effect together, or not at all, and are taken back together. distribution key: id';
comment on column changesets.change_set.local_time is
    'What the clocks of time_zone show at scheduled_for; null where an instant was given.';
comment on column changesets.change_set.problem is
    'Why it could not be published when its time came; empty once it is staged or scheduled anew.';
create index change_set_recent on changesets.change_set (created_at desc, id desc);
create index change_set_by_state on changesets.change_set (state, created_at desc, id desc);

create table changesets.edit (
    set_id        uuid not null,
    entity_id     uuid not null,
    kind          text not null,
    label         text not null default '',
    change        jsonb not null,
    base          jsonb not null,
    staged        jsonb not null,
    base_version  bigint not null,
    staged_by     text not null,
    staged_at     timestamptz not null,
    before        jsonb,
    after         jsonb,
    constraint edit_pkey primary key (set_id, entity_id),
    constraint edit_set foreign key (set_id)
        references changesets.change_set (id) on delete cascade,
    constraint edit_kind_known check (kind in ('product', 'promotion'))
);
comment on table changesets.edit is
    'What a change set does to one product or promotion. distribution key: set_id';
comment on column changesets.edit.change is 'The input of the command, tri-state (DOMAIN.md E3).';
comment on column changesets.edit.base is
    'The thing as it was when the edit was staged: what others changed since differs from it.';
comment on column changesets.edit.staged is 'The thing as the edit made it then, in a rehearsal.';
comment on column changesets.edit.before is
    'As it was when the set was published: what a rollback puts back.';
create index edit_by_entity on changesets.edit (entity_id, set_id);

update staff.role set scopes = scopes || '{changes:write}'
 where name in ('manager', 'catalogue') and not scopes @> '{changes:write}';
update staff.role set scopes = scopes || '{changes:read}'
 where name in ('developer', 'read_only') and not scopes @> '{changes:read}';
