-- name: learned :many
select kind, word, value, person, learned_at from normalising.synonym order by kind, word

-- name: synonym_page :many
-- Of a kind ($4), with a text in the word or in what it means ($5, folded), where they are given.
select kind, word, value, person, learned_at from normalising.synonym
 where (kind, word) > ($1, $2) and ($4::text is null or kind = $4)
   and ($5::text is null or position($5 in word) > 0 or position($5 in lower(value)) > 0)
 order by kind, word limit $3

-- name: learn :exec
insert into normalising.synonym (kind, word, value, person, learned_at)
values ($1, $2, $3, $4, $5)
    on conflict (kind, word) do update
   set value = excluded.value, person = excluded.person, learned_at = excluded.learned_at

-- name: forget_synonym :one?
delete from normalising.synonym where kind = $1 and word = $2 returning kind, word, value, person, learned_at

-- name: note_origins :exec
insert into normalising.origin (product_id, path, kind, word, raw, value, rule, confidence, settled,
                                source, noted_at)
select g.product_id, g.path, g.kind, g.word, g.raw, g.value, g.rule, g.confidence, g.settled,
       g.source, $2
  from jsonb_to_recordset($1::jsonb) as g (
       product_id uuid, path text, kind text, word text, raw text, value text, rule text,
       confidence numeric, settled boolean, source text)
    on conflict (product_id, path) do update
   set kind = excluded.kind, word = excluded.word, raw = excluded.raw, value = excluded.value,
       rule = excluded.rule, confidence = excluded.confidence, settled = excluded.settled,
       source = excluded.source, person = null, noted_at = excluded.noted_at

-- name: ask :exec
insert into normalising.question (id, kind, word, raw, proposed, rule, confidence, state, seen, asked_at)
select g.id, g.kind, g.word, g.raw, g.value, g.rule, g.confidence, 'open', g.seen, $2
  from jsonb_to_recordset($1::jsonb) as g (
       id uuid, kind text, word text, raw text, value text, rule text, confidence numeric, seen bigint)
 order by g.kind, g.word
    on conflict (kind, word) where state = 'open' do update
   set seen = normalising.question.seen + excluded.seen

-- name: forget_source :exec
delete from normalising.origin where source = $1

-- name: origins_of :many
select path, kind, raw, value, rule, confidence::float8 as confidence, settled, source, person,
       noted_at
  from normalising.origin where product_id = $1 order by path

-- name: question_page :many
select id, kind, raw, proposed, rule, confidence::float8 as confidence, state, seen, person,
       asked_at, answered_at
  from normalising.question
 where ($1::text is null or state = $1) and ($2::uuid is null or id < $2)
 order by id desc limit $3

-- name: question_by_id :one?
select id, kind, raw, proposed, rule, confidence::float8 as confidence, state, seen, person,
       asked_at, answered_at
  from normalising.question where id = $1

-- name: answer_question :one?
update normalising.question
   set state = $2, proposed = $3, person = $4, answered_at = $5
 where id = $1 and state = 'open'
returning id

-- name: unsettled :many
select product_id, path from normalising.origin
 where kind = $1 and word = $2 and not settled
 order by product_id, path limit $3

-- name: settle :exec
update normalising.origin o set settled = true, value = $4, person = $3, noted_at = $5
  from unnest($1::uuid[], $2::text[]) as g (product_id, path)
 where o.product_id = g.product_id and o.path = g.path
