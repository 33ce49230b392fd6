-- Lists of the back office in another order than the newest first: each is a range of its index.
-- squawk-ignore require-concurrent-index-creation
create index order_by_total on orders."order" (total_minor desc, id desc);
-- squawk-ignore require-concurrent-index-creation
create index product_by_title on catalog.product (lower(title), id);
-- squawk-ignore require-concurrent-index-creation
create index product_by_change on catalog.product (updated_at desc, id desc);
-- squawk-ignore require-concurrent-index-creation
create index customer_by_name on customers.customer (lower(name), id);
