"""The sandbox's objects as its API shows them."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

from argosy.sandbox_psp.tokens import HOSTED_PAGE


def instant(epoch: float | None) -> str | None:
    """RFC 3339 in UTC with milliseconds, or None."""
    if epoch is None:
        return None
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds")


def status_of(row: sqlite3.Row) -> str:
    """One word for a payment, from its amounts and its first attempt."""
    if row["authorised"] == 0:
        return str(row["attempt"])
    if row["refunded"] and row["refunded"] == row["captured"]:
        return "refunded"
    if row["captured"]:
        whole = row["captured"] + row["voided"] == row["authorised"]
        return "captured" if whole else "partially_captured"
    return "voided" if row["voided"] == row["authorised"] else "authorised"


def payment_view(row: sqlite3.Row, base_url: str) -> dict[str, Any]:
    """A payment. `version` grows with every change, so that readers can tell old from new."""
    view: dict[str, Any] = {
        "object": "payment",
        "id": row["id"],
        "reference": row["reference"],
        "status": status_of(row),
        "amount": row["amount"],
        "currency": row["currency"],
        "capture": row["capture"],
        "amount_authorised": row["authorised"],
        "amount_captured": row["captured"],
        "amount_voided": row["voided"],
        "amount_refunded": row["refunded"],
        "amount_refund_pending": row["refund_pending"],
        "decline": None,
        "next_action": None,
        "three_ds": None if row["three_ds"] is None else json.loads(row["three_ds"]),
        "network_transaction_id": f"ntx_{row['id'][3:15]}" if row["authorised"] else None,
        "capture_before": instant(row["capture_before"]),
        "created_at": instant(row["created_at"]),
        "version": row["version"],
    }
    if row["attempt"] == "declined":
        view["decline"] = {"code": row["code"], "kind": row["code_kind"]}
    if row["attempt"] == "requires_action":
        page = "pay" if row["token"] == HOSTED_PAGE else "challenge"
        view["next_action"] = {"type": "redirect", "url": f"{base_url}/{page}/{row['id']}"}
    return view


def operation_view(row: sqlite3.Row) -> dict[str, Any]:
    """One thing done to a payment. `idempotency_key` is null for what the provider did itself."""
    return {
        "object": "operation",
        "id": row["id"],
        "payment": row["payment_id"],
        "kind": row["kind"],
        "amount": row["amount"],
        "released": row["released"],
        "status": row["status"],
        "code": row["code"],
        "code_kind": row["code_kind"],
        "idempotency_key": row["key"],
        "origin": row["origin"],
        "created_at": instant(row["created_at"]),
    }
