-- name: open_payments :exec
-- Payments, each with its authorising operation.
with opened as (
  insert into payments.payment
    (id, order_id, tender, gateway, currency, amount_minor, authorised_minor, captured_minor,
     attempt_state, capture, instrument, return_url, gateway_reference, capture_before,
     created_at, updated_at)
  select p.*, $15::timestamptz, $15::timestamptz
    from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::bigint[],
                $7::bigint[], $8::bigint[], $9::text[], $10::text[], $11::jsonb[], $12::text[],
                $13::text[], $14::timestamptz[]) p
)
insert into payments.operation
  (payment_id, order_id, currency, amount_minor, state, id, settled_minor, takes_money, outcome,
   attempts, next_check_at, kind, created_at, updated_at)
select o.*, 'authorise', $15::timestamptz, $15::timestamptz
  from unnest($1::uuid[], $2::uuid[], $5::text[], $6::bigint[], $9::text[], $16::uuid[],
              $17::bigint[], $18::boolean[], $19::jsonb[], $20::int[], $21::timestamptz[]) o

-- name: record :one?
-- One compare-and-set for the operation, and its effect on the payment's sums. The sums are the fold
-- of the operations: `gained` is +1 when the operation became a success and -1 when it stops being
-- one, `held` likewise for its claim while it is undecided.
with moved as (
  update payments.operation o
     set state = $2, outcome = $3, settled_minor = case when $2 = 'succeeded' then coalesce($4, o.amount_minor) else o.settled_minor end,
         takes_money = $5, gateway_reference = coalesce($6, o.gateway_reference),
         attempts = o.attempts + 1, next_check_at = $7, updated_at = $8
   where o.id = $1 and (o.kind || ':' || o.state) = any ($9::text[])
  returning o.id, o.payment_id, o.kind, o.amount_minor, o.released_minor, o.settled_minor,
            o.takes_money, o.state, old.state as was,
            (new.state = 'succeeded')::int - (old.state = 'succeeded')::int as gained,
            (new.state in ('pending', 'requires_action', 'unknown'))::int
            - (old.state in ('pending', 'requires_action', 'unknown'))::int as held,
            o.origin, o.gateway_reference, o.request_key, o.reason, o.attempts, o.outcome,
            o.created_at, o.updated_at
), summed as (
  update payments.payment p
     set authorised_minor = p.authorised_minor
           + case when m.kind = 'authorise' then m.gained * coalesce(m.settled_minor, 0) else 0 end,
         captured_minor = p.captured_minor
           + case when m.kind = 'capture' or m.kind = 'authorise' and m.takes_money
                  then m.gained * coalesce(m.settled_minor, 0) else 0 end,
         voided_minor = p.voided_minor
           + case m.kind when 'void' then m.gained * coalesce(m.settled_minor, 0)
                         when 'capture' then m.gained * m.released_minor else 0 end,
         refunded_minor = p.refunded_minor
           + case when m.kind = 'refund' then m.gained * coalesce(m.settled_minor, 0) else 0 end,
         capture_pending_minor = p.capture_pending_minor
           + case when m.kind = 'capture' then m.held * (m.amount_minor + m.released_minor) else 0 end,
         void_pending_minor = p.void_pending_minor
           + case when m.kind = 'void' then m.held * m.amount_minor else 0 end,
         refund_pending_minor = p.refund_pending_minor
           + case when m.kind = 'refund' then m.held * m.amount_minor else 0 end,
         attempt_state = case when m.kind = 'authorise' then m.state else p.attempt_state end,
         orphaned = p.orphaned or (m.kind = 'authorise' and m.was = 'failed' and m.state = 'succeeded'),
         gateway_reference = coalesce($10, p.gateway_reference),
         capture_before = coalesce($11, p.capture_before),
         hold_look_at = coalesce($11::timestamptz - $12::interval, p.hold_look_at),
         version = p.version + 1,
         updated_at = $8
    from moved m
   where p.id = m.payment_id
  returning p.id, p.order_id, p.tender, p.gateway, p.currency, p.amount_minor, p.authorised_minor,
            p.captured_minor, p.voided_minor, p.refunded_minor, p.capture_pending_minor,
            p.void_pending_minor, p.refund_pending_minor, p.attempt_state, p.capture, p.instrument,
            p.return_url, p.gateway_reference, p.capture_before, p.orphaned, p.version,
            p.created_at, p.state
)
select s.*,
       m.id as op_id, m.payment_id as op_payment_id, s.order_id as op_order_id, m.kind as op_kind,
       m.amount_minor as op_amount_minor, m.released_minor as op_released_minor,
       m.settled_minor as op_settled_minor, m.takes_money as op_takes_money, m.state as op_state,
       m.was as op_was, m.origin as op_origin, m.gateway_reference as op_gateway_reference,
       m.request_key as op_request_key, m.reason as op_reason, m.attempts as op_attempts,
       m.outcome as op_outcome, m.created_at as op_created_at, m.updated_at as op_updated_at
  from moved m join summed s on s.id = m.payment_id

