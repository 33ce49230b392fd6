create schema if not exists collections;

-- From when until when a channel shows a collection: the seasons of a shop are prepared before.
alter table collections.collection add column windows jsonb not null default '[]';
comment on column collections.collection.windows is
    'From when (starts_at) until when (ends_at) a channel (channel_id) shows it; a channel without one always does';

create function collections.is_shown(windows jsonb, channel uuid, at timestamptz) returns boolean
language sql immutable parallel safe as $$
  select not exists (
    select from jsonb_to_recordset(windows) as w (channel_id uuid, starts_at timestamptz, ends_at timestamptz)
     where w.channel_id = channel and (w.starts_at > at or w.ends_at <= at))
$$;
