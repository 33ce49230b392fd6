-- name: draw_numbers :many
select nextval('orders.number_seq') as number from generate_series(1, $1::int);

-- name: lock_failed :exec
-- Orders of earlier, failed attempts lose their lines before they are overwritten.
with failed as (
  select id from orders."order"
  where id = any ($1::uuid[])
    and failed_at is not null and confirmed_at is null and cancelled_at is null
  order by id for update
)
delete from orders.line l using failed where l.order_id = failed.id;

-- name: open_orders :many
-- Orders, their lines and their first timeline entries. The order of an earlier, failed attempt is
-- overwritten; any other order of the same id stays and does not come back.
with opened as (
  insert into orders."order" as o (
    id, attempt, channel_id, customer_id, email, email_normalised, currency,
    subtotal_minor, discount_minor, shipping_minor, tax_minor, total_minor, frozen_quote,
    quote_hash, shipping_address, billing_address, shipping_method, payment_id, operation_id, gateway,
    units, units_to_ship, number, confirmed_at, authorised_minor, captured_minor, waiting_for,
    lease_until, locale, opened_at, updated_at)
  select t.*, $29::timestamptz, $29::timestamptz
    from unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[],
                $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
                $13::bytea[], $14::text[], $15::jsonb[], $16::jsonb[], $17::text[], $18::uuid[],
                $19::uuid[], $20::text[], $21::int[], $22::int[], $23::text[], $24::timestamptz[],
                $25::bigint[], $26::bigint[], $27::text[], $28::timestamptz[], $58::text[]) t
  on conflict (id) do update set
    attempt = excluded.attempt, customer_id = excluded.customer_id, email = excluded.email,
    email_normalised = excluded.email_normalised, subtotal_minor = excluded.subtotal_minor,
    discount_minor = excluded.discount_minor, shipping_minor = excluded.shipping_minor,
    tax_minor = excluded.tax_minor, total_minor = excluded.total_minor, quote = null,
    frozen_quote = excluded.frozen_quote,
    quote_hash = excluded.quote_hash, shipping_address = excluded.shipping_address,
    billing_address = excluded.billing_address, shipping_method = excluded.shipping_method,
    payment_id = excluded.payment_id, operation_id = excluded.operation_id,
    gateway = excluded.gateway, opened_at = excluded.opened_at, updated_at = excluded.updated_at,
    units = excluded.units, units_to_ship = excluded.units_to_ship, number = excluded.number,
    confirmed_at = excluded.confirmed_at, authorised_minor = excluded.authorised_minor,
    captured_minor = excluded.captured_minor, refunded_minor = 0, voided_minor = 0,
    waiting_for = excluded.waiting_for, lease_until = excluded.lease_until,
    locale = excluded.locale, next_action = null, failed_at = null, failure = null, version = o.version + 1
  where o.failed_at is not null and o.confirmed_at is null and o.cancelled_at is null
    and o.attempt < excluded.attempt and o.channel_id = excluded.channel_id
  returning id, version
), lines as (
  insert into orders.line (
    order_id, id, position, variant_id, product_id, sku, title, variant_title, options,
    configuration, tax_class, image_key, weight_g, requires_shipping, tracks_inventory, quantity,
    unit_minor, subtotal_minor, discount_minor, net_minor, tax_minor, total_minor, told)
  select l.*
    from unnest($30::uuid[], $31::uuid[], $32::int[], $33::uuid[], $34::uuid[], $35::text[],
                $36::text[], $37::text[], $38::jsonb[], $39::jsonb[], $40::text[], $41::text[],
                $42::int[], $43::boolean[], $44::boolean[], $45::int[], $46::bigint[],
                $47::bigint[], $48::bigint[], $49::bigint[], $50::bigint[], $51::bigint[],
                $59::jsonb[])
         as l (order_id)
    join opened on opened.id = l.order_id
), entry as (
  insert into orders.timeline (order_id, id, at, kind, actor, cause, correlation, data)
  select e.order_id, e.id, $29::timestamptz, e.kind, e.actor, e.cause, e.correlation, e.data
    from unnest($1::uuid[], $52::uuid[], $53::text[], $54::jsonb[], $55::text[], $56::text[],
                $57::jsonb[]) as e (order_id, id, kind, actor, cause, correlation, data)
    join opened on opened.id = e.order_id
)
select id, version from opened;

