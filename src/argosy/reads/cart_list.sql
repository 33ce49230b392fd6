-- name: carts_recent :many
-- $1, $2: changed before; $5: changed since; $3: how many to answer; $4: how many are looked through;
-- $6: now; $7 channel, $8 customer, $9 status: what the rows are narrowed by. Both lists read ranges of
-- indexes by the quarter of an hour, and sort within one. Of who is erased nothing is told.
select c.id, c.channel_id, u.id as customer_id,
       case when c.customer_id is null or u.id is not null then c.email else '' end as email,
       coalesce(u.email, '') as account_email, c.currency, c.status,
       jsonb_array_length(c.lines) as lines,
       (select coalesce(sum((l ->> 'quantity')::bigint), 0)::bigint
          from jsonb_array_elements(c.lines) l) as units,
       c.created_at, c.updated_at, c.expires_at
  from (select r.*,
               case when merged_into is not null then 'merged'
                    when state = 'expired' or state = 'open' and expires_at <= $6::timestamptz
                    then case when lines = '[]'::jsonb then 'expired' else 'abandoned' end
                    else state end as status
          from (select * from cart.cart
                 where (changed_in, updated_at, id)
                     < (date_bin('15 minutes', $1::timestamptz, '2000-01-01 00:00:00+00'), $1, $2::uuid)
                   and updated_at >= $5::timestamptz
                   and changed_in >= date_bin('15 minutes', $5, '2000-01-01 00:00:00+00')
                 order by changed_in desc, updated_at desc, id desc
                 limit $4) r) c
  left join customers.customer u on u.id = c.customer_id and u.erased_at is null
 where ($7::uuid is null or c.channel_id = $7) and ($8::uuid is null or c.customer_id = $8)
   and ($9::text is null or c.status = $9)
 order by c.updated_at desc, c.id desc
 limit $3

-- name: carts_recent_end :one?
-- Where carts_recent stopped looking. $3: changed since; $4: how many it looked through.
select updated_at, id from cart.cart
 where (changed_in, updated_at, id)
     < (date_bin('15 minutes', $1::timestamptz, '2000-01-01 00:00:00+00'), $1, $2::uuid)
   and updated_at >= $3::timestamptz
   and changed_in >= date_bin('15 minutes', $3, '2000-01-01 00:00:00+00')
 order by changed_in desc, updated_at desc, id desc
offset $4::bigint - 1 limit 1

-- name: carts_of_person :many
-- The same of one person. $10: forms of an address, folded; $11: an account, whose carts may have no
-- address yet.
select c.id, c.channel_id, u.id as customer_id,
       case when c.customer_id is null or u.id is not null then c.email else '' end as email,
       coalesce(u.email, '') as account_email, c.currency, c.status,
       jsonb_array_length(c.lines) as lines,
       (select coalesce(sum((l ->> 'quantity')::bigint), 0)::bigint
          from jsonb_array_elements(c.lines) l) as units,
       c.created_at, c.updated_at, c.expires_at
  from (select r.*,
               case when merged_into is not null then 'merged'
                    when state = 'expired' or state = 'open' and expires_at <= $6::timestamptz
                    then case when lines = '[]'::jsonb then 'expired' else 'abandoned' end
                    else state end as status
          from (select * from (
                  select c.* from unnest($10::text[]) f(form)
                   cross join lateral (
                         select * from cart.cart
                          where cart.folded(email) = f.form and email <> ''
                            and (changed_in, updated_at, id)
                              < (date_bin('15 minutes', $1::timestamptz, '2000-01-01 00:00:00+00'), $1, $2::uuid)
                            and updated_at >= $5::timestamptz
                            and changed_in >= date_bin('15 minutes', $5, '2000-01-01 00:00:00+00')
                          order by changed_in desc, updated_at desc, id desc
                          limit $4) c
                  union all
                  (select * from cart.cart
                    where customer_id = $11::uuid and (email = '' or cart.folded(email) <> all ($10))
                      and (changed_in, updated_at, id)
                        < (date_bin('15 minutes', $1::timestamptz, '2000-01-01 00:00:00+00'), $1, $2::uuid)
                      and updated_at >= $5::timestamptz
                      and changed_in >= date_bin('15 minutes', $5, '2000-01-01 00:00:00+00')
                    order by changed_in desc, updated_at desc, id desc
                    limit $4)) theirs
                 order by changed_in desc, updated_at desc, id desc
                 limit $4) r) c
  left join customers.customer u on u.id = c.customer_id and u.erased_at is null
 where ($7::uuid is null or c.channel_id = $7) and ($8::uuid is null or c.customer_id = $8)
   and ($9::text is null or c.status = $9)
   and (c.customer_id is null or u.id is not null)
 order by c.updated_at desc, c.id desc
 limit $3

-- name: carts_of_person_end :one?
-- $3: changed since; $4: how many are looked through; $5, $6: whose.
select updated_at, id from (
  select c.* from unnest($5::text[]) f(form)
   cross join lateral (
         select * from cart.cart
          where cart.folded(email) = f.form and email <> ''
            and (changed_in, updated_at, id)
              < (date_bin('15 minutes', $1::timestamptz, '2000-01-01 00:00:00+00'), $1, $2::uuid)
            and updated_at >= $3::timestamptz
            and changed_in >= date_bin('15 minutes', $3, '2000-01-01 00:00:00+00')
          order by changed_in desc, updated_at desc, id desc
          limit $4::bigint) c
  union all
  (select * from cart.cart
    where customer_id = $6::uuid and (email = '' or cart.folded(email) <> all ($5))
      and (changed_in, updated_at, id)
        < (date_bin('15 minutes', $1::timestamptz, '2000-01-01 00:00:00+00'), $1, $2::uuid)
      and updated_at >= $3::timestamptz
      and changed_in >= date_bin('15 minutes', $3, '2000-01-01 00:00:00+00')
    order by changed_in desc, updated_at desc, id desc
    limit $4::bigint)) theirs
 order by changed_in desc, updated_at desc, id desc
offset $4::bigint - 1 limit 1

-- name: carts_by_ids :many
-- $1: now; $2: which.
select c.id, c.channel_id, u.id as customer_id,
       case when c.customer_id is null or u.id is not null then c.email else '' end as email,
       coalesce(u.email, '') as account_email, c.currency, c.status,
       jsonb_array_length(c.lines) as lines,
       (select coalesce(sum((l ->> 'quantity')::bigint), 0)::bigint
          from jsonb_array_elements(c.lines) l) as units,
       c.created_at, c.updated_at, c.expires_at
  from (select r.*,
               case when merged_into is not null then 'merged'
                    when state = 'expired' or state = 'open' and expires_at <= $1::timestamptz
                    then case when lines = '[]'::jsonb then 'expired' else 'abandoned' end
                    else state end as status
          from (select * from cart.cart where id = any($2::uuid[])) r) c
  left join customers.customer u on u.id = c.customer_id and u.erased_at is null
