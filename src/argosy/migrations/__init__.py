"""Schema migrations: plain SQL in `sql/`, one numbered file a step, run in order by Alembic."""
