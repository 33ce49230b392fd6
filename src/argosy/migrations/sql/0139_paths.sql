create schema if not exists paths;

-- The name that a product, category ... has in a channel or a language of its own, and the names
-- that it had there. Its name everywhere else is its own slug or path.
create table paths.name (
  kind text not null,
  name text not null,
  channel_id uuid not null,
  locale text not null,
  entity_id uuid not null,
  present boolean not null,
  since timestamptz not null,
  constraint name_pkey primary key (kind, name, channel_id, locale),
  constraint name_kind_known check (kind in ('product', 'category', 'collection', 'brand')),
  constraint name_of_everywhere_is_former check
    (not present or locale <> '' or channel_id <> '00000000-0000-0000-0000-000000000000')
);
comment on table paths.name is
  'Names of things in a channel (zeros: all) and language (empty: all), present and former. distribution key: none (replicated)';
create unique index name_present_of_entity on paths.name (entity_id, channel_id, locale) where present;
create index name_of_entity on paths.name (entity_id);

-- What became of something that was deleted. Without a row it is gone with nothing in its place.
create table paths.ending (
  entity_id uuid not null,
  kind text not null,
  answer text not null,
  target_kind text,
  target_id uuid,
  decided_at timestamptz not null,
  constraint ending_pkey primary key (entity_id),
  constraint ending_answer_known check (answer in ('moved', 'gone')),
  constraint ending_moved_has_target check (answer = 'gone' or target_id is not null),
  constraint ending_target_whole check ((target_kind is null) = (target_id is null)),
  constraint ending_target_is_another check (target_id is distinct from entity_id)
);
comment on table paths.ending is
  'What answers for the paths of a deleted thing: another one, or that it is gone. distribution key: none (replicated)';

-- Redirects that people made: from a path of ours to a thing, a path or another site.
create table paths.redirect (
  id uuid not null,
  path text not null,
  channel_id uuid not null,
  locale text not null,
  answer text not null,
  target_kind text,
  target_id uuid,
  target text,
  made_at timestamptz not null,
  constraint redirect_pkey primary key (id),
  constraint redirect_path_unique unique (path, channel_id, locale),
  constraint redirect_path_shape check (path ~ '^/' and length(path) <= 2000),
  constraint redirect_answer_known check (answer in ('moved', 'gone')),
  constraint redirect_target_whole check ((target_kind is null) = (target_id is null)),
  constraint redirect_one_target check
    (case answer when 'moved' then (target_id is null) <> (target is null)
     else target_id is null or target is null end)
);
comment on table paths.redirect is
  'Redirects that staff made, by path, channel (zeros: all) and language (empty: all). distribution key: none (replicated)';
