create schema if not exists inventory;

-- Purchases are placed in micro-batches (docs/adr/0008): a batch holds for several orders of its own
-- in one transaction. Their reservations are locked in the order of their ids.
create or replace function inventory.hold(
  p_orders uuid[], p_line_order int[], p_line_variant uuid[], p_line_quantity bigint[],
  p_locations uuid[], p_expires_at timestamptz[], p_allocate boolean, p_hot boolean,
  p_now timestamptz, p_actor text, p_correlation text
) returns table (
  order_id uuid, outcome text, state text, expires_at timestamptz, sourcing text,
  variant_ids uuid[], location_ids uuid[], quantities bigint[], backordered bigint[],
  short_variants uuid[], short_wanted bigint[], short_available bigint[],
  changed_variants uuid[], changed_locations uuid[], changed_sellable bigint[],
  changed_from text[], changed_to text[]
) language plpgsql set plan_cache_mode = 'force_generic_plan' as $$
#variable_conflict use_column
-- Hold or allocate stock for orders, each all or none, in the order given.
--
-- Lines are folded per variant and sorted by (ordinal in p_orders, variant). p_hot marks a batch
-- of the gate; otherwise the orders are the caller's own. Outcomes: taken, adopted
-- (it held the same already), converted, short (nothing changed), clash (it is allocated with
-- other lines), busy (p_hot only: the order's own transaction must decide).
-- The status changes of all keys come with the last row.
declare
  v_old inventory.reservation[];
  v_row inventory.reservation;
  v_action text[];
  v_variants uuid[] := '{}';
  v_locations uuid[] := p_locations;
  v_level record;
  v_keys text[] := '{}';
  v_key_variant uuid[];
  v_key_location uuid[];
  v_before bigint[];
  v_sellable bigint[];
  v_limit bigint[];
  v_low bigint[];
  v_d_reserved bigint[];
  v_d_allocated bigint[];
  v_j_order uuid[];
  v_j_key int[];
  v_j_reserved bigint[];
  v_j_allocated bigint[];
  v_j_reason text[];
  v_plan inventory.plan;
  v_first int[];
  v_last int[];
  v_key int;
  v_count int := 0;
  v_moved boolean := false;
  v_was text;
  v_becomes text;
begin
  for o in 1 .. cardinality(p_orders) loop
    v_first[o] := v_count + 1;
    while p_line_order[v_count + 1] = o loop
      v_count := v_count + 1;
    end loop;
    v_last[o] := v_count;
  end loop;

  if p_hot then
    -- Not locked: an order in the middle of its own transaction must not stop the whole batch.
    for v_row in select x.* from inventory.reservation x where x.order_id = any (p_orders) loop
      v_old[array_position(p_orders, v_row.order_id)] := v_row;
    end loop;
  else
    for v_row in select x.* from inventory.reservation x where x.order_id = any (p_orders)
      order by x.order_id for update
    loop
      v_old[array_position(p_orders, v_row.order_id)] := v_row;
    end loop;
  end if;

  for o in 1 .. cardinality(p_orders) loop
    v_row := v_old[o];
    if v_row.order_id is null then
      v_action[o] := 'take';
    elsif v_row.state = 'released' then
      v_action[o] := 'take';
      if p_hot then
        perform 1 from inventory.reservation x
          where x.order_id = p_orders[o] and x.state = 'released' for update skip locked;
        v_action[o] := case when found then 'take' else 'busy' end;
      end if;
    elsif not inventory.is_same_demand(v_row, p_line_variant[v_first[o] : v_last[o]],
                                       p_line_quantity[v_first[o] : v_last[o]])
          or (v_row.state = 'held' and not v_row.location_ids <@ p_locations) then
      v_action[o] := case when v_row.state <> 'held' then 'clash'
                          when p_hot then 'busy' else 'replace' end;
    else
      v_action[o] := case when v_row.state = 'held' and p_allocate then 'convert' else 'adopt' end;
    end if;
    if v_action[o] in ('take', 'replace') then
      v_variants := v_variants || p_line_variant[v_first[o] : v_last[o]];
    end if;
    if v_action[o] = 'replace' or (v_action[o] = 'convert' and not v_row.hot) then
      v_variants := v_variants || v_row.variant_ids;
      v_locations := v_locations || v_row.location_ids;
    end if;
  end loop;

  if v_variants <> '{}' then
    v_count := 0;
    for v_level in
      -- A location that is closed sells nothing (null), but what it holds can be given back.
      select l.variant_id, l.location_id, l.backorder_limit, l.low_threshold,
             case when c.active then l.on_hand - l.reserved - l.allocated - l.quarantine
                                     - l.safety_stock end as sellable
        from inventory.level l join inventory.location c on c.id = l.location_id
       where l.variant_id = any (v_variants) and l.location_id = any (v_locations)
       order by l.variant_id, l.location_id
         for no key update of l
    loop
      v_count := v_count + 1;
      v_keys[v_count] := v_level.variant_id::text || v_level.location_id::text;
      v_key_variant[v_count] := v_level.variant_id;
      v_key_location[v_count] := v_level.location_id;
      v_before[v_count] := v_level.sellable;
      v_sellable[v_count] := v_level.sellable;
      v_limit[v_count] := v_level.backorder_limit;
      v_low[v_count] := v_level.low_threshold;
      v_d_reserved[v_count] := 0;
      v_d_allocated[v_count] := 0;
    end loop;
  end if;

  for o in 1 .. cardinality(p_orders) loop
    v_row := v_old[o];
    order_id := p_orders[o];
    short_variants := null; short_wanted := null; short_available := null;

    -- Give back what a replaced or converted hold has, before deciding what it gets.
    if v_action[o] = 'replace' or (v_action[o] = 'convert' and not v_row.hot) then
      for i in 1 .. cardinality(v_row.variant_ids) loop
        v_key := array_position(v_keys, v_row.variant_ids[i]::text || v_row.location_ids[i]::text);
        v_sellable[v_key] := v_sellable[v_key] + v_row.quantities[i];
      end loop;
    end if;

    if v_action[o] in ('take', 'replace') then
      v_plan := inventory.plan_order(
        p_line_variant[v_first[o] : v_last[o]], p_line_quantity[v_first[o] : v_last[o]],
        p_locations, v_keys, v_sellable, v_limit);
      outcome := case when v_plan.outcome = 'short' then 'short' else 'taken' end;
    elsif v_action[o] = 'convert' then
      v_plan := ('planned', v_row.sourcing, v_row.variant_ids, v_row.location_ids,
                 v_row.quantities, v_row.backordered, '{}', '{}', '{}');
      outcome := 'converted';
    else
      outcome := case v_action[o] when 'adopt' then 'adopted' else v_action[o] end;
    end if;

    if outcome in ('short', 'clash', 'busy') then
      if v_action[o] = 'replace' then
        for i in 1 .. cardinality(v_row.variant_ids) loop
          v_key :=
            array_position(v_keys, v_row.variant_ids[i]::text || v_row.location_ids[i]::text);
          v_sellable[v_key] := v_sellable[v_key] - v_row.quantities[i];
        end loop;
      end if;
      state := v_row.state; expires_at := v_row.expires_at; sourcing := v_row.sourcing;
      variant_ids := null; location_ids := null; quantities := null; backordered := null;
      if outcome = 'short' then
        short_variants := v_plan.short_variants;
        short_wanted := v_plan.short_wanted;
        short_available := v_plan.short_available;
      end if;
    elsif outcome = 'adopted' then
      state := v_row.state; sourcing := v_row.sourcing;
      -- The gate extends nothing: waiting for an order's own transaction would stop the batch.
      expires_at := case when p_hot then v_row.expires_at
                         else greatest(v_row.expires_at, p_expires_at[o]) end;
      variant_ids := v_row.variant_ids; location_ids := v_row.location_ids;
      quantities := v_row.quantities; backordered := v_row.backordered;
      if v_row.state <> 'held' then
        expires_at := null;
      elsif expires_at > v_row.expires_at then
        update inventory.reservation x set expires_at = p_expires_at[o], updated_at = p_now
         where x.order_id = p_orders[o] and x.state = 'held';
        if not found then
          raise serialization_failure using message = 'the reservation changed meanwhile';
        end if;
      end if;
    else
      state := case when p_allocate then 'allocated' else 'held' end;
      expires_at := case when p_allocate then null else p_expires_at[o] end;
      sourcing := v_plan.sourcing;
      variant_ids := v_plan.variant_ids; location_ids := v_plan.location_ids;
      quantities := v_plan.quantities; backordered := v_plan.backordered;
      -- Journal and deltas: what goes out of the old hold, then what the new one takes.
      if v_action[o] = 'replace' or (v_action[o] = 'convert' and not v_row.hot) then
        for i in 1 .. cardinality(v_row.variant_ids) loop
          v_key :=
            array_position(v_keys, v_row.variant_ids[i]::text || v_row.location_ids[i]::text);
          v_d_reserved[v_key] := v_d_reserved[v_key] - v_row.quantities[i];
          if v_action[o] = 'replace' then
            v_j_order := v_j_order || p_orders[o]; v_j_key := v_j_key || v_key;
            v_j_reserved := v_j_reserved || -v_row.quantities[i];
            v_j_allocated := v_j_allocated || 0::bigint;
            v_j_reason := v_j_reason || 'replaced'::text;
          end if;
        end loop;
        v_moved := true;
      end if;
      if not (v_action[o] = 'convert' and v_row.hot) then
        for i in 1 .. cardinality(variant_ids) loop
          v_key := array_position(v_keys, variant_ids[i]::text || location_ids[i]::text);
          v_sellable[v_key] := v_sellable[v_key] - quantities[i];
          if p_allocate then
            v_d_allocated[v_key] := v_d_allocated[v_key] + quantities[i];
          else
            v_d_reserved[v_key] := v_d_reserved[v_key] + quantities[i];
          end if;
          v_j_order := v_j_order || p_orders[o]; v_j_key := v_j_key || v_key;
          v_j_reserved := v_j_reserved || case
            when v_action[o] = 'convert' then -quantities[i]
            when p_allocate then 0 else quantities[i] end;
          v_j_allocated := v_j_allocated || case when p_allocate then quantities[i] else 0 end;
          v_j_reason := v_j_reason || case when p_allocate then 'allocated' else 'reserved' end;
        end loop;
        v_moved := v_moved or cardinality(variant_ids) > 0;
      end if;
      if v_action[o] = 'convert' then
        -- A hot hold keeps its bucket: the shared row must not be locked for the rest of this
        -- transaction, and sellable is the same either way. inventory.settle moves it in batches.
        update inventory.reservation x
           set state = 'allocated', bucket = case when x.hot then 'reserved' else 'allocated' end,
               expires_at = null, updated_at = p_now
         where x.order_id = p_orders[o];
      else
        insert into inventory.reservation as x (
          order_id, state, bucket, hot, expires_at, variant_ids, location_ids, quantities,
          backordered, fulfilled, candidates, sourcing, created_at, updated_at)
        values (
          p_orders[o], state, case when p_allocate then 'allocated' else 'reserved' end, p_hot,
          expires_at, variant_ids, location_ids, quantities, backordered,
          array_fill(0::bigint, array[cardinality(variant_ids)]), p_locations, sourcing,
          p_now, p_now)
        on conflict (order_id) do update
          set state = excluded.state, bucket = excluded.bucket, hot = excluded.hot,
              expires_at = excluded.expires_at, variant_ids = excluded.variant_ids,
              location_ids = excluded.location_ids, quantities = excluded.quantities,
              backordered = excluded.backordered, fulfilled = excluded.fulfilled,
              candidates = excluded.candidates, sourcing = excluded.sourcing, reason = null,
              updated_at = excluded.updated_at
          where x.state = coalesce(v_row.state, 'released');
        if not found then
          -- The same order was held by someone else since we looked: try again and find it.
          raise serialization_failure using message = 'the reservation changed meanwhile';
        end if;
      end if;
    end if;

    if o = cardinality(p_orders) and v_moved then
      -- oversold stays untouched by anything that takes: level_promises_covered is the last guard.
      update inventory.level l
         set reserved = l.reserved + d.reserved, allocated = l.allocated + d.allocated,
             oversold = case when d.reserved + d.allocated > 0 then l.oversold else greatest(
               0, l.reserved + d.reserved + l.allocated + d.allocated + l.quarantine
                  + l.safety_stock - l.on_hand - l.backorder_limit) end
        from unnest(v_key_variant, v_key_location, v_d_reserved, v_d_allocated)
             d (variant_id, location_id, reserved, allocated)
       where l.variant_id = d.variant_id and l.location_id = d.location_id
         and (d.reserved, d.allocated) <> (0, 0);
      insert into inventory.journal (
        variant_id, location_id, reserved, allocated, reason, source_kind, source_id, actor,
        correlation, occurred_at, recorded_at)
      select v_key_variant[j.key], v_key_location[j.key], j.reserved, j.allocated, j.reason,
             'order', j.order_id, p_actor, p_correlation, p_now, p_now
        from unnest(v_j_order, v_j_key, v_j_reserved, v_j_allocated, v_j_reason)
             j (order_id, key, reserved, allocated, reason);
      for k in 1 .. cardinality(v_keys) loop
        v_was := inventory.availability_status(v_before[k], v_limit[k], v_low[k]);
        v_becomes := inventory.availability_status(v_sellable[k], v_limit[k], v_low[k]);
        continue when v_was = v_becomes;
        changed_variants := changed_variants || v_key_variant[k];
        changed_locations := changed_locations || v_key_location[k];
        changed_sellable := changed_sellable || v_sellable[k];
        changed_from := changed_from || v_was;
        changed_to := changed_to || v_becomes;
      end loop;
    end if;
    return next;
  end loop;
end $$;
