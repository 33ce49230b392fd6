create schema if not exists pricing;

-- C11: how far a price may move within 24 hours, in basis points; null: as far as anybody likes.
alter table pricing.price_list add column max_step_per_day int;
alter table pricing.price_list add constraint price_list_step_sane
    check (max_step_per_day between 1 and 1000000) not valid;
comment on column pricing.price_list.max_step_per_day is
    'No price may move by more basis points (100 are 1 %) within 24 hours; null: no limit.';
