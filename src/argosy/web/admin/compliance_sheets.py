"""What is said of all products of a brand, and which categories need an energy label."""

from typing import Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.ids import encode
from argosy.modules import compliance
from argosy.web.admin.brands import PATH as BRANDS
from argosy.web.admin.category_sheets import pages_of_categories
from argosy.web.admin.compliance import PATH, SHEET_WORDS, TEXTS
from argosy.web.admin.places import N_
from argosy.web.admin.sheets import pages_of_sheet, sheet
from argosy.web.admin.showing import say
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.things import Things, shaped
from argosy.web.api.admin import compliance as api
from argosy.web.auth import shop

AnyRequest = Request[Any, Any, Any]

_BRANDS = "/admin/brand-compliance"
_MOST_PARTIES = 1000


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    async with shop(request).db.reading() as tx:
        found = await compliance.list_parties(tx, limit=_MOST_PARTIES)
    known = [(encode("party", one.id), one.name) for one in found]
    return shaped(
        request,
        words=SHEET_WORDS | {"manufacturer_id": (N_("Manufacturer"), "")},
        options={"manufacturer_id": known, "responsible_id": known},
        codecs={"warnings": TEXTS, "exempt": TEXTS},
        left_out=frozenset({"energy", "passports"}),
    )


def _brand(request: AnyRequest, brand_id: str) -> Things:
    return sheet(
        request,
        brand_id,
        path=_BRANDS,
        title=N_("The brand"),
        home=f"{BRANDS}/{brand_id}",
        called=say(request, N_("Safety and conformity of the brand")),
        area="catalog",
        one=api.get_brand_sheet,
        change=api.set_brand_sheet,
        param="brand_id",
        shaping=_shaping,
        cards=(
            (N_("Who is responsible"), ("manufacturer_id", "responsible_id")),
            (N_("Safety"), ("needs_warnings", "warnings", "documents")),
            (N_("Exceptions"), ("exempt",)),
        ),
    )


ROUTES: list[HTTPRouteHandler] = [
    *pages_of_sheet(_BRANDS, "catalog", _brand),
    *pages_of_categories(
        f"{PATH}/energy",
        home=PATH,
        title=N_("Safety and conformity"),
        called=N_("Categories with an energy label"),
        one=api.get_energy_categories,
        change=api.set_energy_categories,
    ),
]
