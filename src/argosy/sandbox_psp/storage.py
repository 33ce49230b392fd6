"""The sandbox's own storage: one SQLite database, one connection, one thread.

Every change happens between two awaits of one process, inside `transaction`, so that requests
cannot see each other's half-done work and need no locks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SCHEMA = """
create table if not exists payment (
  id text primary key, key text not null, reference text not null, token text not null,
  amount integer not null, currency text not null, capture text not null, return_url text,
  metadata text not null, attempt text not null, code text, code_kind text,
  authorised integer not null default 0, captured integer not null default 0,
  refunded integer not null default 0, refund_pending integer not null default 0,
  voided integer not null default 0, three_ds text, capture_before real,
  created_at real not null, version integer not null default 1, seq integer not null,
  check (captured + voided <= authorised), check (refunded + refund_pending <= captured));
create index if not exists payment_reference on payment (reference);
create unique index if not exists payment_seq on payment (seq);
create table if not exists operation (
  id text primary key, payment_id text not null references payment, kind text not null,
  amount integer not null, released integer not null default 0, status text not null,
  code text, code_kind text, key text unique, origin text not null, created_at real not null);
create index if not exists operation_payment on operation (payment_id);
create table if not exists answer (
  key text primary key, fingerprint text not null, status integer not null, body text not null);
create table if not exists seen (key text primary key, times integer not null);
create table if not exists schedule (
  id integer primary key, due_at real not null, action text not null,
  payment_id text not null, operation_id text);
create index if not exists schedule_due on schedule (due_at);
create table if not exists event (
  seq integer primary key, id text not null unique, type text not null, payment_id text not null,
  operation_key text, created_at real not null, body text not null);
create index if not exists event_payment on event (payment_id);
create table if not exists delivery (
  id integer primary key, event_id text not null, due_at real not null,
  tries integer not null default 0, status text not null default 'waiting', answer text);
create index if not exists delivery_due on delivery (due_at) where status = 'waiting';
create table if not exists card (
  token text primary key, behaves text not null, brand text not null, last4 text not null,
  exp_month integer not null, exp_year integer not null, created_at real not null,
  used integer not null default 0);
create table if not exists paid_with (
  payment_id text primary key, brand text not null, last4 text not null,
  exp_month integer not null, exp_year integer not null);
create table if not exists stored_credential (
  payment_id text primary key, initiator text not null, use text not null);
create table if not exists wish (payment_id text primary key, customer text not null);
create table if not exists method (
  id text primary key, customer text not null, behaves text not null, brand text not null,
  last4 text not null, exp_month integer not null, exp_year integer not null,
  payment_id text not null unique, created_at real not null, removed_at real);
create index if not exists method_customer on method (customer);
create table if not exists meta (name text primary key, value text not null);
"""


class Storage:
    """The connection, with the two shapes of statement that the sandbox uses."""

    def __init__(self, database: str) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside take effect together, or none when the block raises."""
        self._connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def run(self, sql: str, *args: object) -> int:
        """Execute a change; returns the number of rows it touched."""
        return self._connection.execute(sql, args).rowcount

    def rows(self, sql: str, *args: object) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self._connection.execute(sql, args).fetchall()

    def row(self, sql: str, *args: object) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        found: sqlite3.Row | None = self._connection.execute(sql, args).fetchone()
        return found

    def value(self, sql: str, *args: object) -> Any:
        """The first column of the first row, or None."""
        row = self.row(sql, *args)
        return None if row is None else row[0]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
