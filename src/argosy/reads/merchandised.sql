-- What rules make of the products of a window ($1). A rule is a row of $3 (n, strength, in_stock,
-- on_sale, products); $4, $5 and $6 are its other conditions: rule, code, value, of which any of a
-- code will do. A category's code is ''. That a card shows a higher price is read from its bytes: no
-- string within JSON holds a bare quotation mark.

-- name: found_meeting :many
-- Of the products $2: whether they can be bought now, and what the rules add up to.
with rule as materialized (
  select * from jsonb_to_recordset($3::jsonb)
    as r (n int, strength int, in_stock boolean, on_sale boolean, products uuid[])
), condition as materialized (
  select c.n, c.code, coalesce(array_agg(t.id) filter (where t.id is not null), '{}') as terms
  from unnest($4::int[], $5::text[], $6::text[]) as c (n, code, value)
  left join projections.term t
    on t.channel_id = $1 and t.code = c.code and t.value = c.value
  group by c.n, c.code
)
select p.product_id, p.buyable, coalesce(sum(r.strength), 0)::int as strength,
       coalesce(array_agg(r.n order by r.n) filter (where r.n is not null), '{}') as rules
from projections.product p
left join rule r
  on (r.products is null or p.product_id = any (r.products))
 and (r.in_stock is null or p.buyable = r.in_stock)
 and (r.on_sale is null
      or (position('"compare_at":{'::bytea in p.card) > 0
          or position('"prior":{'::bytea in p.card) > 0) = r.on_sale)
 and not exists (select from condition c
                 where c.n = r.n and not (p.facets && c.terms or p.categories && c.terms))
where p.channel_id = $1 and p.product_id = any ($2::uuid[])
  and p.visible and p.valid_from <= $7 and p.valid_until > $7
group by p.product_id, p.buyable;

-- name: listed_meeting :many
-- The products of the category $2 that a rule is for, in its order; at most $8.
with rule as materialized (
  select * from jsonb_to_recordset($3::jsonb)
    as r (n int, strength int, in_stock boolean, on_sale boolean, products uuid[])
), condition as materialized (
  select c.n, c.code, coalesce(array_agg(t.id) filter (where t.id is not null), '{}') as terms
  from unnest($4::int[], $5::text[], $6::text[]) as c (n, code, value)
  left join projections.term t
    on t.channel_id = $1 and t.code = c.code and t.value = c.value
  group by c.n, c.code
)
select p.product_id, p.buyable, sum(r.strength)::int as strength,
       array_agg(r.n order by r.n) as rules
from projections.placement pl
join projections.product p
  on p.product_id = pl.product_id and p.channel_id = $1 and p.slot = pl.slot
join rule r
  on (r.products is null or p.product_id = any (r.products))
 and (r.in_stock is null or p.buyable = r.in_stock)
 and (r.on_sale is null
      or (position('"compare_at":{'::bytea in p.card) > 0
          or position('"prior":{'::bytea in p.card) > 0) = r.on_sale)
 and not exists (select from condition c
                 where c.n = r.n and not (p.facets && c.terms or p.categories && c.terms))
where pl.category = $2
  and (pl.valid_from > $7) is not true and (pl.valid_until <= $7) is not true
group by p.product_id, p.buyable, pl.position
order by abs(sum(r.strength)) desc, pl.position, p.product_id
limit $8;

-- name: buyable_in_category :many
-- Those of the products $3 that the category $2 lists and that can be bought now.
select distinct pl.product_id
from projections.placement pl
join projections.product p
  on p.product_id = pl.product_id and p.channel_id = $1 and p.slot = pl.slot
where pl.category = $2 and pl.product_id = any ($3::uuid[]) and pl.buyable
  and (pl.valid_from > $4) is not true and (pl.valid_until <= $4) is not true;
