-- name: write_carts :many
-- Makes carts ($1: a list of them as JSON), each once per idempotency key. What is kept under the key
-- is the cart's id; a repeat is answered with the cart as it is. And changes carts ($2: a list of what
-- changes) by compare-and-set on their versions; what is not named stays, and whoever holds a cart's
-- row is not waited for. Returned: those that were made or changed.
with wanted as materialized (
  select * from jsonb_to_recordset($1::jsonb) as w (
    id uuid, channel_id uuid, customer_id uuid, currency text, email text, lines jsonb,
    shipping_address jsonb, billing_address jsonb, shipping_method text, tax_id jsonb,
    expires_at timestamptz, coupons jsonb, created_at timestamptz, scope text, key text,
    request_hash text, locale text)
), claim as (
  insert into runtime.idempotency (scope, key, request_hash, status, headers, claimed_at)
  select scope, key, decode(request_hash, 'base64'), 201, jsonb_build_object('cart', id), created_at
  from wanted where key is not null order by scope, key
  on conflict (scope, key) do nothing
  returning headers ->> 'cart' as cart
), made as (
  insert into cart.cart (id, channel_id, customer_id, currency, email, lines, shipping_address,
                         billing_address, shipping_method, tax_id, expires_at, coupons,
                         created_at, updated_at, locale)
  select id, channel_id, customer_id, currency, email, lines, shipping_address, billing_address,
         shipping_method, tax_id, expires_at, coalesce(coupons, '[]'), created_at, created_at,
         coalesce(locale, '')
  from wanted where key is null or id::text in (select cart from claim)
  returning id
), change as materialized (
  select * from jsonb_to_recordset($2::jsonb) as w (
    id uuid, base bigint, version bigint, lines jsonb, email text, shipping_address jsonb,
    billing_address jsonb, shipping_method text, tax_id jsonb, customer_id uuid,
    expires_at timestamptz, updated_at timestamptz, applied jsonb, coupons jsonb,
    declined_gifts jsonb, locale text)
), free as materialized (
  select c.id from cart.cart c join change w on c.id = w.id and c.version = w.base
  where c.state = 'open'
  order by c.id
  for no key update of c skip locked
), changed as (
  update cart.cart c
  set lines = coalesce(w.lines, c.lines), email = coalesce(w.email, c.email),
      shipping_address = coalesce(w.shipping_address, c.shipping_address),
      billing_address = coalesce(w.billing_address, c.billing_address),
      shipping_method = w.shipping_method, tax_id = w.tax_id, customer_id = w.customer_id,
      expires_at = w.expires_at, updated_at = w.updated_at,
      applied = coalesce(w.applied, c.applied),
      coupons = coalesce(w.coupons, c.coupons),
      declined_gifts = coalesce(w.declined_gifts, c.declined_gifts),
      locale = coalesce(w.locale, c.locale), version = w.version
  from free f join change w on w.id = f.id
  where c.id = f.id
  returning c.id
)
select id from made union all select id from changed;

-- name: read_carts :many
select * from cart.cart where id = any($1::uuid[]);

-- name: begin_carts :many
-- Claims idempotency keys, and takes the open carts out of the shop window, which also locks them.
-- A claim names its cart, so that after a crash a repeat of the request finds what it began.
with wanted as materialized (
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[])
    as t (cart_id, scope, key, request_hash)
), claim as (
  insert into runtime.idempotency (scope, key, request_hash, claimed_at, headers)
  select scope, key, request_hash, $5, jsonb_build_object('cart', cart_id)
  from wanted order by scope, key
  on conflict (scope, key) do nothing
  returning scope, key
), locked as materialized (
  select c.id from wanted join claim using (scope, key) join cart.cart c on c.id = cart_id
  where c.state = 'open'
  order by c.id
  for update of c
), begun as (
  update cart.cart c
  set state = $6, attempt = attempt + 1, version = version + 1, updated_at = $5
  from locked where c.id = locked.id and c.state = 'open'
  returning c.*, old.updated_at as touched_at
)
select wanted.cart_id, claim.key is not null as claimed, begun.*
from wanted left join claim using (scope, key) left join begun on begun.id = cart_id;

