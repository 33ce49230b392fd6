create schema if not exists projections;

-- Drawn before the sources are read: a projection with a higher revision has seen everything that
-- one with a lower revision saw, so the higher one may overwrite and never the lower (DOMAIN.md E12).
create sequence projections.revision;

create table projections.facet (
  channel_id uuid not null,
  code text not null,
  label text not null,
  unit text,
  position int not null,
  constraint facet_pkey primary key (channel_id, code)
);
comment on table projections.facet is
  'What a listing of the channel can be narrowed by: brand, options, attributes. distribution key: channel_id';

-- Facet values and categories as small numbers, so that an offer is an indexed array of integers.
-- Append-only: a number never changes its meaning.
create table projections.term (
  id int generated always as identity,
  channel_id uuid not null,
  code text not null,
  value text not null,
  label text not null,
  position int not null,
  constraint term_pkey primary key (id),
  constraint term_value_unique unique (channel_id, code, value)
);
comment on table projections.term is
  'One value of a facet, or a category (code empty, value its id; id of zeros: all products). distribution key: channel_id';

create table projections.product (
  channel_id uuid not null,
  product_id uuid not null,
  slot smallint not null,
  revision bigint not null,
  valid_from timestamptz not null default '-infinity',
  valid_until timestamptz not null default 'infinity',
  due_at timestamptz,
  visible boolean not null,
  slug text not null,
  document bytea,
  card bytea,
  categories int[] not null,
  facets int[] not null,
  buyable boolean not null,
  projected_at timestamptz not null,
  constraint product_pkey primary key (product_id, channel_id, slot),
  constraint product_slot check (slot in (0, 1)),
  constraint product_window check (valid_from < valid_until),
  constraint product_visible_has_answer check (visible = (document is not null and card is not null))
) with (fillfactor = 80);
comment on table projections.product is
  'The answer-ready product of a channel; a row that is not visible keeps its revision, so that a late event cannot bring it back. distribution key: product_id';
comment on column projections.product.slot is
  '0: as of the last projection; 1: as it will be from the next publish or price boundary on (DOMAIN.md C8)';
comment on column projections.product.due_at is
  'On slot 0: the next boundary, when both slots are to be projected again';
comment on column projections.product.categories is 'Terms of its categories and their ancestors, and of all products';
comment on column projections.product.facets is 'Terms of its purchasable variants';
create index product_by_slug on projections.product (channel_id, slug) where visible;
create index product_due on projections.product (due_at) where due_at is not null;
create index product_by_age on projections.product (channel_id, projected_at);

-- One row per product and category (ancestors too) with every sort key: any sorted page of any
-- category, however large, is one range of one index.
create table projections.placement (
  category int not null,
  product_id uuid not null,
  slot smallint not null,
  valid_from timestamptz not null,
  valid_until timestamptz not null,
  position int not null,
  price_minor bigint not null,
  listed_at timestamptz not null,
  name_key text collate "C" not null,
  buyable boolean not null,
  constraint placement_pkey primary key (category, product_id, slot)
) with (fillfactor = 80);
comment on table projections.placement is
  'Where a visible product stands in a category. distribution key: category';
create index placement_by_position on projections.placement (category, position, product_id);
create index placement_by_price on projections.placement (category, price_minor, product_id);
create index placement_by_age on projections.placement (category, listed_at, product_id);
create index placement_by_name on projections.placement (category, name_key, product_id);
create index placement_begins on projections.placement (category, valid_from)
  where valid_from > '-infinity';
create index placement_ends on projections.placement (category, valid_until)
  where valid_until < 'infinity';

-- One row per variant that can be bought (published, priced, in stock or on backorder), so that
-- "blue and XL under 50" is a question about one variant (DOMAIN.md E7).
create table projections.offer (
  channel_id uuid not null,
  variant_id uuid not null,
  slot smallint not null,
  product_id uuid not null,
  valid_from timestamptz not null,
  valid_until timestamptz not null,
  facets int[] not null,
  terms int[] not null,
  price_minor bigint not null,
  constraint offer_pkey primary key (variant_id, channel_id, slot)
) with (fillfactor = 80);
comment on table projections.offer is
  'A purchasable variant with its facet values and categories. distribution key: variant_id';
comment on column projections.offer.terms is 'Its facet values and its categories together, as one index key';
create index offer_by_product on projections.offer (product_id, channel_id, slot);
-- Without a pending list: projections are written in the background, listings are waited for.
create index offer_by_term on projections.offer using gin (terms) with (fastupdate = off);

create table projections.variant (
  channel_id uuid not null,
  variant_id uuid not null,
  slot smallint not null,
  product_id uuid not null,
  valid_from timestamptz not null,
  valid_until timestamptz not null,
  position int not null,
  body bytea not null,
  constraint variant_pkey primary key (variant_id, channel_id, slot)
) with (fillfactor = 80);
comment on table projections.variant is
  'The answer-ready variant of a channel, for the pages after the first. distribution key: variant_id';
create index variant_by_product on projections.variant (product_id, channel_id, slot, position, variant_id);

create table projections.facet_count (
  category int not null,
  term int not null,
  products int not null,
  constraint facet_count_pkey primary key (category, term)
) with (fillfactor = 60);
comment on table projections.facet_count is
  'Products of a category by facet value of what can be bought; term = category: all that are visible; term = 0: all that can be bought. Kept by differences. distribution key: category';

-- Append-only, so that nobody who reports a change waits for a projection that is under way.
create table projections.pending (
  id bigint generated always as identity,
  product_id uuid not null,
  changed_at timestamptz not null,
  try_at timestamptz not null,
  tries int not null default 0,
  error text,
  constraint pending_pkey primary key (id)
);
comment on table projections.pending is
  'Products whose sources changed and that wait to be projected. distribution key: product_id';
create index pending_due on projections.pending (try_at, id);

-- When the listing of a category next changes by schedule alone.
create function projections.next_boundary(p_category int, p_at timestamptz) returns timestamptz
language sql stable
return least(
  (select min(valid_from) from projections.placement
   where category = p_category and valid_from > p_at and valid_from > '-infinity'),
  (select min(valid_until) from projections.placement
   where category = p_category and valid_until > p_at and valid_until < 'infinity'));

-- Counts by term as facets with their labels, the hundred most frequent values of each.
create function projections.facets_of(p_terms int[], p_products int[]) returns jsonb
language sql stable
return (
  select coalesce(jsonb_agg(jsonb_build_object(
           'code', f.code, 'label', f.label, 'unit', f.unit, 'values', v.values)
           order by f.position, f.code), '[]')
  from (
    select r.channel_id, r.code, jsonb_agg(jsonb_build_object(
             'value', r.value, 'label', r.label, 'count', r.products)
             order by r.position, r.products desc, r.value) as values
    from (
      select t.*, c.products,
             row_number() over (partition by t.code order by c.products desc, t.value) as rank
      from unnest(p_terms, p_products) as c (term, products)
      join projections.term t on t.id = c.term
      where t.code <> '' and c.products > 0
    ) r
    where r.rank <= 100
    group by r.channel_id, r.code
  ) v
  join projections.facet f on f.channel_id = v.channel_id and f.code = v.code);

-- The facets of a whole category, from the counts that are kept.
create function projections.category_facets(p_category int) returns jsonb
language sql stable
return (
  select projections.facets_of(array_agg(term), array_agg(products))
  from projections.facet_count where category = p_category and products > 0);
