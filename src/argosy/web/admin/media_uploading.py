"""Large pictures and videos from a product's page straight to the bucket.

Where files lie in S3, the page's script asks for an address (`begin`), sends the file there, and
has it looked at (`complete`). Where the browser cannot, it sends the file through us as before.
"""

from typing import Any

from litestar import Request, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, staff
from argosy.modules.catalog import CatalogInputInvalid, Media
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.products import PATH
from argosy.web.api.admin.catalog_views import MediaView
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import media_uploads

AnyRequest = Request[Any, Any, Any]
_GUARDS = [own_pages_only, may("catalog:write")]
_LONGEST_NAME = 500
_LARGEST = 2**40


@post(
    f"{PATH}/{{product_id:str}}/media/begin",
    include_in_schema=False,
    guards=_GUARDS,
    status_code=201,
)
async def begin_upload(request: AnyRequest, product_id: str) -> dict[str, Any]:
    """The address to send a file of this size and SHA-256 to."""
    app, form = shop(request), await read_form(request)
    product = decode("product", product_id, field="product_id")
    size = whole_number(form["byte_size"], least=1, most=_LARGEST)
    digest = _digest(form["sha256"])
    if size is None or digest is None:
        raise CatalogInputInvalid("Size and SHA-256 of the file are missing.", field="file")
    upload = media_uploads.planned(
        app,
        file_name=form["file_name"][:_LONGEST_NAME],
        byte_size=size,
        sha256=digest,
        product_id=product,
        actor=actor(request).name,
    )
    address = await media_uploads.address_of(app, upload)
    async with app.db.transaction() as tx:
        await media_uploads.begin(tx, upload)
        subject, shown = encode("media_upload", upload.id), {"file_name": upload.file_name}
        await staff.audit(tx, actor(request), "media_upload.begun", subject, None, shown)
    return {
        "id": encode("media_upload", upload.id),
        "url": address.url if address else "",
        "headers": dict(address.headers) if address else {},
    }


@post(
    f"{PATH}/{{product_id:str}}/media/complete",
    include_in_schema=False,
    guards=_GUARDS,
    status_code=200,
)
async def complete_upload(request: AnyRequest, product_id: str) -> dict[str, str]:
    """Look at a file that came, and show it with its product."""
    form = await read_form(request)
    upload_id = decode("media_upload", form["upload"], field="upload")

    async def note(tx: Tx, entry: Media) -> None:
        shown = {"key": entry.storage_key, "source": entry.source, "upload": form["upload"]}
        subject = encode("media", entry.id)
        await staff.audit(tx, actor(request), "media.uploaded", subject, None, shown)

    async with shop(request).db.reading() as tx:
        await catalog.product_by_id(tx, decode("product", product_id, field="product_id"))
    found = await media_uploads.complete(shop(request), upload_id, note)
    return {"id": encode("media", found.id), "url": MediaView.of(found).url}


def _digest(text: str) -> bytes | None:
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        return None
    return digest if len(digest) == 32 else None


ROUTES: list[HTTPRouteHandler] = [begin_upload, complete_upload]
