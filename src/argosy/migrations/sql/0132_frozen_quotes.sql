create schema if not exists orders;

-- A quote is read by the app alone, and as a whole. As jsonb it was a quarter of what placing an order
-- cost PostgreSQL: parsed, compressed, and put into a row of its own beside the order's. Now it comes
-- compressed, as what it is: the frozen words of that day.
alter table orders."order" add column frozen_quote bytea;
alter table orders."order" alter column frozen_quote set storage external;
-- squawk-ignore ban-drop-not-null
alter table orders."order" alter column quote drop not null;
alter table orders."order" add constraint order_quote_frozen
    check (num_nonnulls(quote, frozen_quote) = 1) not valid;
comment on column orders."order".quote is
    'The frozen quote of orders from before frozen_quote; null in all others.';
comment on column orders."order".frozen_quote is
    'The frozen quote (argosy.modules.quote.Quote) of the last Begin: JSON, compressed (zlib).';

-- Indexes of hot tables that no query needs: events are read in their order, and the accounts in use
-- are asked for by checks of the whole book, which read all entries anyway.
-- squawk-ignore require-concurrent-index-deletion
drop index runtime.outbox_subject;
-- squawk-ignore require-concurrent-index-deletion
drop index ledger.entry_of_account;
