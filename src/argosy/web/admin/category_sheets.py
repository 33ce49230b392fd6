"""Categories that a rule of the whole shop names: a sheet with one list of them."""

from typing import Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import NotFound
from argosy.modules import catalog
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import category_codec
from argosy.web.admin.places import N_
from argosy.web.admin.sheets import pages_of_sheet, sheet
from argosy.web.admin.showing import say
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.things import Row, Things, shaped
from argosy.web.auth import shop

AnyRequest = Request[Any, Any, Any]

_NAME = "categories"
_WORDS = {
    "category_ids": (
        N_("Categories"),
        N_("Paths, one a line; what is below one needs it, too."),
    ),
}


def pages_of_categories(
    path: str,
    *,
    home: str,
    title: str,
    called: str,
    one: HTTPRouteHandler,
    change: HTTPRouteHandler,
) -> list[HTTPRouteHandler]:
    """The form at `path`/categories of the list that `one` shows and `change` replaces, and saving
    it. There is one list for the whole shop; its page stands under a name of its own.
    """

    def kind(request: AnyRequest, name: str) -> Things:
        async def find(request: AnyRequest, named: str) -> Row:
            if named != _NAME:
                raise NotFound("There is no such list.")
            held: Row = await ask(request, one)
            return held

        return sheet(
            request,
            name,
            path=path,
            title=title,
            home=home,
            called=say(request, called),
            area="catalog",
            one=one,
            change=change,
            shaping=_shaping,
            find=find,
        )

    return pages_of_sheet(path, "catalog", kind)


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    async with shop(request).db.reading() as tx:
        tree = await catalog.list_categories(tx)
    return shaped(
        request,
        words=_WORDS,
        codecs={"category_ids": category_codec(tree)},
        picks={"category_ids": "category/line"},
    )
