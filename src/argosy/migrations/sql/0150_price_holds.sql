create schema if not exists pricing;

-- Null: carts go by the prices of the moment.
alter table pricing.channel_policy add column hold_minutes int;
alter table pricing.channel_policy add constraint channel_policy_hold_sane
    check (hold_minutes between 1 and 43200) not valid;
comment on column pricing.channel_policy.hold_minutes is
    'So long a line of a cart costs no more than when it was added; null: prices are live.';
-- Whether shoppers are told that a price was made for them (Directive 2011/83/EU, article 6(1)(ea)).
alter table pricing.channel_policy add column tell_personal boolean not null default false;
comment on column pricing.channel_policy.tell_personal is
    'Whether answers and pages say that a price is personal, by a contract or offer of one customer''s.';
