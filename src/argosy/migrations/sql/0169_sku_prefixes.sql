-- argosy: no-transaction

-- What begins with some letters is found among the SKUs without reading them all.
create index concurrently if not exists variant_by_sku_prefix
    on catalog.variant (lower(btrim(sku)) text_pattern_ops);