-- name: read_operation :one?
select p.id, p.order_id, p.tender, p.gateway, p.currency, p.amount_minor, p.authorised_minor,
       p.captured_minor, p.voided_minor, p.refunded_minor, p.capture_pending_minor,
       p.void_pending_minor, p.refund_pending_minor, p.attempt_state, p.capture, p.instrument,
       p.return_url, p.gateway_reference, p.capture_before, p.orphaned, p.version,
       p.created_at, p.state,
       o.id as op_id, o.payment_id as op_payment_id, o.order_id as op_order_id, o.kind as op_kind,
       o.amount_minor as op_amount_minor, o.released_minor as op_released_minor,
       o.settled_minor as op_settled_minor, o.takes_money as op_takes_money, o.state as op_state,
       o.state as op_was, o.origin as op_origin, o.gateway_reference as op_gateway_reference,
       o.request_key as op_request_key, o.reason as op_reason, o.attempts as op_attempts,
       o.outcome as op_outcome, o.created_at as op_created_at, o.updated_at as op_updated_at
  from payments.operation o join payments.payment p on p.id = o.payment_id
 where o.id = $1

-- name: lock_payment :one?
select id, order_id, tender, gateway, currency, amount_minor, authorised_minor, captured_minor,
       voided_minor, refunded_minor, capture_pending_minor, void_pending_minor,
       refund_pending_minor, attempt_state, capture, instrument, return_url, gateway_reference,
       capture_before, orphaned, version, created_at, state
  from payments.payment where id = $1 for no key update

-- name: read_payments :many
select id, order_id, tender, gateway, currency, amount_minor, authorised_minor, captured_minor,
       voided_minor, refunded_minor, capture_pending_minor, void_pending_minor,
       refund_pending_minor, attempt_state, capture, instrument, return_url, gateway_reference,
       capture_before, orphaned, version, created_at, state
  from payments.payment
 where id = any ($1::uuid[]) or order_id = any ($2::uuid[])
 order by created_at, id

-- name: list_payments :many
-- $6: how many are looked through for those that fit.
select id, order_id, tender, gateway, currency, amount_minor, authorised_minor, captured_minor,
       voided_minor, refunded_minor, capture_pending_minor, void_pending_minor,
       refund_pending_minor, attempt_state, capture, instrument, return_url, gateway_reference,
       capture_before, orphaned, version, created_at, state
  from (select * from payments.payment
         where (created_at, id) < ($1::timestamptz, $2::uuid)
         order by created_at desc, id desc
         limit $6) looked
 where ($3::text is null or state = $3)
   and ($4::text is null or gateway = $4)
 order by created_at desc, id desc
 limit $5

-- name: list_payments_end :one?
select created_at, id from payments.payment
 where (created_at, id) < ($1::timestamptz, $2::uuid)
 order by created_at desc, id desc