-- name: confirm_order :one?
-- Compare-and-set: only the attempt that runs can be confirmed, and only once.
with confirmed as (
  update orders."order"
  set number = coalesce(number, $3::text || nextval('orders.number_seq')), confirmed_at = $4,
      authorised_minor = $5, captured_minor = $6, waiting_for = null, lease_until = null,
      next_action = null, version = version + 1, updated_at = $4
  where id = $1 and operation_id is not distinct from $2::uuid
    and confirmed_at is null and failed_at is null and cancelled_at is null
  returning number, version, channel_id, customer_id, units, total_minor, currency
), entry as (
  insert into orders.timeline (order_id, id, at, kind, actor, cause, correlation, data)
  select $1, $7, $4, 'confirmed', $8::jsonb, $9::text, $10::text,
         jsonb_build_object('number', number) from confirmed
)
select number, version, channel_id, customer_id, units, total_minor, currency from confirmed;

-- name: set_waiting :one?
-- Same-state repeats only move the lease; they write no history.
with before as (
  select waiting_for, number from orders."order" where id = $1 for update
), waiting as (
  update orders."order" o
  set waiting_for = $3, lease_until = $4, next_action = $5, updated_at = $6,
      number = coalesce(o.number,
        case when $7::text is not null then $7 || nextval('orders.number_seq') end),
      version = o.version + case when before.waiting_for is distinct from $3 then 1 else 0 end
  from before
  where o.id = $1 and o.operation_id is not distinct from $2::uuid
    and o.confirmed_at is null and o.failed_at is null and o.cancelled_at is null
  returning o.number, o.version, o.channel_id, o.total_minor, o.currency,
            before.waiting_for is distinct from $3 as changed,
            before.number is null and o.number is not null as numbered
), entry as (
  insert into orders.timeline (order_id, id, at, kind, actor, cause, correlation, data)
  select $1, $8, $6, 'waiting', $9::jsonb, $10::text, $11::text,
         jsonb_build_object('for', $3::text) from waiting where changed
)
select number, version, channel_id, total_minor, currency, numbered from waiting;

-- name: fail_order :one?
with failed as (
  update orders."order"
  set failed_at = $3, failure = $4, waiting_for = null, lease_until = null, next_action = null,
      version = version + 1, updated_at = $3
  where id = $1 and operation_id is not distinct from $2::uuid
    and confirmed_at is null and failed_at is null and cancelled_at is null
  returning channel_id, attempt, version
), entry as (
  insert into orders.timeline (order_id, id, at, kind, actor, cause, correlation, data)
  select $1, $5, $3, 'payment_failed', $6::jsonb, $7::text, $8::text,
         jsonb_build_object('failure', $4::text) from failed
)
select channel_id, attempt, version from failed;

-- name: cancel_order :one
with cancelled as (
  update orders."order"
  set cancelled_at = $2, cancel_reason = $3, waiting_for = null, lease_until = null,
      next_action = null, version = version + 1, updated_at = $2
  where id = $1
  returning version
), entry as (
  insert into orders.timeline (order_id, id, at, kind, actor, cause, correlation, data)
  values ($1, $4, $2, 'cancelled', $5, $6, $7, jsonb_build_object('reason', $3::text))
)
select version from cancelled;

-- name: set_holds :one
with held as (
  update orders."order" set holds = $2, version = version + 1, updated_at = $3
  where id = $1
  returning version
), entry as (
  insert into orders.timeline (order_id, id, at, kind, actor, cause, correlation, data)
  values ($1, $4, $3, $5, $6, $7, $8, $9)
)
select version from held;

-- name: record_money :one?
-- The sums as the payments add up now, under the lock on the payment; a repeat writes no history.
with changed as (
  update orders."order"
  set authorised_minor = $2, captured_minor = $3, refunded_minor = $4, voided_minor = $5,
      version = version + 1, updated_at = $6
  where id = $1
    and (authorised_minor, captured_minor, refunded_minor, voided_minor)
        is distinct from ($2::bigint, $3::bigint, $4::bigint, $5::bigint)
  returning version, payment_status
), entry as (
  insert into orders.timeline (order_id, id, at, kind, actor, cause, correlation, data)
  select $1, $7, $6, $8::text, $9::jsonb, $10::text, $11::text, $12::jsonb from changed
)
select version, payment_status from changed;

-- name: record_fulfilment :one
with shipped as (
  update orders."order"
  set units_fulfilled = units_fulfilled + $2, version = version + 1, updated_at = $3
  where id = $1
  returning version
), entry as (
  insert into orders.timeline (order_id, id, at, kind, actor, cause, correlation, data)
  values ($1, $4, $3, 'shipped', $5, $6, $7, $8)
)
select version from shipped;

-- name: add_entry :exec
insert into orders.timeline (order_id, id, at, kind, actor, cause, correlation, data)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: claim_orders :many
with claimed as (
  update orders."order" set customer_id = $1, version = version + 1, updated_at = $3
  where id in (
    select id from orders."order"
    where email_normalised = $2 and customer_id is null
    order by id limit $8 for update)
  returning id, channel_id
), entry as (
  insert into orders.timeline (order_id, id, at, kind, actor, cause, correlation, data)
  select id, uuidv7(), $3, 'claimed', $4::jsonb, $5::text, $6::text, $7::jsonb from claimed
)
select id, channel_id from claimed order by id;

