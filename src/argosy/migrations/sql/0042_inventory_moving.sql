create schema if not exists inventory;

create function inventory.move_held(
  p_order uuid[], p_variant uuid[], p_location uuid[], p_on_hand bigint[], p_reserved bigint[],
  p_allocated bigint[], p_reason text, p_source_kind text, p_now timestamptz, p_actor text,
  p_correlation text
) returns table (
  variant_id uuid, location_id uuid, sellable bigint, status_from text, status_to text,
  oversold_from bigint, oversold_to bigint
) language plpgsql set plan_cache_mode = 'force_generic_plan' as $$
#variable_conflict use_column
-- Move buckets for what orders hold, one journal row per element; the levels are locked in the
-- order of their keys and oversold is made true again. Returns the keys whose status changed.
begin
  if p_variant = '{}' then
    return;
  end if;
  perform 1 from (
    select 1 from inventory.level l
     where (l.variant_id, l.location_id) in (
       select u.v, u.l from unnest(p_variant, p_location) u (v, l))
     order by l.variant_id, l.location_id
       for no key update of l) locked;
  insert into inventory.journal (
    variant_id, location_id, on_hand, reserved, allocated, reason, source_kind, source_id, actor,
    correlation, occurred_at, recorded_at)
  select u.v, u.l, u.h, u.r, u.a, p_reason, p_source_kind, u.o, p_actor, p_correlation, p_now, p_now
    from unnest(p_order, p_variant, p_location, p_on_hand, p_reserved, p_allocated)
         u (o, v, l, h, r, a);
  return query
  with d as (
    select u.v, u.l, sum(u.h)::bigint as h, sum(u.r)::bigint as r, sum(u.a)::bigint as a
      from unnest(p_variant, p_location, p_on_hand, p_reserved, p_allocated) u (v, l, h, r, a)
     group by u.v, u.l
  ), before as materialized (
    select l.variant_id, l.location_id, l.oversold
      from inventory.level l join d on d.v = l.variant_id and d.l = l.location_id
  ), moved as (
    update inventory.level l
       set on_hand = l.on_hand + d.h, reserved = l.reserved + d.r, allocated = l.allocated + d.a,
           oversold = greatest(0, l.reserved + d.r + l.allocated + d.a + l.quarantine
                                  + l.safety_stock - l.on_hand - d.h - l.backorder_limit)
      from d where l.variant_id = d.v and l.location_id = d.l
    returning l.*, d.h - d.r - d.a as gained
  ), shown as (
    select m.variant_id, m.location_id, m.oversold, b.oversold as was_oversold, m.gained,
           m.on_hand - m.reserved - m.allocated - m.quarantine - m.safety_stock as sellable,
           m.backorder_limit, m.low_threshold
      from moved m join before b using (variant_id, location_id)
  ), judged as (
    select s.*,
           inventory.availability_status(
             s.sellable - s.gained, s.backorder_limit, s.low_threshold) as was,
           inventory.availability_status(s.sellable, s.backorder_limit, s.low_threshold) as becomes
      from shown s
  )
  select j.variant_id, j.location_id, j.sellable, j.was, j.becomes, j.was_oversold, j.oversold
    from judged j
   where j.was <> j.becomes or j.was_oversold <> j.oversold
   order by j.variant_id, j.location_id;
end $$;

create function inventory.release(
  p_orders uuid[], p_reason text, p_cancel boolean, p_now timestamptz, p_actor text,
  p_correlation text
) returns table (
  order_id uuid, outcome text,
  changed_variants uuid[], changed_locations uuid[], changed_sellable bigint[],
  changed_from text[], changed_to text[]
) language plpgsql set plan_cache_mode = 'force_generic_plan' as $$
#variable_conflict use_column
-- Give stock back (DOMAIN.md F5). Outcomes: released, deallocated (p_cancel only), kept (it is
-- allocated or shipped), nothing (already given back). Orders that hold nothing give no row.
declare
  v_row inventory.reservation;
  v_left bigint;
  v_orders uuid[] := '{}';
  v_outcomes text[] := '{}';
  v_order uuid[] := '{}';
  v_variant uuid[] := '{}';
  v_location uuid[] := '{}';
  v_reserved bigint[] := '{}';
  v_allocated bigint[] := '{}';
