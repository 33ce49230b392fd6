create schema if not exists cart;

alter table cart.cart add column coupons jsonb not null default '[]';
comment on column cart.cart.coupons is 'Codes as the shopper typed them, at most 10: ["SUMMER10"]';
