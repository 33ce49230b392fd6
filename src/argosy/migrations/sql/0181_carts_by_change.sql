-- argosy: no-transaction

-- Carts from before the trigger, a thousand at a time, so that no shopper waits for more than a moment.
-- A second run goes on where the first one ended. Who was placed in one call changed once at most.
do $$
declare last uuid := '00000000-0000-0000-0000-000000000000'
; begin
  loop
    with old as (
      select id from cart.cart where id > last order by id limit 1000
    ), filled as (
      update cart.cart c
      set changed_in = date_bin('15 minutes', c.updated_at, '2000-01-01 00:00:00+00')
      from old
      where c.id = old.id and c.changed_in is null and (c.state <> 'placed' or c.version > 2)
    )
    select max(id::text)::uuid into last from old
  ; exit when last is null
  ; commit
; end loop
; end $$;
-- squawk-ignore ban-concurrent-index-creation-in-transaction
create index concurrently if not exists cart_by_change
    on cart.cart (changed_in desc) where changed_in is not null;
-- squawk-ignore ban-concurrent-index-creation-in-transaction
create index concurrently if not exists cart_changes_of_customer
    on cart.cart (customer_id, changed_in desc)
    where changed_in is not null and customer_id is not null;
-- squawk-ignore ban-concurrent-index-creation-in-transaction
create index concurrently if not exists cart_changes_by_email
    on cart.cart (cart.folded(email), changed_in desc)
    where changed_in is not null and email <> '';
