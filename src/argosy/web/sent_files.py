"""Files that come with a form, on the disk and not in memory, and where they came from."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.exceptions import ClientException

from argosy.modules.personalisation import MAX_FILE_BYTES
from argosy.web.auth import shop
from argosy.web.limits import client_address
from argosy.web.problems import RequestMalformed, UnsupportedMediaType
from argosy.web.spooling import pieces_of, spooled

LIMIT_BYTES: Final = MAX_FILE_BYTES + 1_000_000
"""Of a form with one file of a shopper's. What one file may have is a setting."""
_TYPE: Final = "multipart/form-data"


async def fields_sent(request: Request[Any, Any, Any]) -> FormMultiDict:
    """The texts and files of a form. Raises RequestMalformed, UnsupportedMediaType,
    RequestCutShort.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _TYPE:
        raise UnsupportedMediaType("A form with a file is expected.", cure=f"Send `{_TYPE}`.")
    try:
        sent = await request.form()
    except (ClientException, ValueError, LookupError) as error:
        if isinstance(error, ClientException) and error.status_code == 413:
            raise
        raise RequestMalformed("The form cannot be read.") from error
    if any("\0" in text for text in _texts(sent)):
        raise RequestMalformed("A form holds no NUL characters.")
    return sent


def _texts(sent: FormMultiDict) -> list[str]:
    found = []
    for name, value in sent.multi_items():
        found += [name, (value.filename or "") if isinstance(value, UploadFile) else str(value)]
    return found


def on_disk(file: UploadFile) -> AbstractAsyncContextManager[Path]:
    """The file in a temporary one, for as long as the block runs; see `spooled`."""
    return spooled(pieces_of(file), limit=LIMIT_BYTES, may_be_empty=True)


def address_of(request: Request[Any, Any, Any]) -> str:
    """Where the request came from, as limits see it."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for")
    told = None if forwarded is None else forwarded.encode("latin-1")
    return client_address(peer, told, tuple(shop(request).settings.trusted_proxies))
