"""Digital product passports: drafts, editions, withdrawal, codes to print, and who reads more."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import catalog, compliance, passports, staff
from argosy.modules.passports import Edition, Passport
from argosy.runtime.db import Tx
from argosy.web.api.admin.passport_views import (
    AccessView,
    DraftBody,
    EditionRow,
    EditionView,
    NewAccessBody,
    NewPassportBody,
    PassportRow,
    PassportView,
    WithdrawBody,
    shown_draft,
)
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.examples import example_id
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.web.passport_codes import qr_png, qr_svg
from argosy.web.passport_views import PassportContentsView
from argosy.workflows import passporting

AnyRequest = Request[Any, Any, Any]
Query = Annotated[
    str | None,
    Parameter(min_length=1, max_length=120, description="A whole GTIN, lot, serial number or SKU."),
]
OfProduct = Annotated[str | None, Parameter(max_length=60, description="Only of this product.")]
OfState = Annotated[
    Literal["draft", "published", "withdrawn"] | None,
    Parameter(query="state", description="Only in this state."),
]
EditionNumber = Annotated[int, Parameter(ge=1, le=2**31 - 1, description="The edition.")]
Scale = Annotated[int, Parameter(ge=1, le=40, description="Pixels of a module.")]

_READ: dict[str, Any] = {
    "tags": ["Compliance"], "security": ADMINISTRATION, "guards": [requires("catalog:read")],
}  # fmt: skip
_WRITE: dict[str, Any] = {
    "tags": ["Compliance"], "security": ADMINISTRATION, "guards": [requires("catalog:write")],
}  # fmt: skip
_MAKING = (
    catalog.VariantNotFound, passports.PassportTaken, passports.GtinTaken,
    passports.PassportInvalid, passports.DigitalLinkInvalid,
)  # fmt: skip
_TELLING = (
    passports.PassportNotFound, passports.GtinTaken, passports.PassportSchemaNotFound,
    catalog.VariantNotFound, compliance.PartyNotFound,
)  # fmt: skip


def _id(passport_id: str) -> UUID:
    return decode("passport", passport_id, field="passport_id")


def _headers(passport: Passport) -> dict[str, str]:
    return {"ETag": version_tag(passport.version)}


def _answer(passport: Passport) -> Response[PassportView]:
    return Response(PassportView.of(passport), headers=_headers(passport))


def _last(keys: Sequence[object] | None) -> UUID | None:
    try:
        return None if keys is None else UUID(hex=str(keys[0]))
    except ValueError:
        message = "This cursor does not belong to this list."
        raise CursorInvalid(message, field="cursor") from None


@get("/admin/v1/passports", **_READ)
async def list_passports(
    request: AnyRequest,
    *,
    q: Query = None,
    in_state: OfState = None,
    product_id: OfProduct = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[PassportRow]:
    """Product passports, the latest first, of models, batches and items."""
    filters = filters_of("passports", q=q, state=in_state, product_id=product_id)
    last = _last(after(cursor, filters, length=1))
    product = decode("product", product_id, field="product_id") if product_id else None
    async with shop(request).db.reading() as tx:
        rows = await passports.passport_page(
            tx, after=last, limit=limit + 1, state=in_state, product_id=product, q=q
        )
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda one: (one.id.hex,), show=PassportRow.of
    )


@post(
    "/admin/v1/passports",
    **_WRITE,
    problems=_MAKING,
    responses={201: ResponseSpec(PassportView, description="The passport, not published yet.")},
    example={"variant_id": example_id("variant"), "lot": "L-2027-02"},
)
async def open_passport(
    request: AnyRequest, data: NewPassportBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Begin a passport of a variant, or of a batch or an item of it, which begins with what that of
    the model says. Nobody reads it before it is published.
    """
    variant = decode("variant", data.variant_id, field="variant_id")

    async def run(tx: Tx) -> Passport:
        made = await passporting.open_passport(tx, variant, lot=data.lot, serial=data.serial)
        subject, new = encode("passport", made.id), {"path": passports.link_path(made.key)}
        await staff.audit(tx, actor(request), "passport.opened", subject, None, new)
        return made

    return await once(request, run, show=PassportView.of, headers=_headers)


@get("/admin/v1/passports/{passport_id:str}", **_READ, problems=[passports.PassportNotFound])
async def get_passport(request: AnyRequest, passport_id: str) -> Response[PassportView]:
    """A passport, and what is to be published next."""
    async with shop(request).db.reading() as tx:
        return _answer(await passports.passport_by_id(tx, _id(passport_id)))


