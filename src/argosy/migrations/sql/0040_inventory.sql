create schema if not exists inventory;

create table inventory.location (
  id uuid primary key,
  code text not null,
  name text not null,
  country text not null,
  address jsonb not null default '{}'::jsonb,
  active boolean not null default true,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint location_code_unique unique (code),
  constraint location_country_code check (country ~ '^[A-Z]{2}$')
);
comment on table inventory.location is
  'A place that holds stock: warehouse, shop, drop shipper. distribution key: none (replicated)';

-- sellable = on_hand - reserved - allocated - quarantine - safety_stock (DOMAIN.md F1, rule 18).
--
-- oversold is how far the promises exceed even what backorder allows. It must be exactly that
-- number, and only physical facts (a till sale, a count, a shipment, a change of policy) write it.
-- A reservation or an allocation leaves it alone, so it fails level_promises_covered when it would
-- promise a unit too many, whatever the code above thought; a fact is never refused or clamped (F8).
create table inventory.level (
  variant_id uuid not null,
  location_id uuid not null references inventory.location (id),
  on_hand bigint not null default 0,
  reserved bigint not null default 0,
  allocated bigint not null default 0,
  quarantine bigint not null default 0,
  incoming bigint not null default 0,
  safety_stock bigint not null default 0,
  backorder_limit bigint not null default 0,
  low_threshold bigint not null default 5,
  oversold bigint not null default 0,
  counted_as_of timestamptz,
  constraint level_pkey primary key (variant_id, location_id),
  constraint level_promises_covered check (
    oversold = greatest(
      0, reserved + allocated + quarantine + safety_stock - on_hand - backorder_limit)),
  constraint level_reserved_not_negative check (reserved >= 0),
  constraint level_allocated_not_negative check (allocated >= 0),
  constraint level_quarantine_not_negative check (quarantine >= 0),
  constraint level_incoming_not_negative check (incoming >= 0),
  constraint level_backorder_limit_not_negative check (backorder_limit >= 0),
  constraint level_low_threshold_not_negative check (low_threshold >= 0)
) with (
  -- Half of each page stays free: every buyer rewrites a row, and no indexed column ever changes,
  -- so all of these are HOT updates that are pruned in place.
  fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0
);
create index level_by_location on inventory.level (location_id, variant_id);
comment on table inventory.level is
  'Stock of a variant at a location: the fold of inventory.journal. distribution key: variant_id';
comment on column inventory.level.safety_stock is
  'Units kept back; negative is an explicit tolerance to oversell (DOMAIN.md F16)';
comment on column inventory.level.oversold is
  'Units promised beyond stock and backorder limit, after a physical fact (DOMAIN.md F8)';
comment on column inventory.level.counted_as_of is
  'As-of time of the newest absolute count: older snapshots are ignored (DOMAIN.md F7)';

create table inventory.journal (
  id bigint generated always as identity,
  variant_id uuid not null,
  location_id uuid not null,
  on_hand bigint not null default 0,
  reserved bigint not null default 0,
  allocated bigint not null default 0,
  quarantine bigint not null default 0,
  incoming bigint not null default 0,
  reason text not null,
  source_kind text not null,
  source_id uuid not null,
  actor text not null,
  correlation text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  -- The number is drawn under the level's row lock, so one key's entries are in their true order.
  constraint journal_pkey primary key (variant_id, location_id, id),
  constraint journal_source_kind check (source_kind in ('order', 'document')),
  constraint journal_moves_something check (
    (on_hand, reserved, allocated, quarantine, incoming) <> (0, 0, 0, 0, 0))
);
-- Only physical moves are indexed by time: the purchase path never writes here.
create index journal_physical on inventory.journal (variant_id, location_id, occurred_at)
  include (on_hand) where on_hand <> 0;
comment on table inventory.journal is
  'Append-only truth of stock: each row is one change of buckets and why. distribution key: variant_id';
comment on column inventory.journal.occurred_at is
  'When it was so in the world; recorded_at is when we learned of it';

create function inventory.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger journal_append_only before update or delete or truncate on inventory.journal
  for each statement execute function inventory.refuse_change();

-- One row an order: its lines as parallel arrays, so that holding an order is one insert.
create table inventory.reservation (
  order_id uuid not null,
  state text not null,
  bucket text not null,
  hot boolean not null,
  expires_at timestamptz,
  variant_ids uuid[] not null,
  location_ids uuid[] not null,
  quantities bigint[] not null,
  backordered bigint[] not null,
  fulfilled bigint[] not null,
  candidates uuid[] not null,
  sourcing text not null,
  reason text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint reservation_pkey primary key (order_id),
  constraint reservation_state check (state in ('held', 'allocated', 'released', 'fulfilled')),
  constraint reservation_bucket check (
    (state = 'held' and bucket = 'reserved')
    or (state = 'allocated' and bucket in ('reserved', 'allocated'))
    or (state in ('released', 'fulfilled') and bucket = 'none')),
  constraint reservation_held_expires check ((state = 'held') = (expires_at is not null)),
  constraint reservation_sourcing check (
    sourcing in ('nothing', 'one_parcel', 'fewest_parcels', 'by_priority')),
  constraint reservation_lines_aligned check (
    cardinality(variant_ids) = cardinality(location_ids)
    and cardinality(variant_ids) = cardinality(quantities)
    and cardinality(variant_ids) = cardinality(backordered)
    and cardinality(variant_ids) = cardinality(fulfilled))
) with (fillfactor = 70);
create index reservation_due on inventory.reservation (expires_at) where state = 'held';
create index reservation_unsettled on inventory.reservation (updated_at)
  where state = 'allocated' and bucket = 'reserved';
comment on table inventory.reservation is
  'What an order holds, from where, and until when. distribution key: order_id';
comment on column inventory.reservation.bucket is
  'The level bucket in which the open units sit now; a hot hold is moved to allocated in batches';
comment on column inventory.reservation.candidates is
  'The channel''s locations by priority when it was taken: a retake sources from the same';

create table inventory.document (
  id uuid not null,
  key text not null,
  kind text not null,
  body_hash text not null,
  reason text not null,
  actor text not null,
  correlation text,
  feed text,
  sequence bigint,
  outcome jsonb not null default '[]'::jsonb,
  created_at timestamptz not null,
  constraint document_pkey primary key (id),
  constraint document_key_unique unique (key),
  constraint document_kind check (kind in (
    'adjustment', 'count', 'feed', 'import', 'receipt', 'return', 'disposition', 'shipment',
    'transfer_out', 'transfer_in'))
);
create index document_by_time on inventory.document (created_at desc, id desc);
comment on table inventory.document is
  'Why stock changed other than by an order: adjustment, count, feed message, transfer leg, ... with the outcome of each item. distribution key: id';

create table inventory.feed (
  name text primary key,
  sequence bigint,
  as_of timestamptz not null,
  last_message text not null,
  messages bigint not null,
  received_at timestamptz not null
);
comment on table inventory.feed is
  'How far each feed has come: its lag is now - as_of. distribution key: none (replicated)';

create table inventory.watermark (
  feed text not null,
  variant_id uuid not null,
  location_id uuid not null,
  sequence bigint,
  as_of timestamptz not null,
  constraint watermark_pkey primary key (feed, variant_id, location_id)
);
comment on table inventory.watermark is
  'Newest count of a feed for one key: a late message never overwrites it. distribution key: variant_id';
