-- name: named_in_carts :many
-- What the lines of carts that may still be bought have for answers that look like files of shoppers.
select c.id as cart_id, v.value as said
  from cart.cart c
  cross join lateral jsonb_array_elements(c.lines) l
  cross join lateral jsonb_each_text(l -> 'configuration') v
 where c.id = any ($1::uuid[]) and c.state in ('open', 'placing', 'awaiting_action')
   and v.value like 'att\_%';

-- name: named_in_orders :many
-- The same of orders that were not given up. Once confirmed they keep what they name.
select l.order_id as cart_id, v.value as said, o.confirmed_at is not null as confirmed
  from orders."order" o
  join orders.line l on l.order_id = o.id
  cross join lateral jsonb_each_text(l.configuration) v
 where o.id = any ($1::uuid[]) and o.failed_at is null and v.value like 'att\_%';

-- name: files_in_carts_of :many
-- Files in a person's carts, none of which is being paid at this moment or became an order.
select f.id
  from cart.cart c
  join attachments.file f on f.cart_id = c.id
 where c.customer_id = $1 and c.state in ('open', 'expired') and not f.ordered;

-- name: files_of_forgotten :many
-- Files of a person's orders that have forgotten the person.
select f.id
  from orders."order" o
  join attachments.file f on f.cart_id = o.id
 where o.customer_id = $1 and o.email = '';

-- name: files_of_customer :many
-- All files that a person sent, with the orders they are in, the newest first.
select f.id, f.cart_id, f.file_name, f.format, f.byte_size, f.sha256, f.sent_at,
       exists (select from orders."order" o where o.id = f.cart_id) as ordered
  from attachments.file f
 where f.cart_id in (select id from cart.cart where customer_id = $1
                     union select id from orders."order" where customer_id = $1)
 order by f.id desc limit $2;
