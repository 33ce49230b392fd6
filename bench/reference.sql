-- The reference R: the least that placing an order of two lines must write, in one server-side
-- function and one commit. `argosy bench` loads it into a database of its own on the same server
-- and runs bench/reference_place.sql with pgbench: transactions a second = R.
drop schema if exists lim cascade; create schema lim; set search_path=lim;
create table idem(key uuid primary key, body jsonb, at timestamptz default now());
create table stock(variant int primary key, on_hand int not null, reserved int not null default 0, check (reserved<=on_hand)) with (fillfactor=50);
insert into stock select i,1000000 from generate_series(1,2000) i;
create table cart(id uuid primary key, data jsonb, status text);
create sequence order_no;
create table orders(id uuid primary key, number bigint unique, cart uuid unique, email text, status text, total bigint, currency char(3), address jsonb, at timestamptz default now());
create table line(order_id uuid, pos int, variant int, sku text, qty int, unit bigint, total bigint, primary key(order_id,pos));
create table payment(id uuid primary key, order_id uuid, status text, amount bigint, psp text, ref text unique);
create index on payment(order_id);
create table entry(id bigint generated always as identity primary key, tx uuid, account int, amount bigint, at timestamptz default now());
create table outbox(id bigint generated always as identity primary key, topic text, key uuid, body jsonb, at timestamptz default now());
create or replace function place(k uuid, a int, b int) returns bigint language plpgsql as $$
declare o uuid := uuidv7(); n bigint := nextval('lim.order_no');
begin
 insert into lim.idem values(k,'{}');
 insert into lim.cart values(k,'{"lines":[{"v":1,"q":1},{"v":2,"q":1}],"email":"a@b.c"}','done');
 update lim.stock set reserved=reserved+1 where variant=least(a,b) and on_hand-reserved>=1;
 if not found then raise exception 'oos'; end if;
 update lim.stock set reserved=reserved+1 where variant=greatest(a,b) and on_hand-reserved>=1;
 if not found then raise exception 'oos'; end if;
 insert into lim.orders values(o,n,k,'a@b.c','confirmed',4398,'USD','{"line1":"1 Main","city":"X","zip":"10001","country":"US"}');
 insert into lim.line values(o,1,a,'sku',1,1999,1999),(o,2,b,'sku',1,1999,1999);
 insert into lim.payment values(uuidv7(),o,'authorized',4398,'dummy',o::text);
 insert into lim.entry(tx,account,amount) values(o,1,4398),(o,2,-3998),(o,3,-400);
 insert into lim.outbox(topic,key,body) values('order.placed',o,'{"id":"x","total":4398,"lines":[{"sku":"a"},{"sku":"b"}]}'),('payment.authorized',o,'{"id":"x","amount":4398}');
 return n;
end $$;