begin
  for v_row in
    select x.* from inventory.reservation x where x.order_id = any (p_orders)
     order by x.order_id for update
  loop
    v_orders := v_orders || v_row.order_id;
    if v_row.state = 'released' then
      v_outcomes := v_outcomes || 'nothing'::text;
    elsif v_row.state = 'held' or (v_row.state = 'allocated' and p_cancel) then
      v_outcomes := v_outcomes
        || case when v_row.state = 'held' then 'released'::text else 'deallocated' end;
      for i in 1 .. cardinality(v_row.variant_ids) loop
        v_left := v_row.quantities[i] - v_row.fulfilled[i];
        continue when v_left = 0;
        v_order := v_order || v_row.order_id;
        v_variant := v_variant || v_row.variant_ids[i];
        v_location := v_location || v_row.location_ids[i];
        v_reserved := v_reserved || case v_row.bucket when 'reserved' then -v_left else 0 end;
        v_allocated := v_allocated || case v_row.bucket when 'reserved' then 0 else -v_left end;
      end loop;
      -- What was shipped stays shipped: the rest of such an order is closed, not undone.
      update inventory.reservation x
         set state = case when (select coalesce(sum(f), 0) from unnest(x.fulfilled) f) > 0
                          then 'fulfilled' else 'released' end,
             bucket = 'none', expires_at = null, reason = p_reason, updated_at = p_now
       where x.order_id = v_row.order_id;
    else
      v_outcomes := v_outcomes || 'kept'::text;
    end if;
  end loop;
  select array_agg(m.variant_id), array_agg(m.location_id), array_agg(m.sellable),
         array_agg(m.status_from), array_agg(m.status_to)
    into changed_variants, changed_locations, changed_sellable, changed_from, changed_to
    from inventory.move_held(
      v_order, v_variant, v_location, array_fill(0::bigint, array[cardinality(v_order)]),
      v_reserved, v_allocated, p_reason, 'order', p_now, p_actor, p_correlation) m
   where m.status_from <> m.status_to;
  for i in 1 .. cardinality(v_orders) loop
    order_id := v_orders[i];
    outcome := v_outcomes[i];
    return next;
    changed_variants := null; changed_locations := null; changed_sellable := null;
    changed_from := null; changed_to := null;
  end loop;
end $$;

create function inventory.expire(
  p_limit int, p_now timestamptz
) returns table (
  order_id uuid, outcome text,
  changed_variants uuid[], changed_locations uuid[], changed_sellable bigint[],
  changed_from text[], changed_to text[]
) language plpgsql set plan_cache_mode = 'force_generic_plan' as $$
#variable_conflict use_column
-- Release holds whose time is over. Rows that an order is just working on are left for later.
declare
  v_due uuid[];
begin
  select array_agg(d.order_id) into v_due from (
    select x.order_id from inventory.reservation x
     where x.state = 'held' and x.expires_at <= p_now
     order by x.expires_at limit p_limit for update skip locked) d;
  if v_due is not null then
    return query select * from inventory.release(
      v_due, 'expired', false, p_now, 'system:sweep', null);
  end if;
end $$;

create function inventory.settle(
  p_orders uuid[], p_limit int, p_now timestamptz
) returns bigint language plpgsql set plan_cache_mode = 'force_generic_plan' as $$
#variable_conflict use_column
-- Move hot holds that have become allocations to the allocated bucket, many at once. Sellable does
-- not change. p_orders null: whatever waits; otherwise those, waiting for their locks.
declare
  v_row inventory.reservation;
  v_orders uuid[] := '{}';
  v_order uuid[] := '{}';
  v_variant uuid[] := '{}';
  v_location uuid[] := '{}';
  v_quantity bigint[] := '{}';
begin
  if p_orders is null then
    select coalesce(array_agg(d.order_id), '{}') into v_orders from (
      select x.order_id from inventory.reservation x
       where x.state = 'allocated' and x.bucket = 'reserved'
       order by x.updated_at limit p_limit for update skip locked) d;
  else
    v_orders := p_orders;
  end if;
  for v_row in
    select x.* from inventory.reservation x
     where x.order_id = any (v_orders) and x.state = 'allocated' and x.bucket = 'reserved'
     order by x.order_id for update
  loop
    for i in 1 .. cardinality(v_row.variant_ids) loop
      v_order := v_order || v_row.order_id;
      v_variant := v_variant || v_row.variant_ids[i];
      v_location := v_location || v_row.location_ids[i];
      v_quantity := v_quantity || v_row.quantities[i];
    end loop;
  end loop;
  perform inventory.move_held(
    v_order, v_variant, v_location, array_fill(0::bigint, array[cardinality(v_order)]),
    array(select -q from unnest(v_quantity) with ordinality u (q, n) order by n), v_quantity,
    'allocated', 'order', p_now, 'system:settle', null);
  update inventory.reservation x set bucket = 'allocated'
   where x.order_id = any (v_order);
  return cardinality(v_orders);
