-- name: insert_review :exec
insert into reviews.review
  (id, product_id, customer_id, author, title, body, rating, locale, state, verified, written_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $10, $10)

-- name: review :one?
select id, product_id, customer_id, external_id, author, title, body, rating, locale, state, verified,
       written_at, decided_at, decided_by, reason, version
  from reviews.review where id = $1

-- name: lock_review :one?
select id, product_id, customer_id, external_id, author, title, body, rating, locale, state, verified,
       written_at, decided_at, decided_by, reason, version
  from reviews.review where id = $1 for update

-- name: decide :one?
update reviews.review
   set state = $2, decided_at = $3, decided_by = $4, reason = $5, version = version + 1, updated_at = $3
 where id = $1 and state <> $2
returning id, product_id, customer_id, external_id, author, title, body, rating, locale, state, verified,
          written_at, decided_at, decided_by, reason, version

-- name: reopen :one?
update reviews.review
   set state = 'pending', decided_at = null, decided_by = '', reason = '', version = version + 1,
       updated_at = $2
 where id = $1 and state <> 'pending'
returning id, product_id, customer_id, external_id, author, title, body, rating, locale, state, verified,
          written_at, decided_at, decided_by, reason, version

-- name: withdraw :one?
delete from reviews.review where id = $1 and customer_id = $2 returning product_id, state

-- name: anonymise :many
update reviews.review
   set customer_id = null, author = '', anonymised_at = $2, version = version + 1, updated_at = $2
 where customer_id = any ($1::uuid[])
returning product_id

-- name: forget_products :exec
with gone as (delete from reviews.summary where product_id = any ($1::uuid[]))
delete from reviews.review where product_id = any ($1::uuid[])

-- name: shown_newest :many
select id, product_id, customer_id, external_id, author, title, body, rating, locale, state, verified,
       written_at, decided_at, decided_by, reason, version
  from reviews.review
 where product_id = $1 and state = 'approved' and ($2::smallint is null or rating = $2)
   and ($3::timestamptz is null or (written_at, id) < ($3, $4::uuid))
 order by written_at desc, id desc
 limit $5

-- name: shown_highest :many
select id, product_id, customer_id, external_id, author, title, body, rating, locale, state, verified,
       written_at, decided_at, decided_by, reason, version
  from reviews.review
 where product_id = $1 and state = 'approved' and ($2::smallint is null or rating = $2)
   and ($3::timestamptz is null or rating < $6 or (rating = $6::smallint and (written_at, id) < ($3, $4::uuid)))
 order by rating desc, written_at desc, id desc
 limit $5

-- name: shown_lowest :many
select id, product_id, customer_id, external_id, author, title, body, rating, locale, state, verified,
       written_at, decided_at, decided_by, reason, version
  from reviews.review
 where product_id = $1 and state = 'approved' and ($2::smallint is null or rating = $2)
   and ($3::timestamptz is null or rating > $6 or (rating = $6::smallint and (written_at, id) < ($3, $4::uuid)))
 order by rating, written_at desc, id desc
 limit $5

-- name: reviews_in_state :many
select id, product_id, customer_id, external_id, author, title, body, rating, locale, state, verified,
       written_at, decided_at, decided_by, reason, version
  from reviews.review
 where state = $1 and ($2::timestamptz is null or (written_at, id) < ($2, $3::uuid))
 order by written_at desc, id desc
 limit $4

-- name: reviews_of_product :many
select id, product_id, customer_id, external_id, author, title, body, rating, locale, state, verified,
       written_at, decided_at, decided_by, reason, version
  from reviews.review
 where product_id = $5::uuid and state = $1 and ($2::timestamptz is null or (written_at, id) < ($2, $3::uuid))
 order by written_at desc, id desc
 limit $4

-- name: reviews_of_customer :many
select id, product_id, customer_id, external_id, author, title, body, rating, locale, state, verified,
       written_at, decided_at, decided_by, reason, version
  from reviews.review
 where customer_id = $4::uuid and ($1::timestamptz is null or (written_at, id) < ($1, $2::uuid))
 order by written_at desc, id desc
 limit $3

-- name: reviews_after :many
select id, product_id, customer_id, external_id, author, title, body, rating, locale, state, verified,
       written_at, decided_at, decided_by, reason, version
  from reviews.review where id > $1 order by id limit $2

-- name: lock_given :many
select id, product_id, customer_id, external_id, author, title, body, rating, locale, state, verified,
       written_at, decided_at, decided_by, reason, version
  from reviews.review
 where external_id = any ($1::text[]) or id = any ($2::uuid[])
 order by id
   for update

-- name: write_given :exec
-- A whole batch: new ones, and those that differ. What staff decided and whose it is stays.
insert into reviews.review as r
  (id, product_id, external_id, author, title, body, rating, locale, state, verified, written_at, updated_at)
select w.*, $12 from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],
  $7::smallint[], $8::text[], $9::text[], $10::boolean[], $11::timestamptz[])
  as w (id, product_id, external_id, author, title, body, rating, locale, state, verified, written_at)
 order by w.id
on conflict (id) do update
   set product_id = excluded.product_id, author = excluded.author, title = excluded.title,
       body = excluded.body, rating = excluded.rating, locale = excluded.locale,
       state = excluded.state, verified = excluded.verified, written_at = excluded.written_at,
       version = r.version + 1, updated_at = excluded.updated_at

-- name: make_summaries :exec
insert into reviews.summary (product_id)
select distinct product_id from reviews.review
 where product_id = any ($1::uuid[]) and state = 'approved'
 order by product_id
on conflict do nothing

-- name: lock_summaries :many
select product_id from reviews.summary where product_id = any ($1::uuid[]) order by product_id for update

-- name: fold :many
-- The summaries are locked: this statement sees every review that was decided before.
with counted as (
  select s.product_id,
         count(*) filter (where r.rating = 1) as n1, count(*) filter (where r.rating = 2) as n2,
         count(*) filter (where r.rating = 3) as n3, count(*) filter (where r.rating = 4) as n4,
         count(*) filter (where r.rating = 5) as n5
    from reviews.summary s
    left join reviews.review r on r.product_id = s.product_id and r.state = 'approved'
   where s.product_id = any ($1::uuid[])
   group by s.product_id)
update reviews.summary s
   set rated_1 = c.n1, rated_2 = c.n2, rated_3 = c.n3, rated_4 = c.n4, rated_5 = c.n5
  from counted c
 where s.product_id = c.product_id
   and (s.rated_1, s.rated_2, s.rated_3, s.rated_4, s.rated_5) is distinct from (c.n1, c.n2, c.n3, c.n4, c.n5)
returning s.product_id, s.approved, s.average::text as average

-- name: rating :one?
select average::text as average, approved, rated_1, rated_2, rated_3, rated_4, rated_5
  from reviews.summary where product_id = $1
