"""Change sets: see them before their time, publish, schedule, roll back, cancel."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.wall_clock import instant_of, zone_named
from argosy.modules import catalog, changesets, channels, staff
from argosy.modules.changesets import ChangeSet, Due, EditInvalid
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.change_sets import (
    PATH,
    set_of,
    set_page,
    set_path,
    to_changes,
    version_of,
)
from argosy.web.admin.editing import confirm_page, faults_of
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say, zone_of
from argosy.web.api.admin.change_set_forms import entity_of
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import change_preview, change_publishing, change_rollback
from argosy.workflows.change_rollback import Decision
from argosy.workflows.change_writing import public_id

AnyRequest = Request[Any, Any, Any]

_ONE = f"{PATH}/{{set_id:str}}"
_WRITES = [own_pages_only, may("changes:write")]
LOCAL = "%Y-%m-%dT%H:%M"


@get(f"{_ONE}/preview/{{product_id:str}}", include_in_schema=False, guards=[may("changes:read")])
async def preview(request: AnyRequest, set_id: str, product_id: str) -> Response[bytes]:
    """A product as a channel would show it, by its clocks, without and with the set."""
    app, found = shop(request), set_of(set_id)
    product = decode("product", product_id, field="product_id")
    asked = request.query_params
    async with app.db.reading() as tx:
        one = await changesets.change_set_by_id(tx, found)
        name = (await catalog.product_by_id(tx, product)).row.title
        places = [place for place in await channels.list_channels(tx) if place.active]
    chosen = next((p for p in places if encode("channel", p.id) == asked.get("channel")), None)
    place = chosen or next(iter(places), None)
    if place is None:
        raise channels.ChannelNotFound("There is no channel yet.")
    zone = ZoneInfo(place.time_zone)
    at = one.scheduled_for or app.db.clock()
    local = local_of(asked.get("at", "")) or at.astimezone(zone).replace(tzinfo=None)
    instant = instant_of(local, zone).instant
    seen = await change_preview.preview_product(app, found, product, place.id, instant)
    values = {
        "path": f"{set_path(found)}/preview/{product_id}",
        "places": [(encode("channel", p.id), f"{p.name} ({p.time_zone})") for p in places],
        "channel": encode("channel", place.id),
        "local": local.strftime(LOCAL),
        "sides": [(N_("Without the change set"), seen.before), (N_("With it"), seen.after)],
    }
    return admin_page(
        request,
        "admin/change_set_preview.html",
        values,
        title=say(request, N_("Preview of %(name)s"), name=name),
        crumbs=[to_changes(request), Crumb(one.name, set_path(found))],
    )


def local_of(text: str) -> datetime | None:
    """What clocks show, as a field for date and time holds it; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is None and 1900 <= found.year <= 9000 else None


@get(f"{_ONE}/schedule", include_in_schema=False, guards=[may("changes:write")])
async def ask_schedule(request: AnyRequest, set_id: str) -> Response[bytes]:
    """When it is to be published."""
    return await _schedule(request, set_of(set_id), Form(), None)


@post(f"{_ONE}/schedule", include_in_schema=False, guards=_WRITES)
async def schedule(request: AnyRequest, set_id: str) -> Response[bytes]:
    """Publish it when the clocks of a zone show a time."""
    found, form = set_of(set_id), await read_form(request)
    try:
        local = local_of(form["local"])
        if local is None:
            raise EditInvalid("Say when.", field="local", cure="A day and a time.")
        wall = instant_of(local, zone_named(form["zone"], field="zone"))
        due = Due(at=wall.instant, local_time=local.isoformat(), time_zone=form["zone"])
        async with shop(request).db.transaction() as tx:
            await change_publishing.schedule(
                tx, found, due, actor(request), expected_version=version_of(form)
            )
    except ArgosyError as refusal:
        return await _schedule(request, found, form, refusal)
    said = say(request, N_("It is scheduled."))
    if wall.oddity:
        said = say(
            request,
            N_("It is scheduled. Clocks change then: that time is skipped or shown twice."),
        )
    return lead_to(request, set_path(found), Notice(said))


