"""Forms of feeds: a new one, and one that is changed."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import UNSET, UnsetType

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.modules import channels, feeds, inventory, mappings, pricing, staff
from argosy.modules.feeds import Feed, FeedFields, FeedOptions
from argosy.web.admin.access import may
from argosy.web.admin.editing import faults_of
from argosy.web.admin.feeds import ONE, PATH, feed_path, to_feeds
from argosy.web.admin.import_plans import FORMATS
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.api.admin.feeds import FeedBody, NewFeed, checked_mapping, shown, zone_of
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows.feeding import sealed_secret

AnyRequest = Request[Any, Any, Any]
_FIELDS = ("code", "name", "url", "format", "mapping", "schedule", "zone", "auth", "auth_user",
           "secret", "price_list", "location", "channels", "absent")  # fmt: skip
_NAMES = {f"options.{name}": name for name in ("price_list", "location", "channels", "absent")}
_MOST = 200


@get(f"{PATH}/new", include_in_schema=False, guards=[may("catalog:write")])
async def show_new(request: AnyRequest) -> Response[bytes]:
    """An empty form. Four statements."""
    empty = Form({"format": "mapped", "schedule": "0 5 * * *", "auth": "none", "absent": "keep"})
    return await _form(request, empty, None, None)


@post(f"{PATH}/new", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def make_feed(request: AnyRequest) -> Response[bytes]:
    """Add a feed."""
    form, app, who = await read_form(request), shop(request), actor(request)
    try:
        data = _checked({"code": form["code"], **_wanted(form)}, NewFeed)
        fields = {k: v for k, v in msgspec.structs.asdict(data).items()
                  if k not in {"code", "secret", "zone"}}  # fmt: skip
        async with app.db.transaction() as tx:
            await checked_mapping(tx, data.mapping)
            zone = data.zone or await zone_of(tx, data.options)
            made = await feeds.create_feed(
                tx, data.code, FeedFields(**fields, zone=zone),
                secret=sealed_secret(app.settings, data.secret), author=who.name,
                http_hosts=app.settings.feed_http_hosts,
            )  # fmt: skip
            await staff.audit(tx, who, "feed.created", encode("feed", made.id), None, shown(made))
    except ArgosyError as refusal:
        return await _form(request, form, None, refusal)
    return lead_to(request, feed_path(made.code), Notice(say(request, N_("The feed is added."))))


@get(f"{ONE}/edit", include_in_schema=False, guards=[may("catalog:write")])
async def show_edit(request: AnyRequest, code: str) -> Response[bytes]:
    """The form of a feed; its secret is not shown. Five statements."""
    async with shop(request).db.reading() as tx:
        feed = await feeds.feed_by_code(tx, code)
    options = feed.options
    form = Form(
        {
            **{name: str(getattr(feed, name) or "") for name in _FIELDS[1:9]},
            "price_list": options.price_list or "",
            "location": options.location or "",
            "channels": next(iter(options.channels), ""),
            "absent": options.absent,
            "skip_unknown": "yes" if options.skip_unknown else "",
            "normalise": "yes" if options.normalise else "",
            "version": str(feed.version),
        }
    )
    return await _form(request, form, feed, None)


@post(f"{ONE}/edit", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def change_feed(request: AnyRequest, code: str) -> Response[bytes]:
    """Change a feed; an empty secret keeps the one that there is."""
    form, app = await read_form(request), shop(request)
    async with app.db.reading() as tx:
        feed = await feeds.feed_by_code(tx, code)
    try:
        data = _checked(_wanted(form, feed.options), FeedBody)
        fields = {k: v for k, v in msgspec.structs.asdict(data).items()
                  if v is not UNSET and k != "secret"}  # fmt: skip
        secret: bytes | UnsetType | None = UNSET
        if isinstance(data.secret, str):
            secret = sealed_secret(app.settings, data.secret)
        async with app.db.transaction() as tx:
            await checked_mapping(tx, data.mapping)
            before, one = await feeds.update_feed(
                tx, code, FeedFields(**fields), secret=secret,
                expected_version=int(form["version"]) if form["version"].isdigit() else None,
                http_hosts=app.settings.feed_http_hosts,
            )  # fmt: skip
            if before != one:
                told = {**shown(one), "secret_changed": secret is not UNSET}
                subject = encode("feed", one.id)
                await staff.audit(tx, actor(request), "feed.changed", subject, shown(before), told)
    except ArgosyError as refusal:
        return await _form(request, form, feed, refusal)
    return lead_to(request, feed_path(code), Notice(say(request, N_("The feed is changed."))))


def _wanted(form: Form, before: FeedOptions | None = None) -> dict[str, object]:
    options = msgspec.to_builtins(before or FeedOptions()) | {
        "price_list": form["price_list"] or None,
        "location": form["location"] or None,
        "channels": [form["channels"]] if form["channels"] else [],
        "absent": form["absent"] or "keep",
        "skip_unknown": form["skip_unknown"] == "yes",
        "normalise": form["normalise"] == "yes",
    }
    found: dict[str, object] = {name: form[name] for name in _FIELDS[1:9]}
    found["mapping"] = form["mapping"] or None
    found["options"] = options
    if not form["zone"]:
        del found["zone"]
    if form["secret"]:
        found["secret"] = form["secret"]
    return found


def _checked(wanted: dict[str, object], kind: Any) -> Any:
    """As the API takes it. Raises FeedInvalid."""
    try:
        return msgspec.convert(wanted, kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        raise feeds.FeedInvalid(message, field=path.rstrip("`") or None) from error


async def _form(
    request: AnyRequest, form: Form, feed: Feed | None, refusal: ArgosyError | None
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        saved = await mappings.list_mappings(tx, limit=_MOST)
        lists = await pricing.list_price_lists(tx, limit=_MOST)
        places = await inventory.list_locations(tx)
        known = await channels.list_channels(tx)

    def offered(rows: Sequence[Any]) -> list[tuple[str, str]]:
        return [("", say(request, N_("None"))), *((one.code, one.name) for one in rows)]

    zones = dict.fromkeys(one.time_zone for one in known)
    values = {
        "form": form,
        "feed": feed,
        "path": f"{feed_path(feed.code)}/edit" if feed else f"{PATH}/new",
        "back": feed_path(feed.code) if feed else PATH,
        "formats": [("mapped", say(request, N_("Any shape, by a mapping"))), *FORMATS],
        "mappings": offered(saved),
        "lists": offered(lists),
        "locations": offered(places),
        "channels": offered(known),
        "zones": list(zones),
        "faults": faults_of(refusal, list(_FIELDS), _NAMES),
    }
    crumbs = [to_feeds(request)]
    if feed:
        crumbs.append(Crumb(feed.name, feed_path(feed.code)))
    title = say(request, N_("Change the feed") if feed else N_("Add a feed"))
    return admin_page(
        request, "admin/feed_edit.html", values, title=title, crumbs=crumbs, refusal=refusal
    )


ROUTES: list[HTTPRouteHandler] = [show_new, make_feed, show_edit, change_feed]
