-- Nothing calls it since purchases are placed in micro-batches: hold_together is one statement for all.
create schema if not exists inventory;

-- squawk-ignore ban-drop-function
drop function inventory.hold_one(
  uuid, uuid[], bigint[], uuid[], timestamptz, boolean, timestamptz, text, text);
