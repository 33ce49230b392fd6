create schema if not exists reviews;

create table reviews.review (
  id uuid not null,
  product_id uuid not null,
  customer_id uuid,
  external_id text,
  author text not null,
  title text not null default '',
  body text not null,
  rating smallint not null,
  locale text not null default '',
  state text not null,
  verified boolean not null default false,
  written_at timestamptz not null,
  decided_at timestamptz,
  decided_by text not null default '',
  reason text not null default '',
  anonymised_at timestamptz,
  version bigint not null default 1,
  updated_at timestamptz not null,
  constraint review_pkey primary key (id),
  constraint review_rating_one_to_five check (rating between 1 and 5),
  constraint review_state_known check (state in ('pending', 'approved', 'rejected')),
  constraint review_body_bounded check (length(body) between 1 and 5000),
  constraint review_title_bounded check (length(title) <= 200),
  constraint review_author_bounded check (length(author) <= 80),
  constraint review_anonymised_has_nobody check
    (anonymised_at is null or (customer_id is null and author = ''))
);
comment on table reviews.review is
  'What people say of products. Distribution key: product_id; a customer has one review of each product.';
comment on column reviews.review.author is 'The name that is shown, nothing more of the person; empty once anonymised.';
comment on column reviews.review.customer_id is 'Null for imported reviews and for erased customers.';
comment on column reviews.review.verified is 'The customer had a confirmed order with the product when they wrote.';
create unique index review_one_per_customer on reviews.review (customer_id, product_id)
  where customer_id is not null;
create unique index review_external_unique on reviews.review (external_id)
  where external_id is not null;
create index review_shown_newest on reviews.review (product_id, written_at desc, id desc)
  where state = 'approved';
create index review_shown_by_rating on reviews.review (product_id, rating, written_at desc, id desc)
  where state = 'approved';
create index review_of_product on reviews.review (product_id);
create index review_newest on reviews.review (state, written_at desc, id desc);

create table reviews.summary (
  product_id uuid not null,
  rated_1 int not null default 0,
  rated_2 int not null default 0,
  rated_3 int not null default 0,
  rated_4 int not null default 0,
  rated_5 int not null default 0,
  approved int not null generated always as
    (rated_1 + rated_2 + rated_3 + rated_4 + rated_5) stored,
  average numeric(2, 1) generated always as
    (case when rated_1 + rated_2 + rated_3 + rated_4 + rated_5 > 0
     then round((rated_1 + 2 * rated_2 + 3 * rated_3 + 4 * rated_4 + 5 * rated_5)::numeric
                / (rated_1 + rated_2 + rated_3 + rated_4 + rated_5), 1) end) stored,
  constraint summary_pkey primary key (product_id)
);
comment on table reviews.summary is
  'The fold of the approved reviews of each product that ever had one. Distribution key: product_id.';

update staff.role set scopes = scopes || '{reviews:write}'
 where name in ('manager', 'catalogue', 'support') and not scopes @> '{reviews:write}';
update staff.role set scopes = scopes || '{reviews:read}'
 where name in ('developer', 'read_only') and not scopes @> '{reviews:read}';
