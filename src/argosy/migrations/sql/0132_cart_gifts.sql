create schema if not exists cart;

alter table cart.cart add column declined_gifts jsonb not null default '[]';
comment on column cart.cart.declined_gifts is 'Variants that the shopper does not want as a gift (DOMAIN.md D9): [uuid]';
