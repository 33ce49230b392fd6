-- name: views_of :many
select id, member_id, place, name, filters, made_at from views.view
 where member_id = $1 and ($2::text is null or place = $2) order by place, name

-- name: count_others :one
select count(*) as views from views.view where member_id = $1 and place = $2 and name <> $3

-- name: keep_view :one
insert into views.view as v (id, member_id, place, name, filters, made_at)
values ($1, $2, $3, $4, $5, $6)
    on conflict (member_id, place, name) do update
   set filters = excluded.filters, made_at = excluded.made_at
returning id, member_id, place, name, filters, made_at

-- name: forget_view :one?
delete from views.view where member_id = $1 and id = $2
returning id, member_id, place, name, filters, made_at
