create schema if not exists catalog;

-- GS1 general specifications, section 7.9: weights 3 and 1 from the right, total divisible by 10.
create function catalog.gtin_is_valid(gtin text) returns boolean
    language sql immutable strict parallel safe
return gtin ~ '^([0-9]{8}|[0-9]{12}|[0-9]{13}|[0-9]{14})$'
   and (select sum(substr(reverse(gtin), place, 1)::int * case when place % 2 = 0 then 3 else 1 end)
          from generate_series(1, length(gtin)) as place) % 10 = 0;

-- The parent's path is part of the foreign key and the own path is generated from it. A rename or a
-- move therefore cascades through the subtree by itself, and a cycle, even one made by two
-- transactions at once, would lengthen its own path without end and dies at category_depth.
create table catalog.category (
    id           uuid not null,
    parent_id    uuid,
    parent_path  text,
    slug         text not null,
    path         text not null generated always as (
                     case when parent_path is null then slug else parent_path || '/' || slug end
                 ) stored,
    name         text not null,
    description  text not null default '',
    position     int not null default 0,
    version      bigint not null default 1,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    constraint category_pkey primary key (id),
    constraint category_path_unique unique (path),
    constraint category_id_path_unique unique (id, path),
    constraint category_parent foreign key (parent_id, parent_path)
        references catalog.category (id, path) match full on update cascade,
    constraint category_not_own_parent check (parent_id is distinct from id),
    constraint category_depth check (cardinality(string_to_array(path, '/')) <= 12),
    constraint category_slug_shape check (slug ~ '^[^/\s]{1,120}$'),
    constraint category_name_given check (btrim(name) <> '')
);
comment on table catalog.category is
    'Tree of categories; path is the slug path, e.g. men/tops. distribution key: none (replicated)';
create index category_parent_index on catalog.category (parent_id, position, id);

create table catalog.attribute (
    code      text not null,
    label     text not null,
    kind      text not null,
    unit      text,
    choices   jsonb not null default '[]',
    facet     boolean not null default false,
    position  int not null default 0,
    version   bigint not null default 1,
    constraint attribute_pkey primary key (code),
    constraint attribute_code_shape check (code ~ '^[a-z][a-z0-9_]{0,62}$'),
    constraint attribute_kind_known check (kind in ('text', 'number', 'boolean', 'choice')),
    constraint attribute_unit_of_number check (unit is null or kind = 'number')
);
comment on table catalog.attribute is
    'Definitions of typed product attributes. distribution key: none (replicated)';

create table catalog.product (
    id              uuid not null,
    external_id     text,
    slug            text not null,
    title           text not null,
    description     text not null default '',
    brand           text not null default '',
    product_type    text not null default '',
    tax_class       text not null default 'standard',
    shipping_class  text not null default 'standard',
    status          text not null default 'draft',
    seo_title       text not null default '',
    seo_description text not null default '',
    options         jsonb not null default '[]',
    attributes      jsonb not null default '{}',
    rating          jsonb,
    import_hash     bytea,
    version         bigint not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    constraint product_pkey primary key (id),
    constraint product_external_id_unique unique (external_id),
    constraint product_slug_unique unique (slug),
    constraint product_slug_shape check (slug ~ '^[^/\s]{1,200}$'),
    constraint product_title_given check (btrim(title) <> ''),
    constraint product_status_known check (status in ('draft', 'active', 'archived')),
    constraint product_options_list check (jsonb_typeof(options) = 'array'),
    constraint product_attributes_map check (jsonb_typeof(attributes) = 'object')
);
comment on table catalog.product is 'What is sold, without its variants. distribution key: id';
comment on column catalog.product.description is 'Sanitised HTML.';
comment on column catalog.product.options is '[{"name": "Size", "values": ["S", "M"]}], in display order';
comment on column catalog.product.attributes is
    'code -> text: "x"; number: {"number": "1.5", "unit": "cm"}; boolean: true; choice: ["a", "b"]';
comment on column catalog.product.rating is '{"average": "4.2", "count": 12}, average of 1 to 5';
comment on column catalog.product.import_hash is 'SHA-256 of the last imported row (E4)';
create index product_listing_index on catalog.product (status, created_at desc, id desc);
create index product_recent_index on catalog.product (created_at desc, id desc);
create index product_title_index on catalog.product (lower(title) text_pattern_ops);

create table catalog.media (
    id            uuid not null,
    product_id    uuid,
    storage_key   text not null,
    sha256        bytea not null,
    content_type  text not null,
    byte_size     bigint not null,
    width         int,
    height        int,
    alt           text not null default '',
    position      int not null default 0,
    kind          text not null default 'image',
    source        text,
    created_at    timestamptz not null,
    constraint media_pkey primary key (id),
    constraint media_product foreign key (product_id) references catalog.product (id) on delete cascade,
    constraint media_once_per_product unique (product_id, storage_key),
    constraint media_kind_known check (kind in ('image', 'file')),
    constraint media_sha256_length check (octet_length(sha256) = 32),
    constraint media_image_has_size check (kind <> 'image' or (width > 0 and height > 0))
);
comment on table catalog.media is
    'Photographs and files; without a product it is uploaded and not attached yet. distribution key: product_id';
