create schema if not exists projections;

alter table projections.term add column swatch text;
comment on column projections.term.swatch is
  'What a value looks like: a colour (#rrggbb) or the address of an image; of swatch attributes.';

-- Counts by term as facets with their labels, the hundred most frequent values of each.
create or replace function projections.facets_of(p_terms int[], p_products int[]) returns jsonb
language sql stable
return (
  select coalesce(jsonb_agg(jsonb_build_object(
           'code', f.code, 'label', f.label, 'unit', f.unit, 'values', v.values)
           order by f.position, f.code), '[]')
  from (
    select r.channel_id, r.code, jsonb_agg(jsonb_build_object(
             'value', r.value, 'label', r.label, 'count', r.products)
             || case when coalesce(r.swatch, '') = '' then '{}'::jsonb
                     when starts_with(r.swatch, '#')
                     then jsonb_build_object('swatch', jsonb_build_object('colour', r.swatch))
                     else jsonb_build_object('swatch', jsonb_build_object('image', r.swatch)) end
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
