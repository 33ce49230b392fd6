-- argosy: no-transaction

-- What prices of a variant said in the last 24 hours, of however many changes there ever were (C11).
create index concurrently if not exists price_change_by_time on pricing.price_change
  (variant_id, price_list_id, recorded_at);
