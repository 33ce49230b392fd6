create schema if not exists attachments;

create table attachments.file (
  id uuid not null,
  cart_id uuid not null,
  storage_key text not null,
  picture_key text,
  file_name text not null,
  format text not null,
  byte_size bigint not null,
  width int,
  height int,
  sha256 bytea not null,
  sender bytea,
  sent_at timestamptz not null,
  touched_at timestamptz not null,
  ordered boolean not null default false,
  constraint file_pkey primary key (id),
  constraint file_key_once unique (storage_key),
  constraint file_picture_once unique (picture_key),
  constraint file_format_known check (format in ('jpeg', 'png', 'webp', 'pdf'))
);
comment on table attachments.file is
  'Files that shoppers sent as answers; the order has the id of its cart. distribution key: cart_id';
comment on column attachments.file.sender is
  'a keyed hash of the address that sent it, for a day: enough to count, not to know whom';
create index file_of_cart on attachments.file (cart_id, id);
create index file_of_sender on attachments.file (sender) where sender is not null;
create index file_not_ordered on attachments.file (id) where not ordered;
