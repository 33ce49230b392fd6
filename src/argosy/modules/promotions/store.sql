-- name: insert_promotion :exec
insert into promotions.promotion (id, name, document, channels, needs_coupon, uses,
                                  uses_per_customer, budget, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)

-- name: update_promotion :one?
update promotions.promotion
   set name = $3, document = $4, channels = $5, needs_coupon = $6, uses = $7,
       uses_per_customer = $8, budget = $9, version = version + 1, updated_at = $10
 where id = $1 and version = $2 and state <> 'archived'
returning version

-- name: move_promotion :one?
update promotions.promotion set state = $3, version = version + 1, updated_at = $4
 where id = $1 and state = $2
returning version

-- name: keep_version :exec
insert into promotions.version (promotion_id, version, state, name, document, channels,
                                needs_coupon, uses, uses_per_customer, budget, saved_at, saved_by)
select id, version, state, name, document, channels, needs_coupon, uses, uses_per_customer, budget,
       $2, $3
  from promotions.promotion where id = $1

-- name: promotion :one?
select * from promotions.promotion where id = $1

-- name: lock_promotion :one?
select * from promotions.promotion where id = $1 for no key update

-- name: promotions :many
-- Newest changes first. $1: only in this state; $2, $3: after this one.
select * from promotions.promotion
 where ($1::text is null or state = $1)
   and ($2::timestamptz is null or (updated_at, id) < ($2, $3::uuid))
 order by updated_at desc, id desc
 limit $4

-- name: versions :many
select * from promotions.version
 where promotion_id = $1 and ($2::int is null or version < $2)
 order by version desc
 limit $3

-- name: live_promotions :many
-- With what is taken of their limits by all together: uses, and money by currency.
select p.*,
       coalesce((select a.taken from promotions.allowance a
                  where a.subject = p.id and a.person = '' and a.currency = ''), 0) as uses_taken,
       coalesce((select jsonb_object_agg(a.currency, a.taken) from promotions.allowance a
                  where a.subject = p.id and a.person = '' and a.currency <> ''), '{}') as spent
  from promotions.promotion p
 where p.state = 'live' and (p.channels = '{}' or $1::uuid = any (p.channels))
 order by p.id

-- name: insert_coupons :many
-- Returned: the codes that were free.
insert into promotions.coupon (code, id, shown, promotion_id, batch_id, uses, uses_per_customer,
                               customer_id, valid_from, valid_until, created_at)
select c.code, gen_random_uuid(), c.shown, $3, $4, $5, $6, $7, $8, $9, $10
  from unnest($1::text[], $2::text[]) as c (code, shown)
    on conflict (code) do nothing
returning code

-- name: insert_batch :exec
insert into promotions.batch (id, promotion_id, name, codes, created_at) values ($1, $2, $3, $4, $5)

-- name: batches :many
select * from promotions.batch
 where promotion_id = $1 and ($2::uuid is null or id < $2)
 order by id desc
 limit $3

-- name: disable_batch :one?
with ended as (
    update promotions.batch set disabled_at = coalesce(disabled_at, $3)
     where id = $2 and promotion_id = $1
    returning *),
codes as (
    update promotions.coupon c set disabled_at = $3
      from ended where c.batch_id = ended.id and c.disabled_at is null)
select * from ended

-- name: disable_coupon :one?
update promotions.coupon set disabled_at = coalesce(disabled_at, $3)
 where code = $2 and promotion_id = $1
returning code

-- name: coupons :many
select c.*,
       coalesce((select a.taken from promotions.allowance a
                  where a.subject = c.id and a.person = '' and a.currency = ''), 0) as taken
  from promotions.coupon c
 where c.promotion_id = $1
   and ($2::uuid is null or c.batch_id = $2)
   and ($3::text is null or c.code > $3)
 order by c.code
 limit $4