@put(
    "/admin/v1/passports/{passport_id:str}",
    **_WRITE,
    problems=[
        passports.PassportNotFound, passports.PassportChangedMeanwhile, passports.PassportInvalid,
        passports.PassportSchemaNotFound, compliance.PartyNotFound,
    ],
    example={
        "schema": "batteries",
        "values": [{"code": "rated_capacity", "value": "12.5", "source": "Test report 42"}],
        "facilities": ["4012345000016"],
    },
)  # fmt: skip
async def save_passport(
    request: AnyRequest, passport_id: str, data: DraftBody, if_match: RequiredIfMatch
) -> Response[PassportView]:
    """Replace what is to be published next. What is published stays as it is."""
    found, version = _id(passport_id), expected_version(request)
    draft = data.draft()
    async with shop(request).db.transaction() as tx:
        await passporting.check_importer(tx, draft)
        before, one = await passports.save_draft(tx, found, draft, expected_version=version)
        if before != one:
            old, new = shown_draft(before), shown_draft(one)
            await staff.audit(tx, actor(request), "passport.changed", passport_id, old, new)
    return _answer(one)


@get("/admin/v1/passports/{passport_id:str}/preview", **_READ, problems=_TELLING)
async def preview_passport(request: AnyRequest, passport_id: str) -> EditionView:
    """What the passport would say, to authorities, if it were published now."""
    async with shop(request).db.reading() as tx:
        passport = await passports.passport_by_id(tx, _id(passport_id))
        contents, _ = await passporting.contents_of(tx, passport)
    view = PassportContentsView.of(contents, "authority")
    return EditionView(edition=passport.edition + 1, published_at=None, contents=view)


@post(
    "/admin/v1/passports/{passport_id:str}/publish",
    **_WRITE,
    problems=[*_TELLING, passports.PassportIncomplete, passports.PassportInvalid],
    status_code=200,
    responses={200: ResponseSpec(PassportView, description="The passport.")},
)
async def publish_passport(
    request: AnyRequest, passport_id: str, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Publish what the shop knows now and the draft says, as a new edition that is never changed.
    Repeating it makes no other edition, and publishing one that was withdrawn has it hold again.
    """
    found = _id(passport_id)

    async def run(tx: Tx) -> Passport:
        before = await passports.passport_by_id(tx, found)
        passport, edition = await passporting.publish_passport(tx, found)
        if (before.state, before.edition) != (passport.state, passport.edition):
            old = {"state": before.state, "edition": before.edition}
            new = {"state": passport.state, "edition": edition.n}
            await staff.audit(tx, actor(request), "passport.published", passport_id, old, new)
        return passport

    return await once(request, run, show=PassportView.of, headers=_headers, status=200)


@post(
    "/admin/v1/passports/{passport_id:str}/withdraw",
    **_WRITE,
    problems=[passports.PassportNotFound, passports.PassportNotPublished],
    status_code=200,
    responses={200: ResponseSpec(PassportView, description="The passport.")},
    example={"reason": "Recalled: see the notice of 4 March."},
)
async def withdraw_passport(
    request: AnyRequest, passport_id: str, data: WithdrawBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Have a passport not hold any more. It goes on being read at its address, and says so."""
    found = _id(passport_id)

    async def run(tx: Tx) -> Passport:
        before, after_ = await passports.withdraw(tx, found, data.reason)
        if before != after_:
            old, new = {"state": before.state}, {"state": after_.state, "reason": after_.reason}
            await staff.audit(tx, actor(request), "passport.withdrawn", passport_id, old, new)
        return after_

    return await once(request, run, show=PassportView.of, headers=_headers, status=200)


@get(
    "/admin/v1/passports/{passport_id:str}/editions", **_READ, problems=[passports.PassportNotFound]
)
async def list_editions(
    request: AnyRequest, passport_id: str, limit: Limit = 24, cursor: CursorText = None
) -> Page[EditionRow]:
    """What a passport said since when, the newest first."""
    filters = filters_of("passport-editions", passport=passport_id)
    keys = after(cursor, filters, length=1)
    before = keys[0] if keys and isinstance(keys[0], int) else None
    if keys is not None and (before is None or not 0 < before < 2**31):
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor")
    async with shop(request).db.reading() as tx:
        found = (await passports.passport_by_id(tx, _id(passport_id))).id
        rows = await passports.edition_page(tx, found, before=before, limit=limit + 1)

    def key(row: Edition) -> tuple[int]:
        return (row.n,)

    return page_of(rows, limit=limit, filters=filters, keys=key, show=EditionRow.of)


@get(
    "/admin/v1/passports/{passport_id:str}/editions/{edition:int}",
    **_READ,
    problems=[passports.PassportNotFound],
)
async def get_edition(request: AnyRequest, passport_id: str, edition: EditionNumber) -> EditionView:
    """All that a passport said in an edition, restricted values among it."""
    async with shop(request).db.reading() as tx:
        return EditionView.of(await passports.edition_of(tx, _id(passport_id), edition))


async def _address(request: AnyRequest, passport_id: str) -> str:
    """Where the code leads. Raises PassportNotFound, PassportNotPublished."""
    async with shop(request).db.reading() as tx:
        found = await passports.passport_by_id(tx, _id(passport_id))
    if found.state == "draft":
        raise passports.PassportNotPublished("The passport was never published.")
    return shop(request).settings.public_url + passports.link_path(found.key)


@get(
    "/admin/v1/passports/{passport_id:str}/code/svg",
    **_READ,
    problems=[passports.PassportNotFound, passports.PassportNotPublished],
    media_type="image/svg+xml",
)
async def get_passport_svg(request: AnyRequest, passport_id: str) -> Response[bytes]:
    """The data carrier: the passport's address as a QR code with its quiet zone, of any size."""
    return Response(qr_svg(await _address(request, passport_id)), media_type="image/svg+xml")


@get(
    "/admin/v1/passports/{passport_id:str}/code/png",
    **_READ,
    problems=[passports.PassportNotFound, passports.PassportNotPublished],
    media_type="image/png",
)
async def get_passport_png(
    request: AnyRequest, passport_id: str, scale: Scale = 10
) -> Response[bytes]:
    """The data carrier as pixels."""
    return Response(qr_png(await _address(request, passport_id), scale), media_type="image/png")


@get("/admin/v1/passports/{passport_id:str}/access", **_READ, problems=[passports.PassportNotFound])
async def list_passport_access(
    request: AnyRequest, passport_id: str, limit: Limit = 50, cursor: CursorText = None
) -> Page[AccessView]:
    """Who was given a link to read more, the latest first, also those that ended."""
    filters = filters_of("passport-access", passport=passport_id)
    last = _last(after(cursor, filters, length=1))
    async with shop(request).db.reading() as tx:
        found = (await passports.passport_by_id(tx, _id(passport_id))).id
        rows = await passports.access_page(tx, found, after=last, limit=limit + 1)
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda one: (one.id.hex,), show=AccessView.of
    )


