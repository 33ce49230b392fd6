create schema if not exists promotions;

create table promotions.promotion (
    id                uuid not null,
    version           int not null default 1,
    state             text not null default 'draft',
    name              text not null,
    document          jsonb not null,
    channels          uuid[] not null default '{}',
    needs_coupon      boolean not null default false,
    uses              bigint,
    uses_per_customer int,
    budget            jsonb not null default '{}',
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    constraint promotion_pkey primary key (id),
    constraint promotion_state_known check (state in ('draft', 'live', 'paused', 'archived')),
    constraint promotion_limits_positive check (uses > 0 and uses_per_customer > 0),
    constraint promotion_document_shape check (jsonb_typeof(document) = 'object'),
    constraint promotion_budget_shape check (jsonb_typeof(budget) = 'object')
);
comment on table promotions.promotion is
    'Promotions as they are now. distribution key: none (replicated, like all rules)';
comment on column promotions.promotion.document is
    'The promotion (argosy.modules.quote.Promotion) without id, version and name.';
comment on column promotions.promotion.channels is 'Where it holds; empty: in every channel.';
comment on column promotions.promotion.budget is 'The most it may give, minor units by currency.';
create index promotion_live on promotions.promotion (id) where state = 'live';
create index promotion_newest on promotions.promotion (updated_at desc, id desc);

-- What an order was given is found here for ever (DOMAIN.md D14): rows are only added.
create table promotions.version (
    promotion_id      uuid not null,
    version           int not null,
    state             text not null,
    name              text not null,
    document          jsonb not null,
    channels          uuid[] not null,
    needs_coupon      boolean not null,
    uses              bigint,
    uses_per_customer int,
    budget            jsonb not null,
    saved_at          timestamptz not null,
    saved_by          text not null,
    constraint version_pkey primary key (promotion_id, version)
);
comment on table promotions.version is
    'Every version of every promotion. distribution key: promotion_id';

create table promotions.batch (
    id            uuid not null,
    promotion_id  uuid not null,
    name          text not null,
    codes         int not null,
    disabled_at   timestamptz,
    created_at    timestamptz not null,
    constraint batch_pkey primary key (id)
);
comment on table promotions.batch is 'Codes generated together. distribution key: promotion_id';
create index batch_of_promotion on promotions.batch (promotion_id, id);

create table promotions.coupon (
    code              text not null,
    id                uuid not null,
    shown             text not null,
    promotion_id      uuid not null,
    batch_id          uuid,
    uses              bigint,
    uses_per_customer int,
    customer_id       uuid,
    valid_from        timestamptz,
    valid_until       timestamptz,
    disabled_at       timestamptz,
    created_at        timestamptz not null,
    constraint coupon_pkey primary key (code),
    constraint coupon_limits_positive check (uses > 0 and uses_per_customer > 0),
    constraint coupon_window_forward check (valid_until > valid_from)
);
comment on table promotions.coupon is
    'Codes as they compare: trimmed, NFKC, case-folded (DOMAIN.md D10). distribution key: code';
comment on column promotions.coupon.customer_id is 'Only this customer may use it; null: anybody.';
create index coupon_of_promotion on promotions.coupon (promotion_id, code);
create index coupon_of_batch on promotions.coupon (batch_id, code) where batch_id is not null;

-- One counter for each thing that is limited: of a promotion, a coupon or a budget ("" nobody in
-- particular, "" no money), and the same for each person. Held and used count alike (D11, D13).
create table promotions.allowance (
    subject   uuid not null,
    person    text not null,
    currency  text not null,
    taken     bigint not null,
    constraint allowance_pkey primary key (subject, person, currency),
    constraint allowance_not_negative check (taken >= 0)
) with (fillfactor = 50);
comment on table promotions.allowance is
    'How much of each limit is taken, by orders that are begun or placed. distribution key: subject';
comment on column promotions.allowance.person is
    '"" for all together; "cus:<uuid>" a customer; "mail:<digest>" a guest''s or customer''s address (D12).';
comment on column promotions.allowance.currency is '"": uses are counted; else minor units of a budget.';

create table promotions.claim (
    order_id      uuid not null,
    subject       uuid not null,
    person        text not null,
    currency      text not null,
    promotion_id  uuid not null,
    amount        bigint not null,
    state         text not null,
    claimed_at    timestamptz not null,
    settled_at    timestamptz,
    constraint claim_pkey primary key (order_id, subject, person, currency),
    constraint claim_state_known check (state in ('held', 'used', 'released')),
    constraint claim_of_something check (amount > 0)
);
comment on table promotions.claim is
    'What an order has taken of which limit. distribution key: order_id (order family)';
create index claim_held on promotions.claim (claimed_at) where state = 'held';
create index claim_of_promotion on promotions.claim (promotion_id, state);

-- What simulations found; the job writes, the answer is read.
create table promotions.simulation (
    id            uuid not null,
    promotion_id  uuid not null,
    version       int not null,
    days          int not null,
    state         text not null default 'running',
    result        jsonb,
    asked_at      timestamptz not null,
    finished_at   timestamptz,
    constraint simulation_pkey primary key (id),
    constraint simulation_state_known check (state in ('running', 'done', 'failed'))
);
comment on table promotions.simulation is
    'Drafts replayed over past orders. distribution key: promotion_id';
create index simulation_of_promotion on promotions.simulation (promotion_id, asked_at desc);

update staff.role set scopes = scopes || '{promotions:write}'
 where name in ('manager', 'catalogue') and not scopes @> '{promotions:write}';
update staff.role set scopes = scopes || '{promotions:read}'
 where name in ('support', 'finance', 'developer', 'read_only')
   and not scopes @> '{promotions:read}';
