-- argosy: no-transaction

-- A projection takes with it the marks that came of the same products meanwhile.
create index concurrently if not exists pending_by_product on projections.pending (product_id);
