-- name: applied_migration :one?
select version_num from alembic_version;
