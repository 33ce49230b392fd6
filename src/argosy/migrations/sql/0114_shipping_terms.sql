alter table catalog.variant add column dimensions_mm int[];
-- Not validated: the column is new, so that old rows hold null.
alter table catalog.variant
    add constraint variant_dimensions_three_sides
    check (cardinality(dimensions_mm) = 3 and 1 <= all (dimensions_mm)) not valid;
comment on column catalog.variant.dimensions_mm is
    'Length, width and height as packed for shipping, in millimetres.';

alter table shipping.area
    add column postal_codes text[] not null default '{}',
    add column except_postal_codes text[] not null default '{}';
comment on column shipping.area.postal_codes is
    'Only these: a code ("10115"), all that begin alike ("BT*"), or a range ("10000-19999"). Empty: all.';
comment on column shipping.area.except_postal_codes is
    'And none of these, written like postal_codes.';

-- Replaced at once by a wider one, which old rows fulfil.
-- squawk-ignore ban-drop-constraint
alter table shipping.method drop constraint method_pricing_known;
alter table shipping.method
    add constraint method_pricing_known
    check (pricing in ('flat', 'weight', 'volume', 'quantity', 'price')) not valid;
alter table shipping.method
    add column packing jsonb,
    add column conditions jsonb,
    add column free_from jsonb,
    add column promise jsonb;
comment on column shipping.method.packing is
    '{"max_weight_g": 31500, "max_side_mm": 1200, "cm3_per_kg": 5000}: the price is per parcel. null: one parcel holds all.';
comment on column shipping.method.conditions is
    '{"max_weight_g": 31500}: what a purchase must fulfil to be offered the method.';
comment on column shipping.method.free_from is
    '{"amount_minor": 5000, "counts": "after_discounts"}: goods of this value ship free.';
comment on column shipping.method.promise is
    '{"cut_off": "14:00", "ship_days": [1, 2, 3, 4, 5], ...}: when a purchase will arrive.';