end $$;

create function inventory.fulfil(
  p_order uuid, p_document uuid, p_key text, p_body_hash text, p_variants uuid[],
  p_quantities bigint[], p_location uuid, p_now timestamptz, p_actor text, p_correlation text
) returns table (
  outcome text, state text, lines jsonb,
  changed_variants uuid[], changed_locations uuid[], changed_sellable bigint[],
  changed_from text[], changed_to text[]
) language plpgsql set plan_cache_mode = 'force_generic_plan' as $$
#variable_conflict use_column
-- Allocated units leave the shelf (F1). p_location null: from wherever each was allocated.
-- Outcomes: fulfilled, repeated (p_key was seen with the same body), reused (with another),
-- not_allocated, too_many (lines names what remains).
declare
  v_row inventory.reservation;
  v_document inventory.document;
  v_rest bigint;
  v_some bigint;
  v_variant uuid[] := '{}';
  v_location uuid[] := '{}';
  v_quantity bigint[] := '{}';
  v_short jsonb := '[]';
begin
  select x.* into v_row from inventory.reservation x where x.order_id = p_order for update;
  select d.* into v_document from inventory.document d where d.key = p_key;
  if found then
    outcome := case when v_document.body_hash = p_body_hash then 'repeated' else 'reused' end;
    state := v_row.state; lines := v_document.outcome;
    return next;
    return;
  end if;
  if v_row.state is distinct from 'allocated' then
    outcome := 'not_allocated'; state := v_row.state; lines := v_short;
    return next;
    return;
  end if;
  if v_row.bucket = 'reserved' then
    perform inventory.settle(array[p_order], 1, p_now);
  end if;
  for n in 1 .. cardinality(p_variants) loop
    v_rest := p_quantities[n];
    for i in 1 .. cardinality(v_row.variant_ids) loop
      continue when v_row.variant_ids[i] <> p_variants[n]
        or (p_location is not null and v_row.location_ids[i] <> p_location);
      v_some := least(v_rest, v_row.quantities[i] - v_row.fulfilled[i]);
      continue when v_some = 0;
      v_row.fulfilled[i] := v_row.fulfilled[i] + v_some;
      v_variant := v_variant || v_row.variant_ids[i];
      v_location := v_location || v_row.location_ids[i];
      v_quantity := v_quantity || v_some;
      v_rest := v_rest - v_some;
    end loop;
    if v_rest > 0 then
      v_short := v_short || jsonb_build_object(
        'variant_id', p_variants[n], 'wanted', p_quantities[n],
        'remaining', p_quantities[n] - v_rest);
    end if;
  end loop;
  if v_short <> '[]' then
    outcome := 'too_many'; state := v_row.state; lines := v_short;
    return next;
    return;
  end if;
  outcome := 'fulfilled';
  state := case when v_row.fulfilled = v_row.quantities then 'fulfilled' else 'allocated' end;
  select jsonb_agg(jsonb_build_object('variant_id', u.v, 'location_id', u.l, 'quantity', u.q))
    into lines from unnest(v_variant, v_location, v_quantity) u (v, l, q);
  insert into inventory.document (
    id, key, kind, body_hash, reason, actor, correlation, outcome, created_at)
  values (p_document, p_key, 'shipment', p_body_hash, 'shipped', p_actor, p_correlation, lines, p_now);
  update inventory.reservation x
     set fulfilled = v_row.fulfilled, state = fulfil.state,
         bucket = case when fulfil.state = 'fulfilled' then 'none' else x.bucket end,
         updated_at = p_now
   where x.order_id = p_order;
  select array_agg(m.variant_id), array_agg(m.location_id), array_agg(m.sellable),
         array_agg(m.status_from), array_agg(m.status_to)
    into changed_variants, changed_locations, changed_sellable, changed_from, changed_to
    from inventory.move_held(
      array_fill(p_order, array[cardinality(v_variant)]), v_variant, v_location,
      array(select -q from unnest(v_quantity) with ordinality u (q, n) order by n),
      array_fill(0::bigint, array[cardinality(v_variant)]),
      array(select -q from unnest(v_quantity) with ordinality u (q, n) order by n),
      'shipped', 'order', p_now, p_actor, p_correlation) m
   where m.status_from <> m.status_to;
  return next;
end $$;

