"""Roles: what each lets people do, and whether they must have a second factor."""

from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.modules import staff
from argosy.modules.staff import AREAS, Role, covers
from argosy.web.admin.access import may
from argosy.web.admin.editing import confirm_page
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.role_words import role_texts
from argosy.web.admin.showing import Crumb, Notice, Undo, admin_page, lead_to, say
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/roles"
_LONGEST = 60


@get(PATH, include_in_schema=False, guards=[may("staff:read")])
async def show_roles(request: AnyRequest) -> Response[bytes]:
    """All roles beside all areas. One statement."""
    async with shop(request).db.reading() as tx:
        roles = await staff.list_roles(tx)
    values = {
        "roles": roles,
        # The same by role, for screens that are too narrow for the table.
        "rights": {
            role.name: {
                verb: [area for area in AREAS if _verb(role, area) == verb]
                for verb in ("write", "read")
            }
            for role in roles
        },
        "areas": [(area, [_verb(role, area) for role in roles]) for area in AREAS],
    }
    return admin_page(request, "admin/roles.html", values, title=say(request, N_("Roles")))


@get(f"{PATH}/{{role_name:str}}/factor", include_in_schema=False, guards=[may("staff:write")])
async def ask_factor(request: AnyRequest, role_name: str) -> Response[bytes]:
    """Say what asking for a second factor, or no longer, means for the people of the role."""
    staff.check_proved(actor(request), shop(request).db.clock())
    async with shop(request).db.reading() as tx:
        roles = await staff.list_roles(tx)
    role = next((one for one in roles if one.name == role_name), None)
    if role is None:
        raise staff.RoleUnknown("There is no such role.")
    if role.second_factor:
        says = [
            N_("People of this role may sign in by password alone."),
            N_("Who has an app already is still asked for its code."),
        ]
    else:
        says = [
            N_("Who has no second factor may do nothing but set one up, from their next step on."),
            N_("That holds for you as well, if you have this role."),
        ]
    called, _ = role_texts(role, partial(say, request))
    ask = N_("Ask for a second factor: %(role)s")
    free = N_("No longer ask for a second factor: %(role)s")
    return confirm_page(
        request,
        title=say(request, free if role.second_factor else ask, role=called),
        says=[say(request, text) for text in says],
        path=f"{PATH}/{role.name}/factor",
        back=PATH,
        button=say(request, N_("No longer ask for it") if role.second_factor else N_("Ask for it")),
        fields={"required": "no" if role.second_factor else "yes"},
        danger=role.second_factor,
        crumbs=[Crumb(say(request, N_("Roles")), PATH)],
    )


@post(
    f"{PATH}/{{role_name:str}}/factor",
    include_in_schema=False,
    guards=[own_pages_only, may("staff:write")],
)
async def set_factor(request: AnyRequest, role_name: str) -> Response[bytes]:
    """Ask the people of a role for a second factor, or no longer."""
    form = await read_form(request)
    required = form["required"] == "yes"
    async with shop(request).db.transaction() as tx:
        role = await staff.require_factor(
            tx, actor(request), role_name[:_LONGEST], required=required
        )
    undo = Undo(f"{PATH}/{role.name}/factor", {"required": "no" if required else "yes"})
    asks, free = N_("The role asks for a second factor."), N_("The role asks for none any more.")
    return lead_to(request, PATH, Notice(say(request, asks if required else free), undo=undo))


def _verb(role: Role, area: str) -> str:
    """What the role may do in an area: write, read or nothing."""
    if covers(role.scopes, f"{area}:write"):
        return "write"
    return "read" if covers(role.scopes, f"{area}:read") else ""


ENTRIES = (
    Entry(
        N_("Roles"),
        PATH,
        N_("People"),
        "staff:read",
        icon="security",
        words="permissions scopes rights second factor",
        position=11,
    ),
)
ROUTES: list[HTTPRouteHandler] = [show_roles, ask_factor, set_factor]
