"""`argosy types`: product types, their schemas, and what these would break."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import typer

from argosy.entry.terminal import as_json, choices, console, errors, run, show
from argosy.kernel.ids import encode
from argosy.modules import producttypes
from argosy.modules.producttypes import Schema, SchemaInvalid
from argosy.workflows import scoring, typed_products
from argosy.workflows.app import App
from argosy.workflows.typed_products import Adopted, Impact

app = typer.Typer(
    help="Product types: schemas, what a new one would break, scores.", no_args_is_help=True
)

Code = Annotated[str, typer.Argument(help="Code of the type.")]
SHOWN = 20


@app.command("list")
def list_command() -> None:
    """All product types with the version in force."""

    async def read(shop: App) -> list[producttypes.ProductType]:
        async with shop.db.reading() as tx:
            return await producttypes.list_types(tx)

    found = run(read)
    if choices.get().json:
        as_json(found)
        return
    rows = [msgspec.structs.asdict(kind) for kind in found]
    show(rows, columns=("code", "label", "published"), title="Product types")


@app.command("draft")
def draft_command(
    code: Code,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The schema, as JSON.")],
    label: Annotated[str | None, typer.Option(help="What people call a new type.")] = None,
) -> None:
    """Save the next version of a type's schema; with --label, make the type first."""

    async def work(shop: App) -> Impact:
        try:
            schema = msgspec.json.decode(file.read_bytes(), type=Schema)
        except msgspec.ValidationError as error:
            raise SchemaInvalid(f"{error}.") from error
        except msgspec.DecodeError as error:
            raise SchemaInvalid(f"The file is no JSON: {error}.") from error
        async with shop.db.transaction() as tx:
            if label is not None:
                await producttypes.save_type(tx, code, label)
            await typed_products.save_draft(tx, code, schema)
        return await typed_products.impact_of_draft(shop.db, code)

    _show_impact(run(work))


@app.command("dry-run")
def dry_run_command(code: Code) -> None:
    """What the draft would break, counted, and the first products with what is wrong."""

    async def work(shop: App) -> tuple[Impact, list[dict[str, object]]]:
        impact = await typed_products.impact_of_draft(shop.db, code)
        async with shop.db.reading() as tx:
            broken = await typed_products.broken_by_draft(tx, code, after=None, limit=SHOWN)
        rows: list[dict[str, object]] = [
            {
                "product": encode("product", each.id),
                "slug": each.slug,
                "problems": ", ".join(f"{p.code}: {p.problem}" for p in each.problems),
            }
            for each in broken
        ]
        return impact, rows

    impact, rows = run(work)
    _show_impact(impact)
    if rows and not choices.get().json:
        show(rows, columns=("product", "slug", "problems"), title="Products that would break")


@app.command("publish")
def publish_command(code: Code) -> None:
    """Put the draft in force, for good. No product is unpublished by it."""

    async def work(shop: App) -> producttypes.TypeVersion:
        async with shop.db.transaction() as tx:
            return (await typed_products.publish_draft(tx, code, by="cli"))[1]

    made = run(work)
    if choices.get().json:
        as_json(made)
    else:
        console.print(f"Version {made.number} is in force.")


@app.command("adopt")
def adopt_command(
    code: Code,
    product_type: Annotated[str, typer.Option(help="The free text that products have.")],
) -> None:
    """Give the type to all products without one whose `product_type` is this text."""

    async def work(shop: App) -> list[Adopted]:
        done: list[Adopted] = []
        after: UUID | None = None
        while not done or after is not None:
            async with shop.db.transaction() as tx:
                done.append(await typed_products.adopt_label(tx, code, product_type, after=after))
            after = done[-1].last
        return done

    done = run(work)
    adopted = sum(batch.adopted for batch in done)
    refused = [
        {"product": encode("product", product_id), "why": faults[0].message}
        for batch in done
        for product_id, faults in batch.refused
    ]
    if choices.get().json:
        as_json({"adopted": adopted, "refused": refused})
    else:
        console.print(f"{adopted} products have the type {code} now.")
        if refused:
            show(refused[:SHOWN], columns=("product", "why"), title="Products that do not fit")
    if refused:
        raise typer.Exit(1)


@app.command("rescore")
def rescore_command() -> None:
    """Work out anew how complete every product is; needed once for a shop older than scores."""
    done = run(lambda shop: scoring.rescore_all(shop.db))
    if choices.get().json:
        as_json({"products": done})
    else:
        errors.print(f"{done} products are scored.")


def _show_impact(impact: Impact) -> None:
    counted = [
        {"attribute": code, "problem": problem, "products": count}
        for (code, problem), count in sorted(impact.problems.items(), key=lambda item: -item[1])
    ]
    if choices.get().json:
        as_json({"products": impact.products, "broken": impact.broken, "problems": counted})
        return
    console.print(f"The draft would break {impact.broken} of {impact.products} products.")
    if counted:
        show(counted, columns=("attribute", "problem", "products"), title="By what")
