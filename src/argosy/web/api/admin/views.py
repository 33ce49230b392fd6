"""One's own views of lists: filters that are asked for often, under a name."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.errors import Refused
from argosy.kernel.ids import decode, encode
from argosy.modules import staff, views
from argosy.modules.views import View
from argosy.runtime.db import Tx
from argosy.web.auth import ADMINISTRATION, actor, requires_actor, shop
from argosy.web.idempotent import KeyHeader, once

Place = Annotated[
    str, msgspec.Meta(pattern=r"^/admin(/[a-z0-9-]+)+$", max_length=100, examples=["/admin/orders"])
]
Filter = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,62}$", examples=["stage"])]
Value = Annotated[str, msgspec.Meta(min_length=1, max_length=254, examples=["confirmed"])]
PlaceFilter = Annotated[
    str | None, Parameter(max_length=100, description="Only views of this list.", examples=[])
]


class OnlyPeople(Refused):
    """A key has no views of its own: they are a person's. Sign in as a staff member."""

    code = "views.only_people"
    usual_cure = "Sign in as a staff member; a key has no views of its own."


class KeepViewBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The path of a list in the back office, and the filters of its address. A view of the same
    name has these filters from now on.
    """

    place: Place
    name: Annotated[str, msgspec.Meta(pattern=r"\S", max_length=60, examples=["To pack today"])]
    filters: Annotated[dict[Filter, Value], msgspec.Meta(min_length=1, max_length=20)]


class ViewRow(msgspec.Struct, frozen=True, kw_only=True):
    """A view of one's own."""

    id: str
    place: str
    name: str
    filters: dict[str, str]
    made_at: datetime

    @classmethod
    def of(cls, view: View) -> "ViewRow":
        """As answers show it."""
        return cls(
            id=encode("view", view.id),
            place=view.place,
            name=view.name,
            filters=dict(view.filters),
            made_at=view.made_at,
        )


class ViewList(msgspec.Struct, frozen=True, kw_only=True):
    """One's own views, by list and name; never more than one page."""

    items: list[ViewRow]
    next_cursor: str | None = None


@get("/admin/v1/me/views", tags=["Staff"], security=ADMINISTRATION, guards=[requires_actor])
async def list_views(request: Request[Any, Any, Any], place: PlaceFilter = None) -> ViewList:
    """My views of lists; a key has none."""
    who = actor(request)
    found: list[View] = []
    if who.kind == "staff" and who.id is not None:
        async with shop(request).db.reading() as tx:
            found = await views.views_of(tx, who.id, place)
    return ViewList(items=[ViewRow.of(view) for view in found])


@post(
    "/admin/v1/me/views",
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires_actor],
    problems=[OnlyPeople, views.TooManyViews],
    responses={201: ResponseSpec(ViewRow, description="The view.")},
    example={
        "place": "/admin/orders",
        "name": "Cancelled",
        "filters": {"stage": "cancelled"},
    },
)
async def keep_view(
    request: Request[Any, Any, Any], data: KeepViewBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Keep a view of a list for myself."""
    me = _person(request)

    async def work(tx: Tx) -> View:
        made = await views.keep_view(tx, me, data.place, data.name.strip(), data.filters)
        what = {"place": made.place, "name": made.name}
        await staff.audit(tx, actor(request), "view.kept", encode("view", made.id), None, what)
        return made

    return await once(request, work, show=ViewRow.of)


@delete(
    "/admin/v1/me/views/{view_id:str}",
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires_actor],
    problems=[OnlyPeople, views.ViewNotFound],
)
async def forget_view(request: Request[Any, Any, Any], view_id: str) -> None:
    """Forget a view of mine."""
    me, found = _person(request), decode("view", view_id, field="view_id")
    async with shop(request).db.transaction() as tx:
        gone = await views.forget_view(tx, me, found)
        was = {"place": gone.place, "name": gone.name}
        await staff.audit(tx, actor(request), "view.forgotten", view_id, was)


def _person(request: Request[Any, Any, Any]) -> UUID:
    who = actor(request)
    if who.kind != "staff" or who.id is None:
        raise OnlyPeople("A key has no views of its own.")
    return who.id


ROUTES: list[HTTPRouteHandler] = [list_views, keep_view, forget_view]
