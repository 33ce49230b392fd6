"""`argosy promotions`: see, check and switch promotions, and generate their codes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from argosy.entry.terminal import as_json, choices, console, run, show
from argosy.kernel.ids import decode, encode
from argosy.modules import channels, promotions, staff
from argosy.modules.promotions import Limits, NewBatch, Promotion, SetPromotion, State
from argosy.modules.quote import Problem
from argosy.workflows import promoting
from argosy.workflows import promotion_checks as checks
from argosy.workflows.app import App

app = typer.Typer(
    help="See, check and switch promotions, and make their codes.", no_args_is_help=True
)
BY = "command line"

Id = Annotated[str, typer.Argument(help="The promotion's id: prm_...")]
File = Annotated[
    Path,
    typer.Argument(
        exists=True,
        dir_okay=False,
        help="JSON as `POST /admin/v1/promotions` takes it: name, document, needs_coupon, limits.",
    ),
]


class PromotionFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A promotion in a file."""

    name: str
    document: dict[str, Any]
    channel_ids: tuple[str, ...] = ()
    needs_coupon: bool = False
    limits: Limits = Limits()

    def wish(self) -> SetPromotion:
        """As the island's word. Raises MalformedId."""
        return SetPromotion(
            name=self.name,
            document=self.document,
            channels=tuple(decode("channel", one) for one in self.channel_ids),
            needs_coupon=self.needs_coupon,
            limits=self.limits,
        )


@app.command("list")
def list_command(
    state: Annotated[
        str | None, typer.Option(help="Only these: draft, live, paused or archived.")
    ] = None,
) -> None:
    """List promotions, the last changed first; at most 100."""
    wanted = None if state is None else msgspec.convert(state, State)

    async def work(shop: App) -> list[Promotion]:
        async with shop.db.reading() as tx:
            return await promotions.list_promotions(tx, state=wanted, limit=100)

    show(
        [_row(one) for one in run(work)],
        columns=("id", "state", "version", "name", "coupon", "uses", "per_customer", "budget"),
        title="Promotions",
    )


@app.command("show")
def show_command(promotion_id: Id) -> None:
    """Print a promotion as JSON, with what orders have taken of its limits."""
    found = decode("promotion", promotion_id)

    async def work(shop: App) -> tuple[Promotion, promotions.Usage]:
        async with shop.db.reading() as tx:
            one = await promotions.promotion_by_id(tx, found)
            return one, await promotions.usage_of(tx, found)

    one, usage = run(work)
    as_json(msgspec.to_builtins(one) | {"id": promotion_id, "usage": msgspec.to_builtins(usage)})


@app.command("check")
def check_command(
    file: File,
    channel: Annotated[
        str | None,
        typer.Option(help="Code of a channel: search there for the worst combination, too."),
    ] = None,
) -> None:
    """Say what is wrong with a promotion in a file, without saving it. Ends with code 1 if it could
    not be saved.
    """
    wish = _read(file)

    async def work(shop: App) -> tuple[Sequence[Problem], Any]:
        async with shop.db.reading() as tx:
            checked = await promoting.judged(tx, wish)
            checked = await checks.with_costs(tx, wish, checked)
            found = None if channel is None else await channels.channel_by_code(tx, channel)
        overlap = None
        if found is not None and not checked.errors:
            overlap = await checks.overlap(shop, wish, channel_id=found.id)
        return checked.problems, overlap

    problems, overlap = run(work)
    if choices.get().json:
        as_json({"problems": msgspec.to_builtins(problems), "overlap": _overlap(overlap)})
    else:
        show(
            [msgspec.to_builtins(one) for one in problems],
            columns=("severity", "path", "code", "reason"),
            title="Problems" if problems else "No problems",
        )
        if overlap is not None:
            columns = ("percent", "promotions", "cart", "margin_minor")
            show([_overlap(overlap)], columns=columns, title="Overlap")
    if any(one.severity == "error" for one in problems):
        raise typer.Exit(1)


