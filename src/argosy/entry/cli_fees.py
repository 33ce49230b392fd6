"""`argosy fees`: see fees and deposits, try them on goods, and make them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer
from rich.markup import escape

from argosy.entry.terminal import as_json, choices, console, run, show
from argosy.kernel.ids import MalformedId, decode, encode
from argosy.modules import catalog, channels, fees, staff
from argosy.modules.fees import Fee, SetFee
from argosy.workflows import fee_trials
from argosy.workflows.app import App
from argosy.workflows.fee_trials import FeeTrial, TriedFee
from argosy.workflows.placement import WantedItem

app = typer.Typer(help="See, try and make fees and deposits.", no_args_is_help=True)

Channel = Annotated[str, typer.Option("--channel", help="The channel's code.")]
File = Annotated[
    Path,
    typer.Argument(
        exists=True, dir_okay=False, help="JSON as `POST /admin/v1/fees` takes it, in UTF-8."
    ),
]


@app.command("list")
def list_command(
    channel: Annotated[str | None, typer.Option(help="Only of this channel.")] = None,
) -> None:
    """Fees by channel and code."""

    async def work(shop: App) -> list[dict[str, Any]]:
        async with shop.db.reading() as tx:
            codes = {one.id: one.code for one in await channels.list_channels(tx)}
            found = [fee for fee in await fees.list_fees(tx) if fee.channel_id in codes]
        return [
            _row(fee, codes[fee.channel_id])
            for fee in found
            if channel is None or codes[fee.channel_id] == channel
        ]

    show(run(work), columns=("channel", "code", "kind", "per", "amount", "tax_class", "active"))


@app.command("try")
def try_command(  # noqa: PLR0917 - the options of the command
    file: File,
    channel: Channel,
    goods: Annotated[
        list[str] | None, typer.Option("--goods", help="A SKU, or SKU=3 for three; repeatable.")
    ] = None,
    cart: Annotated[str | None, typer.Option(help="A cart's id instead of goods.")] = None,
    country: Annotated[str | None, typer.Option(help="Where the goods go.")] = None,
    shipping: Annotated[str | None, typer.Option(help="The way of shipping, by code.")] = None,
    payment: Annotated[str | None, typer.Option(help="The way to pay, by gateway.")] = None,
) -> None:
    """Say what a fee in a file would do to goods or to a cart, without saving it. Ends with code 1
    if no invoice could show it.
    """
    wish = _read(file)

    async def work(shop: App) -> TriedFee:
        async with shop.db.reading() as tx:
            found = await channels.channel_by_code(tx, channel)
        items = await _items(shop, goods or [])
        if cart is not None:
            return await fee_trials.try_on_cart(shop, found.id, wish, decode("cart", cart))
        trial = FeeTrial(
            items=items, country=country, shipping_method=shipping, payment_method=payment
        )
        return await fee_trials.try_on_goods(shop, found.id, wish, trial)

    if (cart is None) is not bool(goods):
        raise typer.BadParameter("Name goods, or a cart.")
    tried = run(work)
    rows: list[dict[str, Any]] = [
        {"what": "total without", "amount": tried.before.total},
        {"what": "total with", "amount": tried.after.total},
        {"what": "tax without", "amount": tried.before.tax_total},
        {"what": "tax with", "amount": tried.after.tax_total},
        *({"what": f"{one.name} ({one.quantity})", "amount": one.total} for one in tried.charges),
        *({"what": one.rule, "amount": one.detail} for one in tried.violations),
    ]
    if choices.get().json:
        as_json([{"what": row["what"], "amount": row["amount"]} for row in rows])
    else:
        show([row | {"amount": str(row["amount"])} for row in rows], columns=("what", "amount"))
    if tried.violations:
        raise typer.Exit(1)


@app.command("create")
def create_command(file: File, channel: Channel) -> None:
    """Make a fee of a channel from a file. Carts show it from the next look on."""
    wish = _read(file)

    async def work(shop: App) -> dict[str, Any]:
        async with shop.db.transaction() as tx:
            found = await channels.channel_by_code(tx, channel)
            await fee_trials.check_taxed(tx, found.id, wish)
            made = await fees.create_fee(tx, found.id, wish)
            row = _row(made, channel)
            await staff.audit(tx, staff.SYSTEM, "fee.created", row["id"], None, {"code": made.code})
        return row

    show([run(work)], columns=("id", "channel", "code", "amount"), title="Made")


async def _items(shop: App, goods: list[str]) -> tuple[WantedItem, ...]:
    wanted: list[tuple[str, int]] = []
    for text in goods:
        sku, _, units = text.rpartition("=") if "=" in text else (text, "", "1")
        if not sku or not units.isascii() or not units.isdigit() or not 1 <= int(units) <= 9999:
            raise typer.BadParameter(f"{text[:80]!r} is no SKU, nor SKU=3.")
        wanted.append((sku, int(units)))
    async with shop.db.reading() as tx:
        known: dict[str, UUID] = await catalog.variant_ids_by_sku(tx, [sku for sku, _ in wanted])
    for sku, _ in wanted:
        if sku not in known:
            raise catalog.VariantNotFound(f"There is no variant {sku[:80]!r}.", field="goods")
    return tuple(WantedItem(variant_id=known[sku], quantity=units) for sku, units in wanted)


def _read(file: Path) -> SetFee:
    try:
        given = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
        when = msgspec.convert(given.get("when", {}), dict[str, Any])
        for kind, name in (("product", "products"), ("variant", "variants")):
            ids = msgspec.convert(when.get(name, []), list[str])
            when[name] = [decode(kind, one, field=f"when.{name}") for one in ids]
        return msgspec.convert(given | {"when": when}, SetFee)
    except (msgspec.MsgspecError, UnicodeDecodeError, MalformedId) as error:
        console.print(f"[red]{escape(file.name)}[/]: {escape(str(error))}")
        raise typer.Exit(1) from error


def _row(fee: Fee, channel: str) -> dict[str, Any]:
    amount = f"{fee.percent} %" if fee.percent is not None else str(fee.amount_minor)
    return {
        "id": encode("fee", fee.id),
        "channel": channel,
        "code": fee.code,
        "kind": fee.kind,
        "per": fee.per,
        "amount": amount,
        "tax_class": fee.tax_class or "",
        "active": fee.active,
    }
