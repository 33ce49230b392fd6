"""Where a product is shown, and its pictures: uploads, order, texts.

A picture comes as a form with a file, or, when the page's script sends it, as the plain body of a
request, which is what tells how far it is. Both go through what the API's upload does.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, channels, staff
from argosy.modules.catalog import CatalogInputInvalid, Media, PublicationInput
from argosy.modules.catalog.ports import StoredFile
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import faults_of
from argosy.web.admin.places import N_
from argosy.web.admin.products import PATH, product_path, to_products
from argosy.web.admin.showing import Crumb, Notice, Undo, admin_page, lead_to, refusal_text, say
from argosy.web.api.admin.catalog_views import MediaView, changes
from argosy.web.api.admin.media import add_external_video
from argosy.web.api.admin.uploading import received
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import typed_products
from argosy.workflows.media_keeping import take_in, take_in_file
from argosy.workflows.renditions import note_entry

AnyRequest = Request[Any, Any, Any]
MEDIA = "/admin/media"
FORM_LIMIT_BYTES = 100_000_000
_MOST_FILES = 20
_LONGEST_NAME = 500
_LONGEST_ALT = 1000
_GUARDS = [own_pages_only, may("catalog:write")]


@post(
    f"{PATH}/{{product_id:str}}/channels/{{channel_id:str}}/publish",
    include_in_schema=False,
    guards=_GUARDS,
)
async def publish(request: AnyRequest, product_id: str, channel_id: str) -> Response[bytes]:
    """Show a product in a channel, now or in a window by the channel's clock."""
    found = decode("product", product_id, field="product_id")
    where = decode("channel", channel_id, field="channel_id")
    form = await read_form(request)
    try:
        async with shop(request).db.transaction() as tx:
            channel = await channels.channel_by_id(tx, where)
            entry = PublicationInput(
                channel_id=where,
                publish_from=_moment(form["from"], "publish_from", channel.time_zone),
                publish_until=_moment(form["until"], "publish_until", channel.time_zone),
            )
            before = await catalog.product_by_id(tx, found)
            after = await typed_products.publish_product(tx, found, [entry])
            if after.row.version != before.row.version:
                shown = {
                    "channel_id": channel_id,
                    "publish_from": form["from"] or None,
                    "publish_until": form["until"] or None,
                }
                await staff.audit(tx, actor(request), "product.published", product_id, None, shown)
    except ArgosyError as refusal:
        return lead_to(request, product_path(found), Notice(refusal_text(request, refusal), "bad"))
    said = say(request, N_("It is shown in %(channel)s."), channel=channel.name)
    if after.row.status != "active":
        said = say(
            request,
            N_("It is shown in %(channel)s as soon as its state is Active."),
            channel=channel.name,
        )
    return lead_to(request, product_path(found), Notice(said))


def _moment(text: str, field: str, zone: str) -> datetime | None:
    if not text:
        return None
    try:
        return catalog.market_instant(datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError) as error:
        raise CatalogInputInvalid("This is no date with a time.", field=field) from error


@post(
    f"{PATH}/{{product_id:str}}/channels/{{channel_id:str}}/unpublish",
    include_in_schema=False,
    guards=_GUARDS,
)
async def unpublish(request: AnyRequest, product_id: str, channel_id: str) -> Response[bytes]:
    """Show a product in a channel no longer; the notice takes it back."""
    found = decode("product", product_id, field="product_id")
    where = decode("channel", channel_id, field="channel_id")
    async with shop(request).db.transaction() as tx:
        name = (await channels.channel_by_id(tx, where)).name
        before = await catalog.product_by_id(tx, found)
        after = await catalog.unpublish_product(tx, found, [where])
        if after.row.version != before.row.version:
            gone = {"channel_id": channel_id}
            await staff.audit(tx, actor(request), "product.unpublished", product_id, gone)
    was = next((one for one in before.publications if one.channel_id == where), None)
    back = {
        "from": was.publish_from.isoformat() if was else "",
        "until": was.publish_until.isoformat() if was and was.publish_until else "",
    }
    path = f"{product_path(found)}/channels/{channel_id}/publish"
    said = say(request, N_("It is not shown in %(channel)s any more."), channel=name)
    return lead_to(request, product_path(found), Notice(said, undo=Undo(path, back)))


@post(
    f"{PATH}/{{product_id:str}}/media",
    include_in_schema=False,
    guards=_GUARDS,
    request_max_body_size=FORM_LIMIT_BYTES,
)
async def upload_form(request: AnyRequest, product_id: str) -> Response[bytes]:
    """Pictures by a form: up to twenty files."""
    found = decode("product", product_id, field="product_id")
    sent = (await request.form()).getall("file", [])
    files = [one for one in sent if isinstance(one, UploadFile) and one.filename][:_MOST_FILES]
    failures = []
    for one in files:
        try:
            stored = await take_in(shop(request), await one.read())
            await _show(request, found, stored, one.filename[:_LONGEST_NAME])
        except ArgosyError as refusal:
            failures.append(f"{one.filename[:60]} ({refusal.message})")
    if failures:
        said = say(request, N_("Not taken: %(failures)s"), failures="; ".join(failures))
        return lead_to(request, product_path(found), Notice(said, "bad"))
    if not files:
        said = say(request, N_("Choose some files first."))
        return lead_to(request, product_path(found), Notice(said, "info"))
    said = say(request, N_("%(count)s files are uploaded."), count=len(files))
    return lead_to(request, product_path(found), Notice(said))


