create schema if not exists cart;
create schema if not exists orders;

-- Shoppers read the lines of their carts, orders and invoices in their language (DOMAIN.md E1, E8). The
-- columns of old stay what staff read: the words of the channel's own language.
alter table cart.cart add column locale text not null default '';
comment on column cart.cart.locale is 'The language that the shopper reads; empty: the channel''s own.';
alter table orders."order" add column locale text not null default '';
comment on column orders."order".locale is
    'The language that the shopper read when it was placed; empty: of before, or the channel''s own.';
alter table orders.line add column told jsonb;
comment on column orders.line.told is
    'Title, variant title and options as the shopper read them; null where they are those of the line.';
