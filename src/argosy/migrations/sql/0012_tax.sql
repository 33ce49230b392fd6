create schema if not exists tax;
create extension if not exists btree_gist with schema public;

create table tax.class (
    code      text not null,
    name      text not null,
    position  int not null default 0,
    constraint class_pkey primary key (code),
    constraint class_code_shape check (code ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    constraint class_name_given check (btrim(name) <> '')
);
comment on table tax.class is
    'Kinds of goods that are taxed alike. distribution key: none (replicated)';
insert into tax.class (code, name, position) values
    ('standard', 'Standard', 0),
    ('reduced', 'Reduced', 1),
    ('reduced_alternate', 'Second reduced', 2),
    ('super_reduced', 'Super reduced', 3),
    ('exempt', 'Exempt', 4),
    ('gift_card', 'Gift card (multi-purpose voucher)', 5);

create table tax.zone (
    id          uuid not null,
    code        text not null,
    name        text not null,
    channel_id  uuid,
    priority    int not null default 0,
    source      text not null default '',
    version     bigint not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint zone_pkey primary key (id),
    constraint zone_code_unique unique (code),
    constraint zone_code_shape check (code ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$'),
    constraint zone_name_given check (btrim(name) <> '')
);
comment on table tax.zone is
    'Where the same taxes are due; without a channel for every channel. distribution key: none (replicated)';

create table tax.area (
    zone_id        uuid not null,
    country        char(2) not null,
    region         text not null default '',
    postal_prefix  text not null default '',
    constraint area_pkey primary key (zone_id, country, region, postal_prefix),
    constraint area_zone foreign key (zone_id) references tax.zone (id) on delete cascade,
    constraint area_country_shape check (country ~ '^[A-Z]{2}$'),
    constraint area_region_shape check (region ~ '^[A-Z0-9]{0,3}$'),
    constraint area_postal_shape check (postal_prefix ~ '^[A-Z0-9]{0,10}$')
);
comment on table tax.area is
    'Places of a zone: a country, a region of it, postal codes that begin alike. distribution key: none (replicated)';

create table tax.rate (
    id            uuid not null,
    zone_id       uuid not null,
    tax_class     text not null,
    code          text not null,
    name          text not null,
    jurisdiction  text not null,
    rate          numeric(9, 6) not null,
    treatment     text not null default 'standard',
    compound      boolean not null default false,
    position      int not null default 0,
    during        daterange not null,
    source        text not null default '',
    version       bigint not null default 1,
    updated_at    timestamptz not null,
    constraint rate_pkey primary key (id),
    constraint rate_zone foreign key (zone_id) references tax.zone (id) on delete cascade,
    constraint rate_class foreign key (tax_class) references tax.class (code),
    constraint rate_overlap exclude using gist (
        zone_id with =, tax_class with =, code with =, during with &&),
    constraint rate_code_shape check (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
    constraint rate_name_given check (btrim(name) <> ''),
    constraint rate_sane check (rate between 0 and 10),
    constraint rate_during_given check (not isempty(during)),
    constraint rate_treatment_known check (treatment in (
        'standard', 'zero_rated', 'exempt', 'reverse_charge', 'intra_community', 'export',
        'out_of_scope', 'margin_scheme')),
    constraint rate_zero_has_reason check (treatment in ('standard', 'margin_scheme') or rate = 0)
);
comment on table tax.rate is
    'One tax of one jurisdiction on one class of goods, in force on days [from, until). distribution key: none (replicated)';
comment on column tax.rate.rate is 'A ratio: 0.19 is 19 %.';
create index rate_of_zone on tax.rate (zone_id, tax_class, position, code);