@post(
    f"{PATH}/{{product_id:str}}/media/file",
    include_in_schema=False,
    guards=_GUARDS,
    request_max_body_size=None,
)
async def upload_file(request: AnyRequest, product_id: str) -> dict[str, str]:
    """One picture as the body, from the page's script, whose name stands in the address."""
    found = decode("product", product_id, field="product_id")
    async with received(request, shop(request).settings.upload_limit_bytes) as path:
        stored = await take_in_file(shop(request), path)
    name = request.query_params.get("file_name", "")[:_LONGEST_NAME]
    media = await _show(request, found, stored, name)
    return {"id": encode("media", media.id), "url": MediaView.of(media).url}


@post(f"{PATH}/{{product_id:str}}/video", include_in_schema=False, guards=_GUARDS)
async def add_video(request: AnyRequest, product_id: str) -> Response[bytes]:
    """Show a video that YouTube or Vimeo keeps with the product."""
    found, form = decode("product", product_id, field="product_id"), await read_form(request)
    async with shop(request).db.reading() as tx:
        product = await catalog.product_by_id(tx, found)
    wanted = {"url": form["url"], "alt": form["alt"], "product_id": product_id}
    try:
        await ask(request, add_external_video, data=wanted)
    except ArgosyError as refusal:
        values = {
            "form": form,
            "path": f"{product_path(found)}/video",
            "back": product_path(found),
            "faults": faults_of(refusal, ("url", "alt")),
        }
        return admin_page(
            request,
            "admin/product_video.html",
            values,
            title=say(request, N_("A video at YouTube or Vimeo")),
            crumbs=[to_products(request), Crumb(product.row.title, product_path(found))],
            refusal=refusal,
        )
    return lead_to(request, product_path(found), Notice(say(request, N_("The video is shown."))))


async def _show(request: AnyRequest, product_id: UUID, stored: StoredFile, name: str) -> Media:
    entry = catalog.media_input(stored, source=name or None, alt="")
    async with shop(request).db.transaction() as tx:
        found = await catalog.register_media(tx, entry)
        found = await catalog.update_media(tx, found.id, product_id=product_id)
        await note_entry(tx, found)
        shown = {"key": found.storage_key, "source": entry.source}
        subject = encode("media", found.id)
        await staff.audit(tx, actor(request), "media.uploaded", subject, None, shown)
    return found


@post(f"{MEDIA}/{{media_id:str}}", include_in_schema=False, guards=_GUARDS)
async def change_media(request: AnyRequest, media_id: str) -> Response[bytes]:
    """The alternative text and the place among the product's pictures."""
    form = await read_form(request)
    fields: dict[str, Any] = {"alt": form["alt"][:_LONGEST_ALT]}
    position = whole_number(form["position"], least=0, most=1_000_000)
    if position is not None:
        fields["position"] = position
    back = await _change(request, media_id, fields)
    return lead_to(request, back or PATH, Notice(say(request, N_("The picture is changed."))))


@post(f"{MEDIA}/{{media_id:str}}/take-off", include_in_schema=False, guards=_GUARDS)
async def take_off(request: AnyRequest, media_id: str) -> Response[bytes]:
    """Show a picture with its product no longer; the notice takes it back."""
    async with shop(request).db.reading() as tx:
        was = await catalog.media_by_id(tx, decode("media", media_id, field="media_id"))
    await _change(request, media_id, {"product_id": None})
    if was.product_id is None:
        return lead_to(request, PATH)
    undo = Undo(
        f"{MEDIA}/{media_id}/put-back",
        {"product": encode("product", was.product_id), "position": str(was.position)},
    )
    said = say(request, N_("The picture is taken off."))
    return lead_to(request, product_path(was.product_id), Notice(said, undo=undo))


@post(f"{MEDIA}/{{media_id:str}}/put-back", include_in_schema=False, guards=_GUARDS)
async def put_back(request: AnyRequest, media_id: str) -> Response[bytes]:
    """Show a picture with the product that it was taken off."""
    form = await read_form(request)
    product_id = decode("product", form["product"], field="product")
    position = whole_number(form["position"], least=0, most=1_000_000) or 0
    await _change(request, media_id, {"product_id": product_id, "position": position})
    return lead_to(request, product_path(product_id))


async def _change(request: AnyRequest, media_id: str, fields: dict[str, Any]) -> str:
    """Change an entry as the API does, and say where its product's page is, if it has one."""
    found = decode("media", media_id, field="media_id")
    async with shop(request).db.transaction() as tx:
        before = await catalog.media_by_id(tx, found)
        after = await catalog.update_media(tx, found, **fields)
        old, new = changes(MediaView.of(before), MediaView.of(after), None)
        if old != new:
            await staff.audit(tx, actor(request), "media.changed", media_id, old, new)
    return product_path(after.product_id) if after.product_id else ""


ROUTES: list[HTTPRouteHandler] = [
    publish,
    unpublish,
    upload_form,
    upload_file,
    add_video,
    change_media,
    take_off,
    put_back,
]
