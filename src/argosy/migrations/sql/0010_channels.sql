create schema if not exists channels;

create table channels.channel (
    id                 uuid not null,
    code               text not null,
    name               text not null,
    currency           char(3) not null,
    countries          text[] not null,
    default_country    char(2) not null,
    locale             text not null,
    time_zone          text not null,
    tax_inclusive      boolean not null,
    tax_rounding       text not null default 'line',
    rounding_mode      text not null default 'half_up',
    shipping_tax       text not null,
    price_list_id      uuid not null,
    capture            text not null default 'manual',
    reservation_ttl_s  int not null default 900,
    order_prefix       text not null default '',
    gateways           text[] not null default '{}',
    active             boolean not null default true,
    version            bigint not null default 1,
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    constraint channel_pkey primary key (id),
    constraint channel_code_unique unique (code),
    constraint channel_code_shape check (code ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    constraint channel_name_given check (btrim(name) <> ''),
    constraint channel_currency_shape check (currency ~ '^[A-Z]{3}$'),
    constraint channel_countries_given check (cardinality(countries) between 1 and 250),
    constraint channel_default_country_sold check (default_country = any (countries)),
    constraint channel_tax_rounding_known check (tax_rounding in ('unit', 'line', 'rate', 'order')),
    constraint channel_rounding_known check (rounding_mode in ('half_up', 'half_even')),
    constraint channel_shipping_tax_known check (shipping_tax in ('own', 'highest', 'proportional')),
    constraint channel_capture_known check (capture in ('manual', 'automatic')),
    constraint channel_ttl_sane check (reservation_ttl_s between 60 and 86400),
    constraint channel_order_prefix_shape check (order_prefix ~ '^[A-Z0-9-]{0,10}$'),
    constraint channel_gateways_bounded check (cardinality(gateways) <= 50)
);
comment on column channels.channel.gateways is
    'Ways to pay that are offered here, in this order; empty: all that the settings enable';
comment on table channels.channel is
    'A brand, market or point of sale and how it sells. distribution key: none (replicated)';

create table channels.channel_location (
    channel_id   uuid not null,
    location_id  uuid not null,
    priority     int not null,
    constraint channel_location_pkey primary key (channel_id, location_id),
    constraint channel_location_channel foreign key (channel_id)
        references channels.channel (id) on delete cascade
);
comment on table channels.channel_location is
    'Stock locations that a channel sells from, lowest priority number first. distribution key: none (replicated)';
