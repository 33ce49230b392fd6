create schema if not exists tax;

-- What is taxed at zero by law where a zone says so; elsewhere it is taxed as standard (B5).
insert into tax.class (code, name, position) values ('zero_rated', 'Zero-rated', 6)
    on conflict (code) do nothing;

-- Finds the zone that has a place, when a table of local rates is imported. The table is small and
-- written by staff only: its writers can wait.
-- squawk-ignore require-concurrent-index-creation
create index area_of_place on tax.area (country, region, postal_prefix);