comment on column catalog.media.source is 'Name of the file that it was imported from.';
create index media_key_index on catalog.media (storage_key);

create table catalog.variant (
    id                 uuid not null,
    product_id         uuid not null,
    sku                text not null,
    external_id        text,
    gtin               text,
    title              text not null default '',
    options            jsonb not null default '{}',
    weight_g           int,
    requires_shipping  boolean not null default true,
    tracks_inventory   boolean not null default true,
    tax_class          text,
    hs_code            text,
    origin_country     text,
    position           int not null default 0,
    media_id           uuid,
    status             text not null default 'active',
    version            bigint not null default 1,
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    constraint variant_pkey primary key (id),
    constraint variant_product foreign key (product_id) references catalog.product (id) on delete cascade,
    constraint variant_media foreign key (media_id) references catalog.media (id) on delete set null,
    constraint variant_external_id_unique unique (external_id),
    -- Only what is for sale must differ in its options; deferrable, so that one statement may
    -- exchange the options of two variants.
    constraint variant_options_unique exclude using btree (product_id with =, options with =)
        where (status = 'active') deferrable initially immediate,
    constraint variant_sku_trimmed check (sku = btrim(sku) and sku <> '' and length(sku) <= 120),
    constraint variant_gtin_check_digit check (catalog.gtin_is_valid(gtin)),
    constraint variant_weight_not_negative check (weight_g >= 0),
    constraint variant_status_known check (status in ('active', 'archived')),
    constraint variant_options_map check (jsonb_typeof(options) = 'object')
);
comment on table catalog.variant is 'What is bought: one SKU. distribution key: product_id';
comment on column catalog.variant.tax_class is 'null: the tax class of the product';
create unique index variant_sku_unique on catalog.variant (lower(btrim(sku)));
create index variant_product_index on catalog.variant (product_id, position, id);
create index variant_gtin_index on catalog.variant (gtin) where gtin is not null;
create index variant_media_index on catalog.variant (media_id) where media_id is not null;

create table catalog.product_category (
    product_id   uuid not null,
    category_id  uuid not null,
    position     int not null default 0,
    constraint product_category_pkey primary key (product_id, category_id),
    constraint product_category_product foreign key (product_id)
        references catalog.product (id) on delete cascade,
    constraint product_category_category foreign key (category_id)
        references catalog.category (id) on delete cascade
);
comment on table catalog.product_category is
    'Which product is in which category; position 0 is its main one. distribution key: product_id';
create index product_category_category_index on catalog.product_category (category_id, product_id);

create table catalog.publication (
    product_id     uuid not null,
    channel_id     uuid not null,
    publish_from   timestamptz not null,
    publish_until  timestamptz,
    constraint publication_pkey primary key (product_id, channel_id),
    constraint publication_product foreign key (product_id)
        references catalog.product (id) on delete cascade,
    constraint publication_window check (publish_until is null or publish_from < publish_until)
);
comment on table catalog.publication is
    'When a product is shown in a channel, half open [from, until). distribution key: product_id';
create index publication_channel_index on catalog.publication (channel_id, product_id);

create table catalog.redirect (
    kind       text not null,
    path       text not null,
    target_id  uuid not null,
    made_at    timestamptz not null,
    constraint redirect_pkey primary key (kind, path),
    constraint redirect_kind_known check (kind in ('product', 'category'))
);
comment on table catalog.redirect is
    'Former slugs and paths, so that links keep working (E9). distribution key: none (replicated)';
create index redirect_target_index on catalog.redirect (target_id);

create table catalog.import_run (
    id           uuid not null,
    format       text not null,
    file_name    text not null,
    storage_key  text,
    options      jsonb not null default '{}',
    actor        text not null default '',
    state        text not null default 'queued',
    lines_total  bigint,
    lines_done   bigint not null default 0,
    created      bigint not null default 0,
    updated      bigint not null default 0,
    unchanged    bigint not null default 0,
    failed       bigint not null default 0,
    warnings     bigint not null default 0,
    message      text not null default '',
    created_at   timestamptz not null,
    started_at   timestamptz,
    finished_at  timestamptz,
    constraint import_run_pkey primary key (id),
    constraint import_run_state_known check (state in ('queued', 'running', 'done', 'failed'))
);
comment on table catalog.import_run is 'Uploaded imports and how they went. distribution key: id';
create index import_run_recent_index on catalog.import_run (created_at desc, id desc);

create table catalog.import_issue (
    run_id     uuid not null,
    seq        int not null,
    row_number bigint not null,
    column_name text not null default '',
    record_key text not null default '',
    severity   text not null,
    code       text not null,
    message    text not null,
    constraint import_issue_pkey primary key (run_id, seq),
    constraint import_issue_run foreign key (run_id)
        references catalog.import_run (id) on delete cascade,
    constraint import_issue_severity_known check (severity in ('error', 'warning'))
);
comment on table catalog.import_issue is
    'What an import could not take: row, column and reason. distribution key: run_id';
