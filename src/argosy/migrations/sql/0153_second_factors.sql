create schema if not exists staff;

create table staff.factor (
  id uuid not null,
  member_id uuid not null,
  kind text not null,
  name text not null,
  secret bytea not null,
  last_step bigint,
  confirmed_at timestamptz,
  used_at timestamptz,
  created_at timestamptz not null,
  constraint factor_pkey primary key (id),
  constraint factor_of_member foreign key (member_id) references staff.member (id),
  constraint factor_kind_known check (kind in ('totp', 'recovery'))
);
comment on table staff.factor is 'Second factors of staff: authenticator apps and recovery codes. Distribution key: member_id.';
comment on column staff.factor.secret is 'Of an app its secret, encrypted with the shop''s key; of a recovery code its keyed hash.';
comment on column staff.factor.last_step is 'The time step (RFC 6238) of the last code that was taken; only a later one is taken after it.';
create index factor_member on staff.factor (member_id);

create table staff.sign_in_ticket (
  token_hash bytea not null,
  member_id uuid not null,
  checked_hash text not null,
  expires_at timestamptz not null,
  constraint sign_in_ticket_pkey primary key (token_hash),
  constraint sign_in_ticket_of_member foreign key (member_id) references staff.member (id)
);
comment on table staff.sign_in_ticket is 'Sign-ins whose password was right and whose second factor is awaited. Distribution key: member_id.';
create index sign_in_ticket_expiry on staff.sign_in_ticket (expires_at);
create index sign_in_ticket_member on staff.sign_in_ticket (member_id);

alter table staff.role add column second_factor boolean not null default false;
comment on column staff.role.second_factor is 'Whether its people must have a second factor.';

alter table staff.session add column proved_at timestamptz;
comment on column staff.session.proved_at is 'When the person last showed who they are; null: at the sign-in.';
