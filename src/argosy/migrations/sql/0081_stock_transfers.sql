-- argosy: no-transaction

-- The legs of one transfer: their keys are 'transfer:<id>:out' and 'transfer:<id>:in:...'.
create index concurrently if not exists document_of_transfer
  on inventory.document (split_part(key, ':', 2))
  where kind in ('transfer_out', 'transfer_in');