offset $3::bigint - 1 limit 1

-- name: list_payments_of_rare_state :many
-- The states of the index are written out, so that it is used whatever the plan.
select id, order_id, tender, gateway, currency, amount_minor, authorised_minor, captured_minor,
       voided_minor, refunded_minor, capture_pending_minor, void_pending_minor,
       refund_pending_minor, attempt_state, capture, instrument, return_url, gateway_reference,
       capture_before, orphaned, version, created_at, state
  from payments.payment
 where state in ('requires_action', 'partially_captured', 'partially_refunded', 'refunded', 'voided',
                 'declined', 'failed')
   and state = $3::text
   and (created_at, id) < ($1::timestamptz, $2::uuid)
   and ($4::text is null or gateway = $4)
 order by created_at desc, id desc
 limit $5

-- name: list_lapsing :many
-- From the index of open holds: they are few, however many payments there are.
with due as materialized (
  select id from payments.payment
   where hold_look_at is not null and authorised_minor > captured_minor + voided_minor
     and hold_look_at <= $6 and capture_before <= $6)
select id, order_id, tender, gateway, currency, amount_minor, authorised_minor, captured_minor,
       voided_minor, refunded_minor, capture_pending_minor, void_pending_minor,
       refund_pending_minor, attempt_state, capture, instrument, return_url, gateway_reference,
       capture_before, orphaned, version, created_at, state
  from payments.payment join due using (id)
 where (created_at, id) < ($1::timestamptz, $2::uuid)
   and ($3::text is null or state = $3)
   and ($4::text is null or gateway = $4)
 order by created_at desc, id desc
 limit $5

-- name: holds_due :many
select id, order_id
  from payments.payment
 where hold_look_at <= $1 and hold_look_at is not null
   and authorised_minor > captured_minor + voided_minor
 order by hold_look_at, id
 limit $2

-- name: look_at_hold :one?
-- One caller looks; the next look is when the hold lapses, and after that ever more seldom.
update payments.payment
   set hold_look_at = case when capture_before > $2 then capture_before
         else $2::timestamptz + least(greatest($2 - capture_before, $3::interval), $4::interval) end,
       version = version + 1, updated_at = $2
 where id = $1 and hold_look_at <= $2 and authorised_minor > captured_minor + voided_minor
returning id, order_id, tender, gateway, currency, amount_minor, authorised_minor, captured_minor,
          voided_minor, refunded_minor, capture_pending_minor, void_pending_minor,
          refund_pending_minor, attempt_state, capture, instrument, return_url, gateway_reference,
          capture_before, orphaned, version, created_at, state

-- name: lapsing_by_gateway :many
select gateway, count(*) filter (where capture_before > $1)::int as soon,
       count(*) filter (where capture_before <= $1)::int as lapsed
  from payments.payment
 where hold_look_at <= $2 and hold_look_at is not null and capture_before <= $2
   and authorised_minor > captured_minor + voided_minor
 group by gateway

-- name: read_operations :many
select o.id as op_id, o.payment_id as op_payment_id, o.order_id as op_order_id, o.kind as op_kind,
       o.amount_minor as op_amount_minor, o.released_minor as op_released_minor,
       o.settled_minor as op_settled_minor, o.takes_money as op_takes_money, o.state as op_state,
       o.origin as op_origin, o.gateway_reference as op_gateway_reference,
       o.request_key as op_request_key, o.reason as op_reason, o.attempts as op_attempts,
       o.outcome as op_outcome, o.created_at as op_created_at, o.updated_at as op_updated_at
  from payments.operation o
 where o.payment_id = any ($1::uuid[])
 order by o.created_at, o.id

-- name: operation_of_request :one?
select id from payments.operation where payment_id = $1 and request_key = $2

