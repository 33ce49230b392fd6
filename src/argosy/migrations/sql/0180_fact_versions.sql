create schema if not exists pricing;
create schema if not exists paths;

-- Costs, measures and names are changed by the version that was read, as products are. A version is
-- a number that nothing else ever had: what was removed and made anew has another one. What was
-- there before has 1.
create sequence pricing.fact_version as bigint start with 2;
alter table pricing.cost add column version bigint not null default 1;
alter table pricing.dated_cost add column version bigint not null default 1;
alter table pricing.measure add column version bigint not null default 1;
create sequence paths.name_version as bigint start with 2;
alter table paths.name add column version bigint not null default 1;
comment on column pricing.cost.version is 'Of pricing.fact_version; a change names the one that was read';
comment on column pricing.dated_cost.version is
    'Of pricing.fact_version; a change names the one that was read';
comment on column pricing.measure.version is
    'Of pricing.fact_version; a change names the one that was read';
comment on column paths.name.version is 'Of paths.name_version; a change names the one that was read';
