"""Alembic's entry point: runs the revisions on the connection that runtime/migrate.py opened."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transaction_per_migration=True,
    target_metadata=None,
)
with context.begin_transaction():
    context.run_migrations()
