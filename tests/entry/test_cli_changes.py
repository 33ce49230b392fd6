"""`argosy changes` as a person and a program use it."""

from __future__ import annotations

import asyncio
import json

from tests.entry.test_cli_promotions import Run, run

from argosy.kernel.ids import encode
from argosy.modules import catalog, changesets
from argosy.modules.catalog import ProductInput
from argosy.runtime.db import Database
from argosy.workflows.change_staging import stage
from argosy.workflows.change_writing import Wish

__all__ = ["run"]


async def _staged(url: str, title: str, then: str | None = None) -> str:
    db = await Database.open(url)
    try:
        async with db.transaction() as tx:
            mug = ProductInput(slug="mug", title="Mug")
            [made] = await catalog.upsert_products(tx, [mug])
            assert isinstance(made, catalog.Upserted)
            one = await changesets.create_change_set(tx, "Launch", by="Ann")
            wish = Wish(made.product_id, "product", {"title": title})
            await stage(tx, one.id, [wish], by="Ann")
            if then:
                await catalog.update_product(tx, made.product_id, ProductInput(title=then))
    finally:
        await db.close()
    return encode("change_set", one.id)


def test_a_set_is_shown_published_and_rolled_back(run: Run, database_url: str) -> None:
    one = asyncio.run(_staged(database_url, "Sale mug"))
    shown = json.loads(run("changes", "show", one, as_json=True).stdout)
    assert (shown["state"], shown["conflicts"]) == ("draft", [])
    assert shown["listed"][0]["changes"] == [
        {"path": "title", "before": "Mug", "after": "Sale mug"}
    ]
    told = run("changes", "show", one)
    assert "Sale mug" in told.stdout
    done = run("changes", "publish", one)
    assert "Launch is published." in done.stdout, done.output
    back = json.loads(run("changes", "rollback", one, as_json=True).stdout)
    assert (back["id"], back["state"]) == (one, "rolled_back")
    [listed] = json.loads(run("changes", "list", as_json=True).stdout)
    assert (listed["name"], listed["state"]) == ("Launch", "rolled_back")
    late = run("changes", "cancel", one)
    assert late.exit_code == 1
    assert "Traceback" not in late.output


def test_a_conflict_is_told_and_stops_the_set(run: Run, database_url: str) -> None:
    one = asyncio.run(_staged(database_url, "Sale mug", then="Other mug"))
    [conflict] = json.loads(run("changes", "show", one, as_json=True).stdout)["conflicts"]
    assert [clash["theirs"] for clash in conflict["clashes"]] == ["Other mug"]
    assert "changed since" in run("changes", "show", one).stdout
    stopped = run("changes", "publish", one)
    assert stopped.exit_code == 1
    assert "title was changed by somebody else" in " ".join(stopped.output.split())
    gone = json.loads(run("changes", "cancel", one, as_json=True).stdout)
    assert gone["state"] == "cancelled"
