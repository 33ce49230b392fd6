create schema if not exists orders;

-- Of an address only the place that decides tax and shipping (DOMAIN.md 39, Q4): it names nobody.
create function orders.place_of(address jsonb) returns jsonb
language sql immutable parallel safe
return case when address is null then null else
  jsonb_strip_nulls(jsonb_build_object(
    'country', address -> 'country',
    'region', address -> 'region',
    'postal_code', address -> 'postal_code')) end;
comment on function orders.place_of(jsonb) is
  'Country, region and postal code of an address';