-- name: begin_new_carts :many
-- The same for carts that begin their purchase in the moment they are made; with the answers, where
-- these are known already. The carts made come back.
with wanted as materialized (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::jsonb[], $6::text[],
                       $7::jsonb[], $8::jsonb[], $9::text[], $10::text[], $11::text[],
                       $12::bytea[], $13::smallint[], $14::bytea[], $15::jsonb[], $18::jsonb[],
                       $19::jsonb[], $20::text[])
    as t (id, channel_id, customer_id, currency, lines, email, shipping_address, billing_address,
          shipping_method, scope, key, request_hash, status, body, headers, coupons, tax_id, locale)
), claim as (
  insert into runtime.idempotency (scope, key, request_hash, status, body, headers, claimed_at)
  select scope, key, request_hash, status, body, headers, $16
  from wanted order by scope, key
  on conflict (scope, key) do nothing
  returning scope, key
)
insert into cart.cart (id, channel_id, customer_id, currency, state, attempt, lines, email,
                       shipping_address, billing_address, shipping_method, coupons, created_at,
                       updated_at, tax_id, locale)
select id, channel_id, customer_id, currency, $17, 1, lines, email, shipping_address,
       billing_address, shipping_method, coupons, $16, $16, tax_id, locale
from wanted join claim using (scope, key)
returning id;

-- name: take_back :exec
-- What began in this transaction and shall not be: as if it had not been asked for. $3: the carts
-- that were made for it; $4: those that were there before.
with forgotten as (
  delete from runtime.idempotency i using unnest($1::text[], $2::text[]) as t (scope, key)
  where i.scope = t.scope and i.key = t.key
), unmade as (
  delete from cart.cart where id = any ($3::uuid[])
)
update cart.cart c
set state = 'open', attempt = attempt - 1, version = version - 1, updated_at = t.updated_at
from unnest($4::uuid[], $5::timestamptz[]) as t (id, updated_at)
where c.id = t.id;

-- name: read_key :one?
select request_hash, status, body, headers, claimed_at
from runtime.idempotency where scope = $1 and key = $2;

-- name: take_over_key :exec
update runtime.idempotency set claimed_at = $4
where scope = $1 and key = $2 and status is null and claimed_at = $3;

-- name: forget_key :exec
delete from runtime.idempotency where scope = $1 and key = $2 and status is null;

-- name: move_cart :one?
-- Same-attempt compare-and-set between states; a cart that is there already stays untouched.
update cart.cart
set state = $4, version = version + 1, updated_at = $5,
    expires_at = case when $4 = 'open' then coalesce(expires_at, $6::timestamptz)
                      else expires_at end
where id = $1 and attempt = $2 and state = any($3::text[])
returning version;

-- name: renew_tax_id :exec
-- The same tax id with newer evidence; nothing if the shopper has changed it meanwhile.
update cart.cart set tax_id = $2, version = version + 1, updated_at = $4
where id = $1 and state = 'open' and tax_id ->> 'value' = $3::text;

-- name: close_cart :exec
update cart.cart set state = 'expired', expires_at = null, version = version + 1, updated_at = $2
where id = $1 and state = 'open' and attempt > 0;

-- name: lock_carts :many
select * from cart.cart where id = any($1::uuid[]) order by id for update;

-- name: newest_cart_of_customer :one?
select * from cart.cart
where customer_id = $1 and channel_id = $2 and state = 'open' and expires_at > $3
order by updated_at desc, id desc
limit 1;

-- name: write_merged_cart :exec
update cart.cart
set lines = $2, email = $3, shipping_address = $4, billing_address = $5, shipping_method = $6,
    customer_id = $7, state = $8, merged_into = $9, expires_at = $10, updated_at = $11,
    coupons = $12, tax_id = $13, version = version + 1
where id = $1;

-- name: expire_carts :many
-- Each cart is visited once: afterwards `expires_at` is null and the index forgets it. Lists say when
-- somebody changed a cart last, which this is not.
with due as (
  select id, state as was from cart.cart
  where expires_at <= $1 and state in ('open', 'placed', 'expired')
  order by expires_at
  limit $2
  for update skip locked
)
update cart.cart c
set state = case when due.was = 'open' then 'expired' else c.state end,
    expires_at = null, version = version + 1
from due where c.id = due.id
returning c.id, c.channel_id, c.customer_id, jsonb_array_length(c.lines) as lines, due.was;

-- name: forget_person :one
with mine as (
  select id, state in ('placing', 'awaiting_action') as busy
  from cart.cart where customer_id = $1 order by id for update
), forgotten as (
  update cart.cart c
  set customer_id = null, email = '', shipping_address = null, billing_address = null,
      tax_id = null, lines = '[]', state = case when c.state = 'open' then 'expired' else c.state end,
      expires_at = null, version = version + 1, updated_at = $2
  from mine where c.id = mine.id and not mine.busy
  returning c.id
)
select (select count(*) from forgotten) as forgotten,
       (select count(*) from mine where busy) as busy;
