"""What a purchase would cost with a change set, beside what it would cost without."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.wall_clock import instant_of
from argosy.modules import catalog, changesets, channels
from argosy.modules.changesets import ChangeSet
from argosy.modules.channels import Channel
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.change_set_acts import LOCAL, local_of
from argosy.web.admin.change_sets import PATH, set_of, set_path, to_changes
from argosy.web.admin.editing import faults_of
from argosy.web.admin.places import N_
from argosy.web.admin.purchase_trials import lines_of
from argosy.web.admin.showing import Crumb, admin_page, money_shown, say
from argosy.web.api.admin import change_sets as api
from argosy.web.auth import shop

AnyRequest = Request[Any, Any, Any]

_FIELDS = ("channel_id", "at", "goods", "country", "shipping_method")
_LONGEST = 2000


@get(f"{PATH}/{{set_id:str}}/cart", include_in_schema=False, guards=[may("changes:read")])
async def preview_cart(request: AnyRequest, set_id: str) -> Response[bytes]:
    """Some goods in a channel, as of an instant by its clocks, line by line."""
    found = set_of(set_id)
    form = {name: request.query_params.get(name, "")[:_LONGEST].strip() for name in _FIELDS}
    async with shop(request).db.reading() as tx:
        one = await changesets.change_set_by_id(tx, found)
        places = [place for place in await channels.list_channels(tx) if place.active]
    place = _place(places, form["channel_id"])
    local = _local(request, one, place, form["at"])
    form |= {"channel_id": encode("channel", place.id), "at": local.strftime(LOCAL)}
    seen, skus, refusal = None, {}, None
    if form["goods"]:
        try:
            body = await _body(request, form, place, local)
            seen = await ask(request, api.preview_quote, change_set_id=set_id, data=body)
            async with shop(request).db.reading() as tx:
                skus = await _skus(tx, seen)
        except ArgosyError as error:
            refusal = error
    values = {
        "path": f"{set_path(found)}/cart",
        "back": set_path(found),
        "form": form,
        "channels": [(encode("channel", p.id), f"{p.name} ({p.time_zone})") for p in places],
        "seen": seen,
        "pairs": [] if seen is None else _paired(seen, skus),
        "money_of": money_shown(request),
        "faults": faults_of(refusal, _FIELDS, {"lines": "goods"}),
    }
    return admin_page(
        request,
        "admin/change_set_cart.html",
        values,
        title=say(request, N_("What a cart would cost")),
        crumbs=[to_changes(request), Crumb(one.name, set_path(found))],
        refusal=refusal,
    )


def _place(places: list[Channel], wanted: str) -> Channel:
    chosen = next((one for one in places if encode("channel", one.id) == wanted), None)
    if chosen is None and not places:
        raise channels.ChannelNotFound("There is no channel yet.")
    return chosen or places[0]


def _local(request: AnyRequest, one: ChangeSet, place: Channel, text: str) -> datetime:
    """When, by the clocks of the channel: as typed, else when the set is due, else now."""
    at = one.scheduled_for or shop(request).db.clock()
    return local_of(text) or at.astimezone(ZoneInfo(place.time_zone)).replace(tzinfo=None)


async def _body(
    request: AnyRequest, form: dict[str, str], place: Channel, local: datetime
) -> dict[str, Any]:
    instant = instant_of(local, ZoneInfo(place.time_zone)).instant
    return {
        "channel_id": form["channel_id"],
        "lines": await lines_of(request, form["goods"]),
        "at": instant.astimezone(UTC).isoformat(),
        "country": form["country"].upper() or None,
        "shipping_method": form["shipping_method"] or None,
    }


async def _skus(tx: Tx, seen: dict[str, Any]) -> dict[str, str]:
    ids = {line["variant_id"] for side in ("before", "after") for line in seen[side]["lines"]}
    found = await catalog.variants_by_ids(tx, [decode("variant", one) for one in sorted(ids)])
    return {encode("variant", one.id): one.sku for one in found}


def _paired(seen: dict[str, Any], skus: dict[str, str]) -> list[dict[str, Any]]:
    """Each line without and with the set. Gifts come last, and may be on one side alone."""
    before, after = seen["before"]["lines"], list(seen["after"]["lines"])
    pairs: list[tuple[Any, Any]] = []
    for line in before:
        same = next((one for one in after if one["variant_id"] == line["variant_id"]), None)
        if same is not None:
            after.remove(same)
        pairs.append((line, same))
    pairs += [(None, one) for one in after]
    return [
        {
            "sku": skus.get((old or new)["variant_id"], ""),
            "quantity": (new or old)["quantity"],
            "before": old,
            "after": new,
            "changed": old is None or new is None or old["total"] != new["total"],
        }
        for old, new in pairs
    ]


ROUTES: list[HTTPRouteHandler] = [preview_cart]
