-- name: definitions_of :many
select id, subject, code, label, kind, required, default_value as "default", visible,
       shopper_writes, on_order, minimum, maximum, max_length, pattern, choices, version,
       created_at, updated_at
  from fields.definition
 where deleted_at is null and ($1::text is null or subject = $1)
 order by subject, code

-- name: lock_definition :one?
select id, subject, code, label, kind, required, default_value as "default", visible,
       shopper_writes, on_order, minimum, maximum, max_length, pattern, choices, version,
       created_at, updated_at
  from fields.definition where id = $1 and deleted_at is null for update

-- name: write_definition :exec
insert into fields.definition as d (
       id, subject, code, label, kind, required, default_value, visible, shopper_writes, on_order,
       minimum, maximum, max_length, pattern, choices, version, created_at, updated_at)
select r.id, r.subject, r.code, r.label, r.kind, r.required, r."default", r.visible,
       r.shopper_writes, r.on_order, r.minimum, r.maximum, r.max_length, r.pattern, r.choices,
       r.version, r.created_at, r.updated_at
  from jsonb_to_record($1::jsonb) as r(
       id uuid, subject text, code text, label text, kind text, required boolean, "default" jsonb,
       visible text, shopper_writes boolean, on_order boolean, minimum text, maximum text,
       max_length int, pattern text, choices jsonb, version bigint, created_at timestamptz,
       updated_at timestamptz)
    on conflict (id) do update
   set code = excluded.code, label = excluded.label, required = excluded.required,
       default_value = excluded.default_value, visible = excluded.visible,
       shopper_writes = excluded.shopper_writes, on_order = excluded.on_order,
       minimum = excluded.minimum, maximum = excluded.maximum, max_length = excluded.max_length,
       pattern = excluded.pattern, choices = excluded.choices, version = excluded.version,
       updated_at = excluded.updated_at

-- name: delete_definition :exec
update fields.definition set deleted_at = $2, version = version + 1
 where id = $1 and deleted_at is null

-- name: drop_values :exec
-- A batch of the values of a deleted field.
delete from fields.value v
 using (select subject, entity_id, definition_id, n from fields.value
         where definition_id = $1 limit $2) as old
 where (v.subject, v.entity_id, v.definition_id, v.n)
     = (old.subject, old.entity_id, old.definition_id, old.n)

-- name: lock_values :one
select pg_advisory_xact_lock(hashtextextended('fields ' || $1::text || ' ' || $2::uuid, 0)) is null as locked

-- name: values_of :many
select v.entity_id, d.code, v.value
  from fields.value v
  join fields.definition d on d.id = v.definition_id and d.deleted_at is null
 where v.subject = $1 and v.entity_id = any($2::uuid[]) and v.n = 0

-- name: values_of_each :many
select v.subject, v.entity_id, d.code, v.value
  from unnest($1::text[], $2::uuid[]) as r(subject, entity_id)
  join fields.value v on v.subject = r.subject and v.entity_id = r.entity_id and v.n = 0
  join fields.definition d on d.id = v.definition_id and d.deleted_at is null

-- name: clear_values :exec
delete from fields.value
 where subject = $1 and (entity_id, definition_id) in (
       select * from unnest($2::uuid[], $3::uuid[]))

-- name: write_values :exec
insert into fields.value (subject, entity_id, definition_id, n, value, text_key, number_key)
select $1, r.entity_id, r.definition_id, r.n, r.value, r.text_key, r.number_key
  from jsonb_to_recordset($2::jsonb) as r(
       entity_id uuid, definition_id uuid, n smallint, value jsonb, text_key text,
       number_key numeric)
    on conflict (subject, entity_id, definition_id, n) do update
   set value = excluded.value, text_key = excluded.text_key, number_key = excluded.number_key

-- name: copy_to_orders :exec
-- What shoppers said of their carts goes onto the orders of the same ids, once.
insert into fields.value (subject, entity_id, definition_id, n, value, text_key, number_key)
select 'order', v.entity_id, o.id, v.n, v.value, v.text_key, v.number_key
  from fields.value v
  join fields.definition d on d.id = v.definition_id and d.deleted_at is null and d.on_order
  join fields.definition o on o.subject = 'order' and o.code = d.code and o.kind = d.kind
   and o.deleted_at is null
 where v.subject = 'cart' and v.entity_id = any($1::uuid[])
    on conflict do nothing

-- name: forget_entities :exec
delete from fields.value where subject = $1 and entity_id = any($2::uuid[])

-- name: how_many :many
-- How many things have each value; $4: more are not counted.
select (select count(*) from (
          select from fields.value v
           where v.definition_id = w.definition_id and v.subject = $1 and v.text_key = w.equals
           limit $4) counted) as found
  from unnest($2::uuid[], $3::text[]) with ordinality as w(definition_id, equals, place)
 order by w.place

-- name: equal_to :many
-- Things whose field has a value, the newest first (their ids grow with time). The other filters are
-- put on the first $7 of them, each by the key of its value.
select v.entity_id
  from (select entity_id from fields.value
         where definition_id = $1 and subject = $2 and text_key = $3 and entity_id < $4
         order by entity_id desc
         limit $7) v
 where not exists (
       select from jsonb_to_recordset($5::jsonb) as f(
              definition_id uuid, equals text, low numeric, high numeric)
        where not exists (
              select from fields.value o
               where o.subject = $2 and o.entity_id = v.entity_id
                 and o.definition_id = f.definition_id
                 and (f.equals is null or o.text_key = f.equals)
                 and (f.low is null or o.number_key >= f.low)
                 and (f.high is null or o.number_key <= f.high)))
 order by v.entity_id desc
 limit $6

-- name: equal_to_end :one?
-- Where equal_to stopped looking; $5: how many it looked through.
select entity_id from fields.value
 where definition_id = $1 and subject = $2 and text_key = $3 and entity_id < $4
 order by entity_id desc
offset $5::bigint - 1 limit 1

-- name: between :many
-- Things whose field is within bounds, by its value. The other filters are put on the first $9.
select v.entity_id, v.number_key
  from (select entity_id, number_key from fields.value
         where definition_id = $1 and subject = $2 and number_key >= $3 and number_key <= $4
           and (number_key, entity_id) > ($5, $6)
         order by number_key, entity_id
         limit $9) v
 where not exists (
       select from jsonb_to_recordset($7::jsonb) as f(
              definition_id uuid, equals text, low numeric, high numeric)
        where not exists (
              select from fields.value o
               where o.subject = $2 and o.entity_id = v.entity_id
                 and o.definition_id = f.definition_id
                 and (f.equals is null or o.text_key = f.equals)
                 and (f.low is null or o.number_key >= f.low)
                 and (f.high is null or o.number_key <= f.high)))
 order by v.number_key, v.entity_id
 limit $8

-- name: between_end :one?
-- Where between stopped looking; $7: how many it looked through.
select entity_id, number_key from fields.value
 where definition_id = $1 and subject = $2 and number_key >= $3 and number_key <= $4
   and (number_key, entity_id) > ($5, $6)
 order by number_key, entity_id
offset $7::bigint - 1 limit 1

-- name: named_media :many
-- Storage keys that values of custom fields hold, and what a field holds until told otherwise.
select m[1] as ref from fields.value v, regexp_matches(v.value::text, '[0-9a-f]{40}\.[a-z0-9]{3,4}', 'g') m
 where m[1] = any ($1)
 union
select m[1] from fields.definition d, regexp_matches(d.default_value::text, '[0-9a-f]{40}\.[a-z0-9]{3,4}', 'g') m
 where m[1] = any ($1)
