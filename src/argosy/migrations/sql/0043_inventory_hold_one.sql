create schema if not exists inventory;

create function inventory.hold_one(
  p_order uuid, p_variants uuid[], p_quantities bigint[], p_locations uuid[],
  p_expires_at timestamptz, p_allocate boolean, p_now timestamptz, p_actor text, p_correlation text
) returns table (
  order_id uuid, outcome text, state text, expires_at timestamptz, sourcing text,
  variant_ids uuid[], location_ids uuid[], quantities bigint[], backordered bigint[],
  short_variants uuid[], short_wanted bigint[], short_available bigint[],
  changed_variants uuid[], changed_locations uuid[], changed_sellable bigint[],
  changed_from text[], changed_to text[]
) language plpgsql set plan_cache_mode = 'force_generic_plan' as $$
#variable_conflict use_column
-- inventory.hold for one order. What nearly every order is, is decided and written in one statement:
-- nothing held yet, one location, and everything on its shelf. All else goes to inventory.hold,
-- before anything was written; the levels locked until then are those that it locks, in the same
-- order. Variants are folded and sorted. Each row is checked as it is under its lock, and the
-- CHECKs on inventory.level guard it as ever.
declare
  v_fits boolean;
  v_wrote boolean;
begin
  if cardinality(p_locations) = 1 and p_variants <> '{}' then
    state := case when p_allocate then 'allocated' else 'held' end;
    expires_at := case when p_allocate then null else p_expires_at end;
    quantities := p_quantities;
    backordered := array_fill(0::bigint, array[cardinality(p_variants)]);
    location_ids := array_fill(p_locations[1], array[cardinality(p_variants)]);
    with locked as materialized (
      select l.variant_id, d.quantity, l.backorder_limit, l.low_threshold,
             l.on_hand - l.reserved - l.allocated - l.quarantine - l.safety_stock as sellable
        from unnest(p_variants, p_quantities) d (variant_id, quantity)
        join inventory.level l on l.variant_id = d.variant_id and l.location_id = p_locations[1]
       where not exists (select from inventory.reservation r where r.order_id = p_order)
         and exists (select from inventory.location c where c.id = p_locations[1] and c.active)
       order by l.variant_id
         for no key update of l
    ), decided as materialized (
      select count(*) = cardinality(p_variants) and bool_and(k.sellable >= k.quantity) as fits
        from locked k
    ), written as (
      insert into inventory.reservation (
        order_id, state, bucket, hot, expires_at, variant_ids, location_ids, quantities,
        backordered, fulfilled, candidates, sourcing, created_at, updated_at)
      select p_order, state, case when p_allocate then 'allocated' else 'reserved' end, false,
             expires_at, p_variants, location_ids, p_quantities,
             backordered, backordered, p_locations, 'one_parcel', p_now, p_now
        from decided where decided.fits
      on conflict do nothing
      returning 1
    ), moved as (
      -- oversold stays untouched by anything that takes: level_promises_covered is the last guard.
      update inventory.level l
         set reserved = l.reserved + case when p_allocate then 0 else k.quantity end,
             allocated = l.allocated + case when p_allocate then k.quantity else 0 end
        from locked k
       where l.variant_id = k.variant_id and l.location_id = p_locations[1]
         and exists (select from written)
    ), told as (
      insert into inventory.journal (
        variant_id, location_id, reserved, allocated, reason, source_kind, source_id, actor,
        correlation, occurred_at, recorded_at)
      select k.variant_id, p_locations[1], case when p_allocate then 0 else k.quantity end,
             case when p_allocate then k.quantity else 0 end,
             case when p_allocate then 'allocated' else 'reserved' end,
             'order', p_order, p_actor, p_correlation, p_now, p_now
        from locked k where exists (select from written)
    ), judged as (
      select k.variant_id, k.sellable - k.quantity as sellable,
             inventory.availability_status(k.sellable, k.backorder_limit, k.low_threshold) as was,
             inventory.availability_status(
               k.sellable - k.quantity, k.backorder_limit, k.low_threshold) as becomes
        from locked k
    )
    select coalesce(d.fits, false), exists (select from written), c.variants, c.sellable, c.was,
           c.becomes
      into v_fits, v_wrote, changed_variants, changed_sellable, changed_from, changed_to
      from decided d cross join (
        select array_agg(j.variant_id) as variants, array_agg(j.sellable) as sellable,
               array_agg(j.was) as was, array_agg(j.becomes) as becomes
          from judged j where j.was <> j.becomes) c;
    if v_fits then
      if not v_wrote then
        -- The same order was held by someone else since we looked: try again and find it.
        raise serialization_failure using message = 'the reservation changed meanwhile';
      end if;
      order_id := p_order;
      outcome := 'taken';
      sourcing := 'one_parcel';
      variant_ids := p_variants;
      changed_locations := case when changed_variants is not null
        then array_fill(p_locations[1], array[cardinality(changed_variants)]) end;
      return next;
      return;
    end if;
  end if;
  return query select * from inventory.hold(
    array[p_order], array_fill(1, array[cardinality(p_variants)]), p_variants, p_quantities,
    p_locations, array[p_expires_at], p_allocate, false, p_now, p_actor, p_correlation);
end $$;
comment on function inventory.hold_one is
  'Hold or allocate for one order: the common case in one statement, else inventory.hold';
