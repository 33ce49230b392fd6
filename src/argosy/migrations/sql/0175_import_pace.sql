create schema if not exists imports;

-- An import that is applied waits for the shop windows while they are behind, and says so.
alter table imports.plan add column windows text not null default 'current';
alter table imports.plan add column awaited_ms bigint not null default 0;
alter table imports.plan add constraint plan_windows_known
    check (windows in ('current', 'awaited', 'behind')) not valid;
comment on column imports.plan.windows is
    'awaited: the import waits for them; behind: it has waited long enough, and goes on without.';
comment on column imports.plan.awaited_ms is 'How long it has waited for the shop windows in all.';
