-- argosy: no-transaction

-- All that the choice among many variants asks, in one range: no body is read for it.
create index concurrently if not exists variant_by_price on projections.variant
  (product_id, channel_id, slot, price_minor, position, variant_id) include (state, picks);