async def _schedule(
    request: AnyRequest, set_id: UUID, form: Form, refusal: ArgosyError | None
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        one = await changesets.change_set_by_id(tx, set_id)
        places = await channels.list_channels(tx)
    zones = {place.time_zone: f"{place.time_zone} ({place.name})" for place in places}
    zones.setdefault(zone_of(request), zone_of(request))
    values = {
        "one": one,
        "path": set_path(set_id),
        "form": form or Form({"local": (one.local_time or "")[:16], "zone": one.time_zone or ""}),
        "zones": list(zones.items()),
        "faults": faults_of(refusal, ["local", "zone"]),
    }
    return admin_page(
        request,
        "admin/change_set_schedule.html",
        values,
        title=say(request, N_("Schedule")),
        crumbs=[to_changes(request), Crumb(one.name, set_path(set_id))],
        refusal=refusal,
    )


@get(f"{_ONE}/rollback", include_in_schema=False, guards=[may("changes:write")])
async def ask_rollback(request: AnyRequest, set_id: str) -> Response[bytes]:
    """What rolling back does, and what was changed since and needs a decision."""
    return await _rollback(request, set_of(set_id), None)


@post(f"{_ONE}/rollback", include_in_schema=False, guards=_WRITES)
async def roll_back(request: AnyRequest, set_id: str) -> Response[bytes]:
    """Put back what it changed."""
    found, form = set_of(set_id), await read_form(request)
    try:
        decisions: dict[UUID, Decision] = {}
        for entity_id in form.every("entity_id"):
            wanted: Decision = "put_back" if form[f"take.{entity_id}"] == "put_back" else "keep"
            decisions[entity_of(entity_id)[1]] = wanted
        async with shop(request).db.transaction() as tx:
            await change_rollback.roll_back(
                tx,
                found,
                actor(request),
                decisions=decisions,
                expected_version=version_of(form),
            )
    except ArgosyError as refusal:
        return await _rollback(request, found, refusal)
    return lead_to(request, set_path(found), Notice(say(request, N_("It is rolled back."))))


async def _rollback(
    request: AnyRequest, set_id: UUID, refusal: ArgosyError | None
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        one = await changesets.change_set_by_id(tx, set_id)
        clashes = await change_rollback.clashes_of_rollback(tx, set_id)
    values = {
        "one": one,
        "path": set_path(set_id),
        "clashes": [(public_id(c.edit.kind, c.edit.entity_id), c) for c in clashes],
    }
    return admin_page(
        request,
        "admin/change_set_rollback.html",
        values,
        title=say(request, N_("Roll back")),
        crumbs=[to_changes(request), Crumb(one.name, set_path(set_id))],
        refusal=refusal,
    )


@get(f"{_ONE}/{{act:str}}", include_in_schema=False, guards=[may("changes:write")])
async def ask(request: AnyRequest, set_id: str, act: str) -> Response[bytes]:
    """Ask before a set is published, taken off the schedule or cancelled."""
    found = set_of(set_id)
    async with shop(request).db.reading() as tx:
        one = await changesets.change_set_by_id(tx, found)
    if act == "publish":
        title, button = N_("Publish now"), N_("Publish it")
        says = [
            say(
                request,
                N_("Edits that take effect together: %(count)s. All of them or none."),
                count=one.edits,
            ),
            say(request, N_("Shoppers see them within a second.")),
            say(request, N_("It can be rolled back afterwards.")),
        ]
    elif act == "unschedule":
        title, button = N_("Take it off the schedule"), N_("Take it off")
        says = [say(request, N_("It is a draft again, and can be edited."))]
    else:
        act, title, button = "cancel", N_("Cancel the change set"), N_("Cancel it for good")
        says = [say(request, N_("It will never be published. What it holds can still be read."))]
    return confirm_page(
        request,
        title=say(request, title),
        says=says,
        path=f"{set_path(found)}/{act}",
        back=set_path(found),
        button=say(request, button),
        fields={"version": str(one.version)},
        danger=act == "cancel",
        crumbs=[to_changes(request), Crumb(one.name, set_path(found))],
    )


@post(f"{_ONE}/{{act:str}}", include_in_schema=False, guards=_WRITES)
async def carry_out(request: AnyRequest, set_id: str, act: str) -> Response[bytes]:
    """Publish a set, take it off the schedule, or cancel it; only as it was seen."""
    found, form = set_of(set_id), await read_form(request)
    try:
        async with shop(request).db.transaction() as tx:
            done = await _done(request, tx, found, act, version_of(form))
    except ArgosyError as refusal:
        return await set_page(request, found, refusal)
    said = {
        "published": N_("It is published."),
        "scheduled": N_("It is large: the worker publishes it now."),
        "draft": N_("It is a draft again."),
    }.get(done.state, N_("It is cancelled."))
    return lead_to(request, set_path(found), Notice(say(request, said)))


async def _done(request: AnyRequest, tx: Tx, set_id: UUID, act: str, version: int) -> ChangeSet:
    who = actor(request)
    if act == "publish":
        return await change_publishing.publish(tx, set_id, who, expected_version=version)
    if act == "unschedule":
        return await change_publishing.unschedule(tx, set_id, who, expected_version=version)
    found = await changesets.cancel_change_set(tx, set_id, expected_version=version)
    await staff.audit(tx, who, "change_set.cancelled", encode("change_set", set_id))
    return found


ROUTES: list[HTTPRouteHandler] = [
    preview,
    ask_schedule,
    schedule,
    ask_rollback,
    roll_back,
    ask,
    carry_out,
]
