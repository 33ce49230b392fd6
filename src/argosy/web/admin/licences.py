"""Licence keys: the pools, what is left of each, and putting keys into one.

A key is shown to nobody but its buyer: pages count keys, and never show one that was put in.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.modules.licences import MAX_KEYS, LicenceKeysInvalid, PoolNotFound
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import Faults
from argosy.web.admin.lists import Column, Filter
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.product_variants import VARIANTS
from argosy.web.admin.sheets import of_variant, sheet
from argosy.web.admin.showing import Notice, lead_to, say
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.things import (
    Row,
    Things,
    column,
    form_page,
    held_of,
    pages_of,
    row_of,
    save_one,
    shaped,
)
from argosy.web.api.admin import licences as api
from argosy.web.pages.forms import Form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/licences"
LIMIT_BYTES = 2_000_000
_ONE = f"{PATH}/{{variant_id:str}}"
_NO_POOL: Row = {"deliver_when": "captured", "asks_consent": True, "version": 0}
WORDS = {
    "deliver_when": (N_("Keys are given"), ""),
    "deliver_when:captured": (N_("when the order is paid"), ""),
    "deliver_when:authorised": (N_("as soon as the money is held"), ""),
    "asks_consent": (
        N_("Ask buyers before a key is given within the time of withdrawal"),
        N_("Who does not agree gets it when that time is over."),
    ),
}


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    return shaped(request, words=WORDS)


def _columns(request: AnyRequest) -> list[Column]:
    return [
        Column("sku", say(request, N_("SKU")), lambda row: row["sku"] or row["variant_id"]),
        column(request, "title", N_("Title"), "muted", narrow=False),
        column(request, "free", N_("Free"), "number"),
        column(request, "waiting", N_("Waited for"), "number"),
        column(request, "given", N_("Given"), "number", narrow=False),
        Column(
            "low",
            say(request, N_("State")),
            lambda row: "low" if row["low"] else "active",
            "badge",
        ),
    ]


async def _filters(request: AnyRequest) -> list[Filter]:
    choices = (("true", say(request, N_("running out"))),)
    return [Filter("short", say(request, N_("Stock of keys")), choices)]


POOLS = Things(
    path=PATH,
    title=N_("Licence keys"),
    new="",
    area="catalog",
    rows=api.list_pools,
    ident=lambda row: str(row["variant_id"]),
    columns=_columns,
    shaping=_shaping,
    filters=_filters,
    one=api.get_pool,
    param="variant_id",
    change=api.put_pool,
    empty=(
        N_("Nothing is delivered as keys"),
        N_("A variant that has a pool is delivered as a key. Open a variant to make its pool."),
    ),
)


def _pool(request: AnyRequest, variant_id: str) -> Things:
    kind = sheet(
        request,
        variant_id,
        path=PATH,
        title=N_("Licence keys"),
        called="",
        area="catalog",
        one=api.get_pool,
        change=api.put_pool,
        param="variant_id",
        shaping=_shaping,
        find=of_variant(api.get_pool, PoolNotFound, _NO_POOL),
        template="admin/licence_pool.html",
    )
    return kind._replace(called=lambda row: str(row["sku"]))


@get(_ONE, include_in_schema=False, guards=[may("catalog:read")])
async def show_pool(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """How many keys there are, and when they are given."""
    return await _page(request, variant_id)


@post(_ONE, include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def save_pool(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Deliver the variant as keys, by these rules."""
    kind = _pool(request, variant_id)._replace(more=_nothing_typed)
    return await save_one(request, kind, variant_id)


@post(
    f"{_ONE}/keys",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
    request_max_body_size=LIMIT_BYTES,
)
async def add_keys(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Put keys into the pool: those of the file, and those that were typed, one a line."""
    sent = await request.form()
    typed, file = sent.get("keys"), sent.get("file")
    keys = _lines(typed if isinstance(typed, str) else "")
    if isinstance(file, UploadFile) and file.filename:
        keys += _lines((await file.read()).decode("utf-8-sig", "replace"))
    try:
        if not keys:
            raise LicenceKeysInvalid("Type some keys, or choose a file of them.", field="keys")
        added = known = 0
        for start in range(0, len(keys), MAX_KEYS):
            some = {"keys": keys[start : start + MAX_KEYS]}
            done = await ask(request, api.add_licence_keys, data=some, variant_id=variant_id)
            added, known = added + done["added"], known + done["known"]
    except ArgosyError as refusal:
        return await _page(request, variant_id, refusal)
    said = say(
        request,
        N_("%(added)s keys are added; the pool knew %(known)s already."),
        added=added,
        known=known,
    )
    return lead_to(request, f"{PATH}/{variant_id}", Notice(said))


async def _page(
    request: AnyRequest, variant_id: str, refusal: ArgosyError | None = None
) -> Response[bytes]:
    kind = _pool(request, variant_id)

    async def more(
        request: AnyRequest, row: Row | None, document: Document, form: Form
    ) -> dict[str, Any]:
        found = await _nothing_typed(request, row, document, form)
        # A key that does not fit is named by its number, which the field has no place for.
        wrong = refusal is not None and (refusal.field or "keys").startswith("keys")
        if refusal is not None and wrong:
            found["key_faults"] = Faults({"keys": refusal.message}, ())
        return found

    row = await row_of(request, kind, variant_id)
    return await form_page(
        request, kind._replace(more=more), row, held_of(kind, row), refusal=refusal
    )


async def _nothing_typed(
    _request: AnyRequest, row: Row | None, _document: Document, _form: Form
) -> dict[str, Any]:
    assert row is not None
    shown = row if row["version"] else None
    low = shown is not None and (shown["waiting"] > 0 or shown["free"] < api.LOW)
    return {
        "pool": shown,
        "low": low,
        "key_faults": Faults({}, ()),
        "variant_path": f"{VARIANTS}/{row['variant_id']}",
    }


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


ENTRIES = (
    Entry(
        N_("Licence keys"), PATH, N_("Stock"), "catalog:read", icon="keys",
        words="digital goods pool serial numbers downloads", position=60,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    *(page for page in pages_of(POOLS) if page.paths & {PATH, f"{PATH}.csv"}),
    show_pool,
    save_pool,
    add_keys,
]
