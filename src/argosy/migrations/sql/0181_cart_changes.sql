create schema if not exists cart;

-- Staff look for carts by who fills them and by when they were changed last. An index over
-- `updated_at` would end the HOT updates of 0070: each change of a cart would write into all indexes.
-- So the indexes hold the quarter of an hour of the last change, which most changes leave as it is;
-- within it a list sorts what it finds.
-- A purchase in one call makes its cart and places it in one go: that is nothing to look for, as there
-- is its order, and most purchases of many shops are such ones. Such a cart is in no list, and costs
-- none of this, unless it is left open or waits for its buyer.
alter table cart.cart add column changed_in timestamptz;
comment on column cart.cart.changed_in is
    'The quarter of an hour of updated_at, kept by triggers; what lists of carts are read by. Null: '
    'placed as it was made.';

create function cart.note_change() returns trigger language plpgsql as $$
begin
  new.changed_in := date_bin('15 minutes', new.updated_at, '2000-01-01 00:00:00+00');
  return new;
end $$;
create trigger cart_made before insert on cart.cart
    for each row when (new.state not in ('placing', 'placed'))
    execute function cart.note_change();
create trigger cart_changed before update on cart.cart
    for each row when (new.changed_in is not null or new.state not in ('placing', 'placed'))
    execute function cart.note_change();

-- As addresses are compared (DOMAIN.md rule 38), less the domain's script: whoever asks tries both.
create function cart.folded(email text) returns text language sql immutable strict parallel safe
return casefold(normalize(email, NFKC) collate pg_unicode_fast);
