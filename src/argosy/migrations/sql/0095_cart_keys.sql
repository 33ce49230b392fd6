create schema if not exists cart;

-- A key of a change belongs to its cart alone, so it is kept there: no row and no index entries of
-- its own, and the same update that changes the cart (ADR 0009).
alter table cart.cart add column applied jsonb not null default '[]';
comment on column cart.cart.applied is
    'The last 100 changes that came with an Idempotency-Key, oldest first: 16 characters for the key, 12 for its request.';