@post(
    "/admin/v1/passports/{passport_id:str}/access",
    **_WRITE,
    problems=[
        passports.PassportNotFound, passports.PassportInvalid, passports.PassportAccessesFull
    ],
    example={"reader": "Repair shop Kiel", "level": "interest", "days": 90},
)  # fmt: skip
async def give_passport_access(
    request: AnyRequest, passport_id: str, data: NewAccessBody
) -> AccessView:
    """Make a link with which somebody reads more than the public. The link is in this answer and is
    never shown again. One of a model is good for its batches and items, too.
    """
    async with shop(request).db.transaction() as tx:
        access, token = await passports.give_access(
            tx, _id(passport_id), data.reader, data.level, data.days
        )
        passport = await passports.passport_by_id(tx, access.passport_id)
        new = _audited(access)
        await staff.audit(tx, actor(request), "passport.access_given", passport_id, None, new)
    link = shop(request).settings.public_url + passports.link_path(passport.key)
    return AccessView.of(access, token, link)


def _audited(access: passports.PassportAccess) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(AccessView.of(access))
    return {name: shown[name] for name in ("id", "reader", "level", "expires_at")}


@delete(
    "/admin/v1/passports/{passport_id:str}/access/{access_id:str}",
    **_WRITE,
    problems=[passports.PassportAccessNotFound],
)
async def revoke_passport_access(request: AnyRequest, passport_id: str, access_id: str) -> None:
    """End an access link. Repeating it changes nothing."""
    found = decode("passport_access", access_id, field="access_id")
    async with shop(request).db.transaction() as tx:
        before, one = await passports.revoke_access(tx, _id(passport_id), found)
        if before != one:
            old = _audited(before)
            await staff.audit(tx, actor(request), "passport.access_revoked", passport_id, old)


ROUTES: list[HTTPRouteHandler] = [
    list_passports,
    open_passport,
    get_passport,
    save_passport,
    preview_passport,
    publish_passport,
    withdraw_passport,
    list_editions,
    get_edition,
    get_passport_svg,
    get_passport_png,
    list_passport_access,
    give_passport_access,
    revoke_passport_access,
]
