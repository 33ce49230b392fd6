"""Import whole catalogues of other systems, export them, import that again, and tell the figures.

    python tools/import_catalogues.py HOME icecat:products.jsonl.gz:usd ...

Each argument is format:file[:price list]. HOME is a new folder on which `argosy --home HOME
migrate` was run. Every file is planned and applied; then everything is exported and that export is
planned: it must find nothing to do. At last every import is taken back, from the last to the first.
Price lists and locations that the files name are made first.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from argosy.adapters.tabular import open_products
from argosy.entry.terminal import run
from argosy.modules import channels, imports, inventory, pricing
from argosy.workflows.app import App
from argosy.workflows.product_applying import apply_plan
from argosy.workflows.product_export import export_products
from argosy.workflows.product_planning import PlanOptions, plan_products
from argosy.workflows.product_reverting import revert_plan


def say(what: str, **figures: object) -> None:
    """One line, with the time it took and the most memory so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    told = " ".join(f"{key}={value}" for key, value in figures.items())
    sys.stdout.write(f"{what}: {told} peak_mb={peak}\n")
    sys.stdout.flush()


async def prepared(app: App) -> None:
    """What the files name."""
    async with app.db.transaction() as tx:
        have = {p.code for p in await pricing.list_price_lists(tx, limit=1000)}
        for code in {"usd", "eur", "pln"} - have:
            await pricing.create_price_list(
                tx, pricing.CreatePriceList(code=code, name=code, currency=code.upper())
            )
        places = {p.code for p in await inventory.list_locations(tx, limit=1000)}
        for code in {"main", "global"} - places:
            await inventory.create_location(tx, code=code, name=code, country="US", address={})
        say("channels", there=[c.code for c in await channels.list_channels(tx)])


async def taken(app: App, argument: str) -> Any:
    """Plan and apply one file."""
    format_name, file, *more = argument.split(":")
    options = {"price_list": more[0] if more else "usd", "location": "main"}
    source = open_products(Path(file), format_name, options)
    start, cpu = time.monotonic(), time.process_time()
    plan = await plan_products(app, source, options=PlanOptions(skip_unknown=True))
    say(f"{format_name} planned", seconds=round(time.monotonic() - start, 1),
        cpu=round(time.process_time() - cpu, 1), creates=plan.creates, updates=plan.updates,
        unchanged=plan.unchanged, rejects=plan.rejects, warnings=plan.warnings)  # fmt: skip
    await told(app, plan)
    async with app.db.transaction() as tx:
        names = [g.name for g in await imports.groups_of(tx, plan.id)]
        if names:
            await imports.acknowledge(tx, plan.id, names, actor="tool")
    start, cpu = time.monotonic(), time.process_time()
    plan = await apply_plan(app, plan.id)
    say(f"{format_name} applied", seconds=round(time.monotonic() - start, 1),
        cpu=round(time.process_time() - cpu, 1), applied=plan.applied, conflicts=plan.conflicts,
        failed=plan.failed)  # fmt: skip
    return plan


async def told(app: App, plan: imports.Plan) -> None:
    """What was not taken, by code and column."""
    counts: Counter[str] = Counter()
    after = -1
    async with app.db.reading() as tx:
        while rows := await imports.rows_of(tx, plan.id, after=after, limit=2000):
            after = rows[-1].seq
            for row in rows:
                for issue in row.issues:
                    column = issue.column.partition("[")[0]
                    counts[f"{issue.severity} {issue.code} {column}"[:80]] += 1
    for what, count in counts.most_common(12):
        sys.stdout.write(f"    {count} x {what}\n")


async def exported(app: App, path: Path) -> int:
    """Write everything; how many products."""
    count = 0
    with path.open("wb") as stream:
        async for record in export_products(app.db):
            stream.write(msgspec.json.encode(record) + b"\n")
            count += record["kind"] == "product"
    return count


async def whole(app: App, home: Path, files: list[str]) -> None:
    """Everything in turn."""
    await prepared(app)
    empty = home / "empty.jsonl"
    await exported(app, empty)
    plans = [await taken(app, argument) for argument in files]
    first, again = home / "first.jsonl", home / "again.jsonl"
    start = time.monotonic()
    count = await exported(app, first)
    say("exported", products=count, seconds=round(time.monotonic() - start, 1),
        bytes=first.stat().st_size)  # fmt: skip
    back = await taken(app, f"jsonl:{first}")
    assert (back.creates, back.updates, back.rejects) == (0, 0, 0), back
    await exported(app, again)
    say("export of the re-import is the same", same=first.read_bytes() == again.read_bytes())
    for plan in reversed(plans):
        start = time.monotonic()
        done = await revert_plan(app, plan.id)
        say("reverted", seconds=round(time.monotonic() - start, 1), reverted=done.reverted,
            kept=done.kept)  # fmt: skip
    await exported(app, again)
    say("export after reverts is as before", same=empty.read_bytes() == again.read_bytes())


def main() -> None:
    """The first argument is the folder, the others are files."""
    home = Path(sys.argv[1])
    os.environ["ARGOSY_HOME"] = str(home)
    os.environ.setdefault("ARGOSY_LOG_LEVEL", "warning")
    run(lambda app: whole(app, home, sys.argv[2:]))


if __name__ == "__main__":
    main()