-- name: forget_person :one
-- Of settled orders: what names the person goes, what decided the tax and the books stays.
with mine as (
  select id, cancelled_at is not null or failed_at is not null
             or (confirmed_at is not null and units_fulfilled >= units_to_ship) as settled
  from orders."order" where customer_id = $1 and email <> ''
  order by id for update
), forgotten as (
  update orders."order" o
  set email = '', email_normalised = '',
      shipping_address = orders.place_of(o.shipping_address),
      billing_address = orders.place_of(o.billing_address),
      version = version + 1, updated_at = $2
  from mine where o.id = mine.id and mine.settled
  returning o.id
), texts as (
  update orders.line l set configuration = '{}' from forgotten
  where l.order_id = forgotten.id and l.configuration <> '{}'
), entry as (
  insert into orders.timeline (order_id, id, at, kind, actor, cause, correlation, data)
  select id, uuidv7(), $2, 'person_erased', $3::jsonb, $4::text, $5::text, $6::jsonb from forgotten
)
select (select count(*) from forgotten) as forgotten,
       (select count(*) from mine where not settled) as waiting;

-- name: renew_lease :exec
-- The caller now answers for the attempt until $3.
update orders."order" set lease_until = $3, waiting_for = $4
where id = $1 and operation_id = $2
  and confirmed_at is null and failed_at is null and cancelled_at is null;

-- name: take_over_due :many
with due as (
  select id from orders."order" where lease_until <= $1
  order by lease_until limit $2
  for update skip locked
)
update orders."order" o set lease_until = $3
from due where o.id = due.id
returning o.id, o.operation_id, o.waiting_for, o.opened_at;

-- name: count_due :one
select count(*) as waiting, min(lease_until) as oldest
from orders."order" where lease_until is not null and lease_until <= $1;

-- name: read_order :one?
select
  id, number, channel_id, customer_id, email, currency, attempt, subtotal_minor, discount_minor,
  shipping_minor, tax_minor, total_minor, shipping_address, billing_address, shipping_method,
  payment_id, operation_id, gateway, opened_at, waiting_for, lease_until, next_action, failed_at,
  failure, confirmed_at, cancelled_at, cancel_reason, authorised_minor, captured_minor,
  refunded_minor, voided_minor, units, units_to_ship, units_fulfilled, units_returned, holds,
  version, updated_at, stage, payment_status, fulfilment_status, return_status, hold_status, locale
from orders."order" where id = $1;

-- name: lock_order :one?
select
  id, number, channel_id, customer_id, email, currency, attempt, subtotal_minor, discount_minor,
  shipping_minor, tax_minor, total_minor, shipping_address, billing_address, shipping_method,
  payment_id, operation_id, gateway, opened_at, waiting_for, lease_until, next_action, failed_at,
  failure, confirmed_at, cancelled_at, cancel_reason, authorised_minor, captured_minor,
  refunded_minor, voided_minor, units, units_to_ship, units_fulfilled, units_returned, holds,
  version, updated_at, stage, payment_status, fulfilment_status, return_status, hold_status, locale
from orders."order" where id = $1 for update;

-- name: read_lines :many
select id, position, variant_id, product_id, sku, title, variant_title, options, configuration,
  tax_class, image_key, weight_g, requires_shipping, tracks_inventory, quantity, unit_minor,
  subtotal_minor, discount_minor, net_minor, tax_minor, total_minor, told
from orders.line where order_id = $1 order by position;

-- name: read_quote :one?
select quote, frozen_quote from orders."order" where id = $1;

-- name: numbers_of :many
select id, number from orders."order" where id = any ($1::uuid[]) and number is not null;

-- name: read_confirmed_quotes :many
select id, number, quote, frozen_quote from orders."order"
where confirmed_at is not null and ($1::uuid is null or id > $1)
order by id
limit $2;

-- name: read_timeline :many
select id, at, kind, actor, cause, correlation, data
from orders.timeline where order_id = $1 order by at, id;

-- name: named_media :one
-- Storage keys that the lines behind one line show, and the last line that was looked at.
with part as (
  select order_id, position, image_key from orders.line
  where (order_id, position) > ($2::uuid, $3::int) order by order_id, position limit $4)
select array(select distinct image_key from part where image_key = any ($1::text[])) as refs,
  l.order_id, l.position
from (select 1) one
left join (select order_id, position from part order by order_id desc, position desc limit 1) l
  on true;
