-- name: holder :one?
-- What has this name in the channel and language now: by a name of its own there, else by its own
-- slug or path. $4: the locales to look in, the best first, the empty one last.
select coalesce(
  (select n.entity_id from paths.name n
    where n.kind = $1 and n.name = $2 and n.present
      and n.channel_id in ($3, '00000000-0000-0000-0000-000000000000') and n.locale = any ($4::text[])
    order by n.channel_id = $3 desc, array_position($4::text[], n.locale) limit 1),
  case $1::text
    when 'product' then (select id from catalog.product where slug = $2)
    when 'category' then (select id from catalog.category where path = $2)
    when 'collection' then (select id from collections.collection where slug = $2)
    when 'brand' then (select id from brands.brand where slug = $2)
  end) as entity_id;

-- name: former_holder :one?
-- What had this name in the channel and language last. It may have been deleted since.
select entity_id
from (
  select n.entity_id, n.since from paths.name n
   where n.kind = $1 and n.name = $2 and not n.present
     and n.channel_id in ($3, '00000000-0000-0000-0000-000000000000') and n.locale = any ($4::text[])
  union all
  select r.target_id, r.made_at from catalog.redirect r where r.kind = $1 and r.path = $2) f
order by since desc limit 1;

-- name: own_name_holder :one?
-- What has this name where it has none of its own.
select case $1::text
    when 'product' then (select id from catalog.product where slug = $2)
    when 'category' then (select id from catalog.category where path = $2)
    when 'collection' then (select id from collections.collection where slug = $2)
    when 'brand' then (select id from brands.brand where slug = $2)
  end as entity_id;

-- name: address :one?
-- What a thing is called in the channel and language, and whether the channel shows it.
select coalesce(
  (select n.name from paths.name n
    where n.entity_id = $2 and n.present
      and n.channel_id in ($3, '00000000-0000-0000-0000-000000000000') and n.locale = any ($4::text[])
    order by n.channel_id = $3 desc, array_position($4::text[], n.locale) limit 1),
  t.name) as name, t.shown
from (
  select p.slug as name, exists (
           select from projections.product s
            where s.product_id = p.id and s.channel_id = $3 and s.visible
              and s.valid_from <= $5 and s.valid_until > $5) as shown
    from catalog.product p where $1::text = 'product' and p.id = $2
  union all
  select c.path, true from catalog.category c where $1::text = 'category' and c.id = $2
  union all
  select l.slug, $3 = any (l.channels) and collections.is_shown(l.windows, $3, $5)
    from collections.collection l
   where $1::text = 'collection' and l.id = $2
  union all
  select b.slug, true from brands.brand b where $1::text = 'brand' and b.id = $2) t;

-- name: ending :one?
select answer, target_kind, target_id from paths.ending where entity_id = $1;

-- name: redirect_at :one?
select answer, target_kind, target_id, target from paths.redirect
 where path = $1 and channel_id in ($2, '00000000-0000-0000-0000-000000000000')
   and locale = any ($3::text[])
 order by channel_id = $2 desc, array_position($3::text[], locale) limit 1;

-- name: collisions :many
-- Things whose own name another thing goes by in some channel or language, where they have no
-- name of their own.
select t.id, t.name, n.channel_id, n.locale
from (
  select p.id, p.slug as name from catalog.product p
   where $1::text = 'product' and p.id = any ($2::uuid[])
  union all
  -- Paths below one that changed have changed with it.
  select c.id, c.path from catalog.category root
    join catalog.category c on c.id = root.id or starts_with(c.path, root.path || '/')
   where $1::text = 'category' and root.id = any ($2::uuid[])
  union all
  select l.id, l.slug from collections.collection l
   where $1::text = 'collection' and l.id = any ($2::uuid[])
  union all
  select b.id, b.slug from brands.brand b where $1::text = 'brand' and b.id = any ($2::uuid[])) t
join paths.name n on n.kind = $1 and n.name = t.name and n.present and n.entity_id <> t.id
where not exists (
  select from paths.name own
   where own.entity_id = t.id and own.present
     and own.channel_id = n.channel_id and own.locale = n.locale);
