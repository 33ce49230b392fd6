-- name: breaking :many
-- Products of a type that a schema finds fault with, by id, each with what and where. $2 is the
-- schema as rows; a product is judged by the channels that it is published in, now or later.
with wanted as materialized (
    select * from jsonb_to_recordset($2::jsonb) as w(
        code text, level text, kind text, required boolean, channels uuid[], low numeric,
        high numeric, first date, last date, choices jsonb))
select p.id, p.slug, p.title, found.problems
  from catalog.product p
 cross join lateral (
    select jsonb_agg(jsonb_build_object('code', f.code, 'problem', f.problem,
                                        'channel_ids', f.channel_ids)
                     order by f.code, f.problem) as problems
      from (
        select w.code, 'missing' as problem, shown.channel_ids
          from wanted w
         cross join lateral (
            select array_agg(b.channel_id order by b.channel_id) as channel_ids
              from catalog.publication b
             where b.product_id = p.id and (b.publish_until is null or b.publish_until > $6)
               and (w.channels is null or b.channel_id = any (w.channels))) shown
         where w.required and p.status = 'active' and shown.channel_ids is not null
           and case w.level
               when 'product' then
                    coalesce(p.attributes -> w.code in ('""', '[]'), true)
               else exists (
                    select from catalog.variant v
                     where v.product_id = p.id and v.status = 'active'
                       and coalesce(v.attributes -> w.code in ('""', '[]'), true)) end
        union all
        select w.code, 'value', null
          from wanted w
         where case w.level
               when 'product' then p.attributes ? w.code and not producttypes.fits(
                    p.attributes -> w.code, w.kind, w.low, w.high, w.first, w.last, w.choices)
               else exists (
                    select from catalog.variant v
                     where v.product_id = p.id and v.status = 'active' and v.attributes ? w.code
                       and not producttypes.fits(v.attributes -> w.code, w.kind, w.low, w.high,
                                                  w.first, w.last, w.choices)) end
        union all
        select other.code, 'unknown', null
          from jsonb_object_keys(p.attributes) as other(code)
         where $3 and not exists (select from wanted w where w.code = other.code)
        union
        select other.code, 'unknown', null
          from catalog.variant v cross join lateral jsonb_object_keys(v.attributes) as other(code)
         where $3 and v.product_id = p.id and v.status = 'active'
           and not exists (select from wanted w where w.code = other.code)) f) found
 where p.type_code = $1 and p.id > $4 and p.id <= $8 and found.problems is not null
   and ($7::uuid[] is null or p.id = any ($7))
 order by p.id
 limit $5;

-- name: next_of_type :many
select id from catalog.product where type_code = $1 and id > $2 order by id limit $3;

-- name: next_of_label :many
select id from catalog.product
 where product_type = $1 and type_code is null and id > $2 order by id limit $3;
