create schema if not exists shipping;

create table shipping.class (
    code      text not null,
    name      text not null,
    position  int not null default 0,
    constraint class_pkey primary key (code),
    constraint class_code_shape check (code ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    constraint class_name_given check (btrim(name) <> '')
);
comment on table shipping.class is
    'Kinds of goods that are shipped alike. distribution key: none (replicated)';
insert into shipping.class (code, name, position) values
    ('standard', 'Standard', 0),
    ('bulky', 'Bulky', 1);

create table shipping.zone (
    id          uuid not null,
    code        text not null,
    name        text not null,
    version     bigint not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint zone_pkey primary key (id),
    constraint zone_code_unique unique (code),
    constraint zone_code_shape check (code ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    constraint zone_name_given check (btrim(name) <> '')
);
comment on table shipping.zone is 'Places that are served alike. distribution key: none (replicated)';

create table shipping.area (
    zone_id  uuid not null,
    country  char(2) not null,
    region   text not null default '',
    constraint area_pkey primary key (zone_id, country, region),
    constraint area_zone foreign key (zone_id) references shipping.zone (id) on delete cascade,
    constraint area_country_shape check (country ~ '^[A-Z]{2}$'),
    constraint area_region_shape check (region ~ '^[A-Z0-9]{0,3}$')
);
comment on table shipping.area is
    'Places of a zone: a country, or a region of it. distribution key: none (replicated)';

create table shipping.method (
    id            uuid not null,
    channel_id    uuid not null,
    code          text not null,
    name          text not null,
    description   text not null default '',
    pricing       text not null,
    tax_class     text not null default 'standard',
    zone_ids      uuid[] not null,
    tiers         jsonb not null,
    class_rules   jsonb not null default '[]',
    min_days      int,
    max_days      int,
    position      int not null default 0,
    active        boolean not null default true,
    version       bigint not null default 1,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    constraint method_pkey primary key (id),
    constraint method_code_unique unique (channel_id, code),
    constraint method_code_shape check (code ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    constraint method_name_given check (btrim(name) <> ''),
    constraint method_pricing_known check (pricing in ('flat', 'weight', 'price')),
    constraint method_zones_given check (cardinality(zone_ids) >= 1),
    constraint method_tiers_given check (jsonb_array_length(tiers) >= 1),
    constraint method_days_ordered check (min_days >= 0 and min_days <= max_days)
);
comment on table shipping.method is
    'A way to ship and what it costs, in the currency of its channel. distribution key: none (replicated)';
comment on column shipping.method.tiers is
    '[{"from_value": 0, "price_minor": 490}], ascending; from grams or from minor units of the goods';
comment on column shipping.method.class_rules is
    '[{"shipping_class": "bulky", "surcharge_minor": 1500, "per": "unit", "excluded": false}]';