create function inventory.post(
  p_document uuid, p_key text, p_kind text, p_body_hash text, p_reason text, p_actor text,
  p_correlation text, p_feed text, p_message text, p_sequence bigint, p_now timestamptz,
  p_variants uuid[], p_locations uuid[], p_counts boolean[], p_on_hand bigint[],
  p_quarantine bigint[], p_incoming bigint[], p_as_of timestamptz[], p_expected bigint[]
) returns table (
  ordinal int, outcome text, moved bigint, on_hand bigint, sellable bigint,
  status_from text, status_to text, oversold_from bigint, oversold_to bigint, stored jsonb
) language plpgsql set plan_cache_mode = 'force_generic_plan' as $$
#variable_conflict use_column
-- Post physical facts, each item by itself, under one document that is applied once by its key.
--
-- An item is a movement (p_on_hand relative) or, where p_counts, an absolute count as of p_as_of:
-- what moved after that instant is put on top of it (DOMAIN.md F7). Items come sorted by
-- (variant, location). Outcomes: applied, unchanged, stale (an older count, or a movement that a
-- newer count already contains), mismatch (p_expected is not what we had as of then; nothing done).
-- A known key gives one row: repeated (stored holds the first answer) or reused.
declare
  v_document inventory.document;
  v_level inventory.level;
  v_after bigint;
  v_then bigint;
  v_as_of timestamptz;
  v_seen bigint;
  v_outcomes jsonb := '[]';
  v_applied boolean := false;
begin
  insert into inventory.document (
    id, key, kind, body_hash, reason, actor, correlation, feed, sequence, created_at)
  values (p_document, p_key, p_kind, p_body_hash, p_reason, p_actor, p_correlation, p_feed,
          p_sequence, p_now)
  on conflict (key) do nothing;
  if not found then
    select d.* into v_document from inventory.document d where d.key = p_key;
    ordinal := 0; stored := v_document.outcome;
    outcome := case when v_document.body_hash = p_body_hash then 'repeated' else 'reused' end;
    return next;
    return;
  end if;
  for i in 1 .. cardinality(p_variants) loop
    ordinal := i;
    v_as_of := coalesce(p_as_of[i], p_now);
    insert into inventory.level (variant_id, location_id) values (p_variants[i], p_locations[i])
    on conflict (variant_id, location_id) do nothing;
    select l.* into v_level from inventory.level l
     where l.variant_id = p_variants[i] and l.location_id = p_locations[i] for no key update;
    v_seen := null;
    if p_feed is not null then
      select w.sequence into v_seen from inventory.watermark w
       where w.feed = p_feed and w.variant_id = p_variants[i] and w.location_id = p_locations[i];
    end if;
    select coalesce(sum(j.on_hand), 0) into v_after from inventory.journal j
     where j.variant_id = p_variants[i] and j.location_id = p_locations[i] and j.on_hand <> 0
       and j.occurred_at > v_as_of and p_counts[i];
    v_then := v_level.on_hand - v_after;
    outcome := 'applied';
    if p_counts[i] then
      moved := p_on_hand[i] - v_then;
      if v_as_of < v_level.counted_as_of or (p_sequence is not null and p_sequence <= v_seen) then
        outcome := 'stale';
      elsif p_expected[i] is not null and p_expected[i] <> v_then then
        outcome := 'mismatch';
      elsif moved = 0 then
        outcome := 'unchanged';
      end if;
    else
      moved := p_on_hand[i];
      -- A count taken after this movement happened has it on the shelf, or gone from it, already.
      if p_as_of[i] is not null and v_as_of <= v_level.counted_as_of then
        outcome := 'stale';
      elsif p_expected[i] is not null and p_expected[i] <> v_level.on_hand then
        outcome := 'mismatch';
      elsif (moved, p_quarantine[i], p_incoming[i]) = (0, 0, 0) then
        outcome := 'unchanged';
      end if;
    end if;
    sellable := v_level.on_hand - v_level.reserved - v_level.allocated - v_level.quarantine
                - v_level.safety_stock;
    status_from := inventory.availability_status(
      sellable, v_level.backorder_limit, v_level.low_threshold);
    oversold_from := v_level.oversold;
    if outcome in ('applied', 'unchanged') and p_counts[i] and p_feed is not null then
      insert into inventory.watermark as w (feed, variant_id, location_id, sequence, as_of)
      values (p_feed, p_variants[i], p_locations[i], p_sequence, v_as_of)
      on conflict (feed, variant_id, location_id) do update
        set sequence = coalesce(excluded.sequence, w.sequence), as_of = excluded.as_of;
    end if;
    if outcome in ('stale', 'mismatch') then
      moved := 0;
    else
      v_level.on_hand := v_level.on_hand + moved;
      v_level.quarantine := v_level.quarantine + p_quarantine[i];
      v_level.incoming := v_level.incoming + p_incoming[i];
      sellable := sellable + moved - p_quarantine[i];
      v_level.oversold := greatest(0, -sellable - v_level.backorder_limit);
      update inventory.level l
         set on_hand = v_level.on_hand, quarantine = v_level.quarantine,
             incoming = v_level.incoming, oversold = v_level.oversold,
             counted_as_of = case when p_counts[i] then v_as_of else l.counted_as_of end
       where l.variant_id = p_variants[i] and l.location_id = p_locations[i];
    end if;
    if outcome = 'applied' then
      v_applied := true;
      insert into inventory.journal (
        variant_id, location_id, on_hand, quarantine, incoming, reason, source_kind, source_id,
        actor, correlation, occurred_at, recorded_at)
      values (p_variants[i], p_locations[i], moved, p_quarantine[i], p_incoming[i], p_reason,
              'document', p_document, p_actor, p_correlation, v_as_of, p_now);
    end if;
    on_hand := v_level.on_hand;
    status_to := inventory.availability_status(
      sellable, v_level.backorder_limit, v_level.low_threshold);
    oversold_to := v_level.oversold;
    v_outcomes := v_outcomes || jsonb_build_object(
      'variant_id', p_variants[i], 'location_id', p_locations[i], 'outcome', outcome,
      'moved', moved, 'on_hand', on_hand, 'sellable', sellable);
    return next;
  end loop;
  update inventory.document d set outcome = v_outcomes where d.id = p_document;
  if p_feed is not null then
    insert into inventory.feed as f (name, sequence, as_of, last_message, messages, received_at)
    values (p_feed, p_sequence, coalesce((select max(a) from unnest(p_as_of) a), p_now), p_message,
            1, p_now)
    on conflict (name) do update
      set sequence = greatest(f.sequence, excluded.sequence),
          as_of = greatest(f.as_of, excluded.as_of), last_message = excluded.last_message,
          messages = f.messages + 1, received_at = excluded.received_at;
  end if;