-- name: standing :many
-- Presented codes ($1) with what is taken of them, and what persons ($2) took of them and of the
-- promotions $3: one row for each code, and one for each counter.
with known as materialized (
    select c.*, coalesce((select a.taken from promotions.allowance a
                           where a.subject = c.id and a.person = '' and a.currency = ''), 0) as taken
      from promotions.coupon c where c.code = any ($1::text[])),
counted as (
    select a.subject, a.person, a.taken from promotions.allowance a
     where a.currency = '' and a.person = any ($2::text[])
       and (a.subject = any ($3::uuid[]) or a.subject in (select id from known)))
select to_jsonb(known) as coupon, null::uuid as subject, null as person, null::bigint as taken
  from known
union all
select null, subject, person, taken from counted

-- name: lock_allowances :many
-- The counters ($1: a JSON list), made if they are new, locked in their order until the end of the
-- transaction, with what is taken of them.
insert into promotions.allowance as a (subject, person, currency, taken)
select distinct w.subject, w.person, w.currency, 0
  from jsonb_to_recordset($1::jsonb) as w (subject uuid, person text, currency text)
 order by 1, 2, 3
    on conflict (subject, person, currency) do update set taken = a.taken
returning a.subject, a.person, a.currency, a.taken

-- name: write_claims :exec
-- $1: the locked counters with what is taken of them now; $2: what orders hold of them.
with counted as (
    update promotions.allowance a set taken = w.taken
      from jsonb_to_recordset($1::jsonb) as w (
           subject uuid, person text, currency text, taken bigint)
     where a.subject = w.subject and a.person = w.person and a.currency = w.currency)
insert into promotions.claim as c (order_id, subject, person, currency, promotion_id, amount,
                                   state, claimed_at)
select w.order_id, w.subject, w.person, w.currency, w.promotion_id, w.amount, $4, $3
  from jsonb_to_recordset($2::jsonb) as w (
       order_id uuid, subject uuid, person text, currency text, promotion_id uuid, amount bigint)
    on conflict (order_id, subject, person, currency) do update
   set amount = excluded.amount, promotion_id = excluded.promotion_id, state = excluded.state,
       claimed_at = excluded.claimed_at, settled_at = null

-- name: use_claims :many
update promotions.claim set state = 'used', settled_at = $2
 where order_id = $1 and state = 'held'
returning promotion_id

-- name: release_claims :many
-- Gives back what the order held ($3: or had used) to its counters, which are locked in their order.
with released as (
    update promotions.claim set state = 'released', settled_at = $2
     where order_id = $1 and state = any ($3::text[])
    returning subject, person, currency, promotion_id, amount),
locked as materialized (
    select a.subject, a.person, a.currency, r.amount
      from promotions.allowance a join released r using (subject, person, currency)
     order by a.subject, a.person, a.currency
       for no key update of a),
given_back as (
    update promotions.allowance a set taken = a.taken - l.amount
      from locked l
     where a.subject = l.subject and a.person = l.person and a.currency = l.currency)
select distinct promotion_id from released

-- name: held_since :many
-- Orders whose holds are older than $1, for the sweep that asks what became of them.
select distinct order_id from promotions.claim where state = 'held' and claimed_at < $1 limit $2

-- name: usage :one
-- Orders by the state of their claims, and the money of the budget.
select count(distinct order_id) filter (where state = 'held') as held,
       count(distinct order_id) filter (where state = 'used') as used,
       count(distinct order_id) filter (where state = 'released') as released,
       coalesce((select jsonb_object_agg(a.currency, a.taken) from promotions.allowance a
                  where a.subject = $1 and a.person = '' and a.currency <> ''), '{}') as given
  from promotions.claim where promotion_id = $1

-- name: insert_simulation :exec
insert into promotions.simulation (id, promotion_id, version, days, asked_at)
values ($1, $2, $3, $4, $5)

-- name: finish_simulation :exec
update promotions.simulation set state = $2, result = $3, finished_at = $4
 where id = $1 and state = 'running'

-- name: simulation :one?
select * from promotions.simulation where id = $1
