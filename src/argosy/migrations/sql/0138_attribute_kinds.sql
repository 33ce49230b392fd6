create schema if not exists catalog;

alter table catalog.attribute
    add column dimension text,
    add column minimum text,
    add column maximum text,
    add column max_values int,
    add column swatches jsonb not null default '{}',
    add column level text not null default 'product',
    add column across_variants text not null default 'any',
    add column localisable boolean not null default false,
    add column searchable boolean not null default true;

-- The kinds that were known stay known.
-- squawk-ignore ban-drop-constraint
alter table catalog.attribute drop constraint attribute_kind_known;
alter table catalog.attribute add constraint attribute_kind_known check (kind in (
    'text', 'rich_text', 'number', 'integer', 'boolean', 'date', 'choice', 'swatch',
    'product_reference', 'category_reference', 'file')) not valid;
alter table catalog.attribute
    add constraint attribute_level_known check (level in ('product', 'variant')) not valid;
alter table catalog.attribute add constraint attribute_across_known
    check (across_variants in ('any', 'unique', 'same')) not valid;
alter table catalog.attribute add constraint attribute_across_of_variants
    check (across_variants = 'any' or level = 'variant') not valid;
alter table catalog.attribute
    add constraint attribute_max_values_sane check (max_values between 1 and 100) not valid;

comment on column catalog.attribute.dimension is 'What numbers measure, e.g. mass; null: any unit';
comment on column catalog.attribute.minimum is 'Inclusive; a number in the unit, or a date';
comment on column catalog.attribute.swatches is
    'choice -> colour #rrggbb, or the storage key of an image';

alter table catalog.variant add column attributes jsonb not null default '{}';
alter table catalog.variant add constraint variant_attributes_map
    check (jsonb_typeof(attributes) = 'object') not valid;
comment on column catalog.variant.attributes is
    'Values of the attributes of variants, like those of catalog.product.';
comment on column catalog.product.attributes is
    'code -> text, rich text, date, file: "x"; number: {"number": "1", "unit": "in", "canonical": {"number": "25.4", "unit": "mm"}}; integer: 3; boolean: true; choice, swatch, references: ["a", "b"]';
