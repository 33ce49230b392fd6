-- name: mark :exec
insert into search.change (product_id, at) select unnest($1::uuid[]), $2

-- name: forget :exec
delete from search.change where at < $1

-- name: changes_after :many
-- Only what can no longer be overtaken by a transaction that is still open.
select xid::text::bigint as xid_number, id, product_id
  from search.change
 where (xid, id) > ($1::bigint::text::xid8, $2::bigint)
   and xid < pg_snapshot_xmin(pg_current_snapshot())
 order by search.change.xid, search.change.id
 limit $3

-- name: waiting_since :one
-- What came with a dump from another server has later transaction ids than there are here.
select min(at) as at from search.change
 where (xid, id) > ($1::bigint::text::xid8, $2::bigint)
   and xid < pg_snapshot_xmax(pg_current_snapshot())

-- name: present :one
-- The cursor of an index that is about to read everything: what commits later comes after it.
select pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 as xid

-- name: forgotten :one
-- A later transaction than there is here, of a log or of an index, is of another server.
select coalesce((select last_xid from search.retention where last_xid < next.xid), 0) as xid,
       next.xid as next_xid
  from (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as xid) next

-- name: note_forgotten :exec
insert into search.retention (only_one, forgotten_until, last_xid)
select true, $1, coalesce((select max(xid::text::bigint) from search.change
                            where at < $1 and xid < pg_snapshot_xmax(pg_current_snapshot())), 0)
    on conflict (only_one) do update
   set forgotten_until = excluded.forgotten_until,
       last_xid = greatest(
         case when search.retention.last_xid
                   < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
              then search.retention.last_xid else 0 end, excluded.last_xid)

-- name: synonyms :many
select terms from search.synonyms where language = $1 order by position

-- name: drop_synonyms :exec
delete from search.synonyms where language = $1

-- name: insert_synonyms :exec
insert into search.synonyms (language, position, terms)
select $1, position, terms
  from jsonb_to_recordset($2::jsonb) as s (position int, terms text[])

-- name: count_queries :exec
insert into search.query_day as q
       (day, channel_id, words, searches, nothing, results, clicks, click_ranks)
select $1, w.* from unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[],
                           $7::bigint[], $8::bigint[])
  as w (channel_id, words, searches, nothing, results, clicks, click_ranks)
 order by w.channel_id, w.words
    on conflict (channel_id, day, words) do update
   set searches = q.searches + excluded.searches, nothing = q.nothing + excluded.nothing,
       results = q.results + excluded.results, clicks = q.clicks + excluded.clicks,
       click_ranks = q.click_ranks + excluded.click_ranks

-- name: forget_queries :exec
delete from search.query_day where day < $1

-- name: top_queries :many
-- $4: only those that found nothing at least once, by how often; $5, $6: after this number and words.
select * from (
  select words, sum(searches)::bigint as searches, sum(nothing)::bigint as nothing,
         sum(results)::bigint as results, sum(clicks)::bigint as clicks,
         sum(click_ranks)::bigint as click_ranks, max(day) as last_day,
         sum(case when $4 then nothing else searches end)::bigint as number
    from search.query_day
   where channel_id = $1 and day between $2 and $3 and words <> ''
   group by words) found
 where number > 0 and ($5::bigint is null or (-number, words) > (-$5::bigint, $6::text))
 order by -number, words
 limit $7

-- name: frequent_queries :many
-- Of each channel no more than of all together: its days are one range of the key.
select c.id as channel_id, q.words
  from unnest($1::uuid[]) as c (id)
 cross join lateral (
   select words, sum(searches) as searches from search.query_day
    where channel_id = c.id and day between $2 and $3 and words <> ''
    group by words order by searches desc, words limit $4) q
 where q.searches > 0
 order by q.searches desc, q.words, c.id
 limit $4

-- name: query_days :many
select day, sum(searches)::bigint as searches, sum(nothing)::bigint as nothing,
       sum(clicks)::bigint as clicks,
       coalesce(sum(searches) filter (where words = ''), 0)::bigint as not_kept
  from search.query_day
 where channel_id = $1 and day between $2 and $3
 group by day order by day