end $$;

create function inventory.rebuild(
  p_variant uuid, p_location uuid
) returns table (
  sellable bigint, status_from text, status_to text, oversold_from bigint, oversold_to bigint,
  was jsonb, becomes jsonb
) language plpgsql set plan_cache_mode = 'force_generic_plan' as $$
#variable_conflict use_column
-- Make one level the fold of its journal again. No row: there is no such level.
declare
  v_level inventory.level;
  v_fold record;
begin
  select l.* into v_level from inventory.level l
   where l.variant_id = p_variant and l.location_id = p_location for no key update;
  if not found then
    return;
  end if;
  select coalesce(sum(j.on_hand), 0)::bigint as on_hand,
         coalesce(sum(j.reserved), 0)::bigint as reserved,
         coalesce(sum(j.allocated), 0)::bigint as allocated,
         coalesce(sum(j.quarantine), 0)::bigint as quarantine,
         coalesce(sum(j.incoming), 0)::bigint as incoming
    into v_fold from inventory.journal j
   where j.variant_id = p_variant and j.location_id = p_location;
  was := jsonb_build_object(
    'on_hand', v_level.on_hand, 'reserved', v_level.reserved, 'allocated', v_level.allocated,
    'quarantine', v_level.quarantine, 'incoming', v_level.incoming);
  becomes := to_jsonb(v_fold);
  status_from := inventory.availability_status(
    v_level.on_hand - v_level.reserved - v_level.allocated - v_level.quarantine
    - v_level.safety_stock, v_level.backorder_limit, v_level.low_threshold);
  oversold_from := v_level.oversold;
  sellable := v_fold.on_hand - v_fold.reserved - v_fold.allocated - v_fold.quarantine
              - v_level.safety_stock;
  status_to := inventory.availability_status(
    sellable, v_level.backorder_limit, v_level.low_threshold);
  oversold_to := greatest(0, -sellable - v_level.backorder_limit);
  update inventory.level l
     set on_hand = v_fold.on_hand, reserved = v_fold.reserved, allocated = v_fold.allocated,
         quarantine = v_fold.quarantine, incoming = v_fold.incoming, oversold = oversold_to
   where l.variant_id = p_variant and l.location_id = p_location;
  return next;
end $$;