-- name: open_operation :one?
-- The payment is locked by the caller; the version is compared all the same.
with claimed as (
  update payments.payment
     set capture_pending_minor = capture_pending_minor
           + case when $4 = 'capture' then $5::bigint + $6::bigint else 0 end,
         void_pending_minor = void_pending_minor + case when $4 = 'void' then $5::bigint else 0 end,
         refund_pending_minor = refund_pending_minor
           + case when $4 = 'refund' then $5::bigint else 0 end,
         version = version + 1, updated_at = $10
   where id = $2 and version = $3
  returning id, order_id, currency
)
insert into payments.operation
  (id, payment_id, order_id, kind, amount_minor, released_minor, currency, state, request_key,
   reason, next_check_at, created_at, updated_at)
select $1, id, order_id, $4, $5, $6, currency, 'pending', $7, $8, $9, $10, $10 from claimed
returning id

-- name: adopt_operation :one
-- What the gateway did by itself or in its own back office, written as a decided operation.
with summed as (
  update payments.payment
     set captured_minor = captured_minor + case when $3 = 'capture' then $4::bigint else 0 end,
         voided_minor = voided_minor + case when $3 = 'void' then $4::bigint else 0 end,
         refunded_minor = refunded_minor + case when $3 = 'refund' then $4::bigint else 0 end,
         version = version + 1, updated_at = $6
   where id = $2
  returning id, order_id, currency
)
insert into payments.operation
  (id, payment_id, order_id, kind, amount_minor, settled_minor, currency, state, origin, outcome,
   created_at, updated_at)
select $1, id, order_id, $3, $4, $4, currency, 'succeeded', 'gateway', $5, $6, $6 from summed
returning id

-- name: claim_due :many
-- Each due operation is given to one caller, which has until $2 to find out.
update payments.operation o
   set next_check_at = $2
  from (select id from payments.operation
         where next_check_at <= $1 and ($4::text is null or kind <> $4)
         order by next_check_at, id limit $3
           for update skip locked) due
 where o.id = due.id
returning o.id

-- name: claim_absent :many
-- Attempts that the gateway had never heard of when they were given up: each is asked about again
-- after as long as it is old, within $3 and $4.
update payments.operation o
   set next_check_at = $1::timestamptz + least(greatest($1 - due.created_at, $3::interval), $4::interval)
  from (select id, created_at from payments.operation
         where next_check_at <= $1 and kind = 'authorise' and state = 'failed'
         order by next_check_at, id limit $2
           for update skip locked) due
 where o.id = due.id
returning o.id

-- name: stop_asking :exec
update payments.operation set next_check_at = null where id = $1 and state = 'failed'

-- name: postpone :exec
update payments.operation set next_check_at = $2
 where id = $1 and state in ('pending', 'requires_action', 'unknown')

-- name: store_webhook :one?
insert into payments.webhook_event
  (gateway, event_id, type, payment_id, operation_id, says, raw, received_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (gateway, event_id) do nothing
returning event_id

-- name: read_webhook :one?
select gateway, event_id, type, payment_id, operation_id, says, received_at, applied_at
  from payments.webhook_event where gateway = $1 and event_id = $2

-- name: mark_webhook :exec
update payments.webhook_event set applied_at = $3, verdict = $4
 where gateway = $1 and event_id = $2 and applied_at is null

-- name: balance_by_gateway :many
select currency,
       sum(authorised_minor - captured_minor - voided_minor)::bigint as authorised_minor,
       sum(captured_minor)::bigint as captured_minor,
       sum(refunded_minor)::bigint as refunded_minor
  from payments.payment
 where gateway = $1
 group by currency
 order by currency

-- name: sums_of_order :one
select coalesce(sum(authorised_minor), 0)::bigint as authorised_minor,
       coalesce(sum(captured_minor), 0)::bigint as captured_minor,
       coalesce(sum(refunded_minor), 0)::bigint as refunded_minor,
       coalesce(sum(voided_minor), 0)::bigint as voided_minor
  from payments.payment where order_id = $1 and not orphaned
