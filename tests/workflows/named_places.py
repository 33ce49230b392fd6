"""Every place that may name media, found in the migrated schema, and a row with a name in each."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

import asyncpg

FILE, ENTRY = "file", "entry"

# Columns whose name says that they hold media, or texts and values in which media may stand.
SUSPECT = re.compile(
    r"(^|_)(media|image|picture|photo|logo|banner|icon|swatch|swatches|thumbnail|storage|file)"
    r"(_id|_ids|_key|_keys|s)?$"
    r"|^(description|attributes|record|before|after|changes?|base|staged|default_value|value|html|body|content)$"
)
_NO_ISLANDS = ("pg_catalog", "information_schema", "public", "runtime")

NAMED: dict[str, str] = {
    "brands.brand.description": FILE,
    "brands.brand.media_id": ENTRY,
    "catalog.attribute.swatches": FILE,
    "catalog.category.description": FILE,
    "catalog.media.storage_key": FILE,
    "catalog.product.attributes": FILE,
    "catalog.product.description": FILE,
    "catalog.variant.attributes": FILE,
    "catalog.variant.media_id": ENTRY,
    "changesets.edit.after": FILE,
    "changesets.edit.base": FILE,
    "changesets.edit.before": FILE,
    "changesets.edit.change": FILE,
    "changesets.edit.staged": FILE,
    "collections.collection.description": FILE,
    "collections.collection.media_id": ENTRY,
    "compliance.sheet.body": FILE,
    "fields.definition.default_value": FILE,
    "fields.value.value": FILE,
    "imports.definition.after": FILE,
    "imports.definition.before": FILE,
    "imports.row.before": FILE,
    "imports.row.changes": FILE,
    "imports.row.record": FILE,
    "orders.line.image_key": FILE,
    "passports.edition.media_keys": FILE,
    "translations.text.value": FILE,
}
"""Where media are named. A new column that does so is added here and to its island's answer."""

NOT_NAMES: dict[str, str] = {
    "attachments.file.picture_key": "a private file, which media do not hold",
    "attachments.file.storage_key": "a private file, which media do not hold",
    "catalog.import_run.storage_key": "an upload, which is never shown",
    "downloads.download.file_id": "a private file, which media do not hold",
    "downloads.version.file_id": "a private file, which media do not hold",
    "downloads.version.storage_key": "a private file, which media do not hold",
    "imports.outlier.after": "figures for people; the record itself is in imports.row",
    "imports.outlier.before": "figures for people; the record itself is in imports.row",
    "imports.plan.storage_key": "an upload, which is never shown",
    "invoices.document.content": "figures and texts of an invoice, which shows no picture",
    "media.upload.media_id": "what an upload became; nothing shows it from here",
    "media.upload.storage_key": "an upload, which is never shown",
    "normalising.origin.value": "a value as it came; what the product has is in the catalogue",
    "normalising.synonym.value": "a word of the shop",
    "passports.schema.body": "codes and words of a group of products, which show no file",
    "projections.term.swatch": "made from the attribute, which names it",
    "projections.term.value": "made from the catalogue, again and again",
    "reviews.review.body": "plain text of shoppers",
    "shipping.method.description": "plain text",
    "staff.audit.after": "what was; it keeps no file",
    "staff.audit.before": "what was; it keeps no file",
    "staff.role.description": "plain text",
}
"""Suspects that name nothing, and why."""

_VALUES = {
    "text": "x", "uuid": None, "timestamptz": "now", "bool": True, "int4": 1, "int8": 0,
    "bytea": bytes(32), "jsonb": "{}", "int2": 1, "numeric": 1, "date": "now", "bpchar": "EUR",
    "_uuid": "{}", "_text": "{}",
}  # fmt: skip
_SPECIAL = {
    "changesets.edit.kind": "product",
    "collections.collection.kind": "manual",
    "compliance.sheet.subject": "product",
    "fields.definition.subject": "product",
    "fields.definition.kind": "text",
    "fields.definition.code": "note",
    "fields.value.subject": "product",
    "imports.row.kind": "product",
    "imports.row.decision": "update",
    "imports.row.state": "applied",
    "imports.definition.kind": "attribute",
    "catalog.attribute.kind": "text",
    "translations.text.kind": "product",
    "translations.text.locale": "de",
    "translations.text.state": "approved",
    "catalog.media.width": 1,
    "catalog.media.height": 1,
}


async def suspects(connection: asyncpg.Connection) -> set[str]:
    """Columns of islands that look as if they named media."""
    rows = await connection.fetch(
        """select table_schema, table_name, column_name, udt_name from information_schema.columns
            where table_schema <> all ($1) and table_schema not like 'pg_%'""",
        list(_NO_ISLANDS),
    )
    return {
        f"{row['table_schema']}.{row['table_name']}.{row['column_name']}"
        for row in rows
        if SUSPECT.search(row["column_name"])
        and row["udt_name"] in {"uuid", "_uuid", "text", "_text", "jsonb", "json"}
    }


async def name(connection: asyncpg.Connection, place: str, ref: str) -> None:
    """Insert a row that names `ref` in a column; the rest of it means nothing."""
    schema, table, column = place.split(".")
    rows = await connection.fetch(
        """select column_name, udt_name from information_schema.columns
            where table_schema = $1 and table_name = $2 and (column_name = $3 or (
                  is_nullable = 'NO' and column_default is null and is_generated = 'NEVER'))""",
        schema,
        table,
        column,
    )
    columns: dict[str, Any] = {}
    for row in rows:
        where = f"{schema}.{table}.{row['column_name']}"
        kind = row["udt_name"]
        if row["column_name"] == column:
            value: Any = _naming(kind, ref)
        elif where in _SPECIAL:
            value = _SPECIAL[where]
        else:
            value = uuid4() if kind == "uuid" else _VALUES[kind]
            value = (
                f"c{uuid4().hex}" if row["column_name"] in {"slug", "key", "sku", "code"} else value
            )
        columns[row["column_name"]] = value
    for extra in ("width", "height"):
        if f"{schema}.{table}.{extra}" in _SPECIAL:
            columns[extra] = 1
    places = ", ".join(
        f"${n}::text::{next((r['udt_name'] for r in rows if r['column_name'] == c), 'int4')}"
        for n, c in enumerate(columns, 1)
    )
    names = ", ".join(f'"{c}"' for c in columns)
    async with connection.transaction():
        # Without foreign keys: only this row matters.
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(
            f'insert into "{schema}"."{table}" ({names}) values ({places})',
            *[_text(value) for value in columns.values()],
        )


def _naming(kind: str, ref: str) -> Any:
    if kind == "uuid":
        return UUID(ref)
    if kind == "_text":
        return f"{{{ref}}}"
    return f'{{"x": ["<img src=/media/{ref}>"]}}' if kind == "jsonb" else ref


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return str(value).lower() if isinstance(value, bool) else str(value)
