"""`argosy feeds`: files that are pulled by a schedule and imported."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import UNSET, UnsetType
from rich.markup import escape

from argosy.entry.terminal import as_json, choices, console, fail, run, show
from argosy.kernel.ids import encode
from argosy.modules import channels, feeds
from argosy.modules.feeds import Feed, FeedFields, FeedOptions, Run
from argosy.workflows.app import App
from argosy.workflows.feeding import pull_now, sealed_secret

app = typer.Typer(no_args_is_help=True, help="Files that are pulled by a schedule and imported.")

SHOWN = 100
AUTHOR = "command line"


class FeedFormat(StrEnum):
    """Formats that feeds are read from."""

    JSONL = "jsonl"
    SHOPIFY = "shopify"
    MAGENTO = "magento"
    SALEOR = "saleor"
    SPREE = "spree"
    ICECAT = "icecat"
    MAPPED = "mapped"


class SignIn(StrEnum):
    """How to sign in at the server of a feed."""

    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"


_Code = Annotated[str, typer.Argument(help="The code of the feed.")]
_Name = Annotated[str | None, typer.Option(help="What people call it.")]
_Mapping = Annotated[str | None, typer.Option(help="Mapping of a file of any shape.")]
_PriceList = Annotated[str | None, typer.Option(help="Price list of the file's prices.")]
_Location = Annotated[str | None, typer.Option(help="Location of the file's stock.")]
_Channels = Annotated[
    list[str] | None, typer.Option("--channel", help="Channel that shows what it publishes.")
]
_Zone = Annotated[
    str | None,
    typer.Option(help="Time zone of the schedule; without it, that of the channel, or UTC."),
]
_Auth = Annotated[SignIn | None, typer.Option(help="How to sign in at the server.")]
_User = Annotated[str | None, typer.Option(help="Name for basic sign-in.")]
_Secret = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="File with the password or token."),
]


@app.command("list")
def list_command() -> None:
    """All feeds with their last pulls."""

    async def work(shop: App) -> list[tuple[Feed, Run | None]]:
        async with shop.db.reading() as tx:
            found = await feeds.list_feeds(tx, limit=SHOWN)
            last = await feeds.last_runs(tx, [feed.id for feed in found])
        return [(feed, last.get(feed.id)) for feed in found]

    rows = [
        {
            "code": feed.code,
            "state": feed.state,
            "schedule": f"{feed.schedule} {feed.zone}",
            "next": feed.next_at.isoformat(timespec="minutes"),
            "last": last.state if last else "",
            "failures": feed.failures,
            "says": (last.code or last.message)[:60] if last else "",
        }
        for feed, last in run(work)
    ]
    columns = ("code", "state", "schedule", "next", "last", "failures", "says")
    show(rows, columns=columns, title="Feeds")


@app.command("add")
def add_command(  # noqa: PLR0917 - the options of a command
    code: _Code,
    url: Annotated[str, typer.Argument(help="Address of the file, beginning with https://.")],
    schedule: Annotated[
        str, typer.Option(help="Five fields of cron: `0 5 * * *` is every day at five.")
    ],
    format_name: Annotated[
        FeedFormat, typer.Option("--format", help="What the file is.")
    ] = FeedFormat.MAPPED,
    mapping: _Mapping = None,
    name: _Name = None,
    zone: _Zone = None,
    price_list: _PriceList = None,
    location: _Location = None,
    channel: _Channels = None,
    skip_unknown: Annotated[
        bool, typer.Option(help="Leave out codes that do not exist here.")
    ] = False,
    archive_absent: Annotated[
        bool, typer.Option(help="The file is everything: archive what it does not name.")
    ] = False,
    normalise: Annotated[
        bool, typer.Option(help="Put brands, colours, sizes and measures in the shop's own words.")
    ] = False,
    auth: _Auth = None,
    user: _User = None,
    secret_file: _Secret = None,
) -> None:
    """Add a feed. It is pulled the next time that its schedule names."""
    options = FeedOptions(
        price_list=price_list,
        location=location,
        channels=tuple(channel or ()),
        skip_unknown=skip_unknown,
        absent="archive" if archive_absent else "keep",
        normalise=normalise,
    )

    async def work(shop: App) -> Feed:
        async with shop.db.transaction() as tx:
            own = await channels.list_channels(tx) if channel and not zone else []
            fields = FeedFields(
                name=name or code,
                url=url,
                format=format_name.value,
                mapping=mapping,
                options=options,
                schedule=schedule,
                zone=zone or next((c.time_zone for c in own if c.code in (channel or ())), "UTC"),
                auth=auth.value if auth else "none",
                auth_user=user or "",
            )
            return await feeds.create_feed(
                tx, code, fields, secret=sealed_secret(shop.settings, _read(secret_file)),
                author=AUTHOR, http_hosts=shop.settings.feed_http_hosts,
            )  # fmt: skip

    _told(run(work))


@app.command("set")
def set_command(  # noqa: PLR0917 - the options of a command
    code: _Code,
    url: Annotated[str | None, typer.Option(help="Another address.")] = None,
    schedule: Annotated[str | None, typer.Option(help="Another schedule.")] = None,
    zone: _Zone = None,
    mapping: _Mapping = None,
    name: _Name = None,
    auth: _Auth = None,
    user: _User = None,
    secret_file: _Secret = None,
) -> None:
    """Change a feed; what is not given stays. The next file counts as new."""
    given = {
        "url": url, "schedule": schedule, "zone": zone, "mapping": mapping, "name": name,
        "auth": auth.value if auth else None, "auth_user": user,
    }  # fmt: skip
    fields = msgspec.convert({k: v for k, v in given.items() if v is not None}, FeedFields)

    async def work(shop: App) -> Feed:
        secret: bytes | UnsetType | None = UNSET
        if secret_file is not None:
            secret = sealed_secret(shop.settings, _read(secret_file))
        async with shop.db.transaction() as tx:
            _, changed = await feeds.update_feed(
                tx, code, fields, secret=secret, http_hosts=shop.settings.feed_http_hosts
            )
        return changed

    _told(run(work))


@app.command("run")
def run_command(
    code: _Code,
    fresh: Annotated[
        bool, typer.Option(help="Also when the file is the one that was imported last.")
    ] = False,
) -> None:
    """Pull a feed now, here. Ends with code 1 when it fails or its plan waits for a person."""

    async def work(shop: App) -> Run:
        return await pull_now(shop, code, asked_by=AUTHOR, fresh=fresh)

    _report([run(work)], failing=True)


@app.command("runs")
def runs_command(code: _Code) -> None:
    """The last pulls of a feed, the newest first."""

    async def work(shop: App) -> list[Run]:
        async with shop.db.reading() as tx:
            feed = await feeds.feed_by_code(tx, code)
            return await feeds.runs_of(tx, feed.id, limit=20)

    _report(run(work))


@app.command("pause")
def pause_command(code: _Code) -> None:
    """Stop pulling a feed by its schedule."""
    _told(_paused(code, paused=True))


@app.command("resume")
def resume_command(code: _Code) -> None:
    """Go on with a paused feed."""
    _told(_paused(code, paused=False))


@app.command("remove")
def remove_command(code: _Code) -> None:
    """Remove a feed; what it imported stays."""

    async def work(shop: App) -> None:
        async with shop.db.transaction() as tx:
            await feeds.delete_feed(tx, code)

    run(work)
    if not choices.get().json:
        console.print(f"{escape(code)} is removed.")


def _paused(code: str, *, paused: bool) -> Feed:
    async def work(shop: App) -> Feed:
        async with shop.db.transaction() as tx:
            _, changed = await feeds.set_paused(tx, code, paused=paused)
        return changed

    return run(work)


def _read(file: Path | None) -> str | None:
    if file is None:
        return None
    text = file.read_text().strip()
    if not text or len(text) > 2000 or not text.isprintable():
        fail(f"{file} holds no password or token.", code="feeds.invalid")
    return text


def _told(feed: Feed) -> None:
    if choices.get().json:
        as_json(msgspec.to_builtins(feed))
    elif feed.state == "paused":
        console.print(f"{escape(feed.code)} is paused.")
    else:
        at = feed.next_at.isoformat(timespec="minutes")
        console.print(f"{escape(feed.code)} is pulled next at {at}.")


def _report(found: list[Run], *, failing: bool = False) -> None:
    rows = [
        {
            "started": r.started_at.isoformat(timespec="seconds"),
            "state": r.state,
            "code": r.code,
            "plan": encode("import_plan", r.plan_id) if r.plan_id else "",
            "bytes": r.byte_size,
            "message": r.message,
        }
        for r in found
    ]
    show(rows, columns=("started", "state", "code", "plan", "bytes", "message"), title="Pulls")
    if failing and any(r.state in {"failed", "waiting"} for r in found):
        raise typer.Exit(1)
