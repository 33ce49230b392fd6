-- What was held after its last try is found at once, however much waits in the queue.
-- squawk-ignore require-concurrent-index-creation
create index pgqueuer_held_idx on jobs.pgqueuer (id desc) where status = 'failed';