@app.command("create")
def create_command(file: File) -> None:
    """Make a draft from a file; `live` puts it live."""
    wish = _read(file)

    async def work(shop: App) -> Promotion:
        async with shop.db.transaction() as tx:
            made, _ = await promoting.create(tx, wish, by=BY)
            await staff.audit(tx, staff.SYSTEM, "promotion.created", _public(made.id), None, None)
            return made

    show([_row(run(work))], columns=("id", "state", "version", "name"), title="Made")


@app.command("live")
def live_command(promotion_id: Id) -> None:
    """Put a promotion live, everywhere within a second."""
    _move(promotion_id, "live")


@app.command("pause")
def pause_command(promotion_id: Id) -> None:
    """Stop a promotion at once, everywhere within a second; `live` starts it again."""
    _move(promotion_id, "paused")


@app.command("archive")
def archive_command(promotion_id: Id) -> None:
    """End a promotion for good. Orders keep what they were given."""
    _move(promotion_id, "archived")


@app.command("codes")
def codes_command(
    promotion_id: Id,
    count: Annotated[int, typer.Argument(min=1, max=1_000_000, help="How many codes.")],
    name: Annotated[str, typer.Option(help="What the batch is called.")] = "command line",
    prefix: Annotated[str, typer.Option(help="What each code begins with.")] = "",
    uses: Annotated[int, typer.Option(min=1, help="How many orders may use each code.")] = 1,
) -> None:
    """Generate codes that cannot be guessed, and print them, one a line."""
    found = decode("promotion", promotion_id)

    async def work(shop: App) -> list[str]:
        async with shop.db.transaction() as tx:
            batch = await promotions.generate_coupons(
                tx, found, NewBatch(name=name, codes=count, prefix=prefix, uses=uses)
            )
            what = {"codes": count}
            await staff.audit(tx, staff.SYSTEM, "coupons.generated", promotion_id, None, what)
        codes: list[str] = []
        after = None
        while True:
            async with shop.db.reading() as tx:
                page = await promotions.list_coupons(
                    tx, found, batch_id=batch.id, after=after, limit=5000
                )
            codes += [one.shown for one in page]
            if len(page) < 5000:
                return codes
            after = page[-1].code

    codes = run(work)
    if choices.get().json:
        as_json({"codes": codes})
    else:
        typer.echo("\n".join(codes))


def _move(promotion_id: str, state: State) -> None:
    found = decode("promotion", promotion_id)

    async def work(shop: App) -> Promotion:
        async with shop.db.transaction() as tx:
            before, made = await promoting.move(tx, found, state, by=BY)
            if made.version != before.version:
                change = {"state": before.state}, {"state": made.state}
                await staff.audit(tx, staff.SYSTEM, f"promotion.{state}", promotion_id, *change)
            return made

    show([_row(run(work))], columns=("id", "state", "version", "name"), title="Now")


def _read(file: Path) -> SetPromotion:
    try:
        return msgspec.json.decode(file.read_bytes(), type=PromotionFile).wish()
    except msgspec.DecodeError as error:
        console.print(f"[red]{file.name}[/]: {error}")
        raise typer.Exit(1) from error


def _row(one: Promotion) -> dict[str, Any]:
    return {
        "id": _public(one.id),
        "state": one.state,
        "version": one.version,
        "name": one.name,
        "coupon": one.needs_coupon,
        "uses": one.limits.uses,
        "per_customer": one.limits.uses_per_customer,
        "budget": one.limits.budget,
    }


def _overlap(worst: Any) -> dict[str, Any]:
    if worst is None:
        return {}
    found, margin = worst
    return {
        "percent": found.percent,
        "promotions": list(found.promotions),
        "cart": [f"{line.quantity} x {line.sku}" for line in found.lines],
        "margin_minor": margin,
    }


def _public(promotion_id: UUID) -> str:
    return encode("promotion", promotion_id)
