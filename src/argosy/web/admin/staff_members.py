"""Staff: who runs the shop, with which roles; adding, changing, letting in again, disabling."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import staff
from argosy.modules.staff import Member, ProofNeeded, Role
from argosy.web.admin.access import may
from argosy.web.admin.editing import OPENED, chosen, clash_of, confirm_page, faults_of
from argosy.web.admin.lists import CSV_BATCH, PAGE, Column, Empty, csv_of, listing_of
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.role_words import role_name
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.auth import actor, shop
from argosy.web.newest import newest_after, newest_keys
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.web.paging import filters_of, page_of

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/staff"
NEW = f"{PATH}/new"
ONE = f"{PATH}/{{staff_id:str}}"
_MOST_VERSIONS = 2**31 - 1
_FIELDS = ("name", "roles", "active")
_LABELS = {"name": N_("Name"), "roles": N_("Roles"), "active": N_("Active")}


def member_path(member_id: UUID) -> str:
    """The page of a member."""
    return f"{PATH}/{encode('staff', member_id)}"


@get(PATH, include_in_schema=False, guards=[may("staff:read")])
async def show_staff(request: AnyRequest) -> Response[bytes]:
    """Members, the newest first. One statement."""
    page = await _page(request, request.query_params.get("cursor"), PAGE)
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: encode("staff", row.id),
        row_path=lambda row: member_path(row.id),
        empty=Empty(
            say(request, N_("Nobody yet")), say(request, N_("Who runs the shop stands here."))
        ),
    )
    title = say(request, N_("Staff"))
    return admin_page(request, "admin/staff.html", {"list": found}, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("staff:read")])
async def export_staff(request: AnyRequest) -> Stream:
    """The list as a file."""

    async def read(cursor: str | None) -> Page[Member]:
        return await _page(request, cursor, CSV_BATCH)

    return csv_of("staff", _columns(request), read)


@get(NEW, include_in_schema=False, guards=[may("staff:write")])
async def show_new(request: AnyRequest) -> Response[bytes]:
    """An empty form, for who has shown who they are."""
    staff.check_proved(actor(request), shop(request).db.clock())
    return await _new(request, Form(), None)


@post(NEW, include_in_schema=False, guards=[own_pages_only, may("staff:write")])
async def add(request: AnyRequest) -> Response[bytes]:
    """Add a member."""
    app, form = shop(request), await read_form(request)
    staff.check_proved(actor(request), app.db.clock())
    new = staff.AddMember(
        email=form["email"][:254],
        name=form["name"][:200],
        password=form["password"][:1000],
        roles=tuple(form.every("roles")[:20]),
    )
    try:
        made = await staff.add_member(app.db, app.passwords, actor(request), new)
    except ArgosyError as refusal:
        return await _new(request, form, refusal)
    said = say(request, N_("They may sign in now. Tell them the password by a safe way."))
    return lead_to(request, member_path(made.id), Notice(said))


@get(ONE, include_in_schema=False, guards=[may("staff:read")])
async def show_member(request: AnyRequest, staff_id: str) -> Response[bytes]:
    """A member with what their roles let them do. Three statements."""
    return await _member(request, decode("staff", staff_id), None, None)


@post(ONE, include_in_schema=False, guards=[own_pages_only, may("staff:write")])
async def change(request: AnyRequest, staff_id: str) -> Response[bytes]:
    """Change name, roles or activity, as it was seen; else show what somebody else changed."""
    member_id, form = decode("staff", staff_id), _settled(await read_form(request))
    staff.check_proved(actor(request), shop(request).db.clock())
    wanted = staff.ChangeMember(
        name=form["name"][:200],
        roles=tuple(name for name in form["roles"].split(", ")[:20] if name),
        active=form["active"] == "yes",
    )
    version = whole_number(form["version"], least=1, most=_MOST_VERSIONS)
    try:
        async with shop(request).db.transaction() as tx:
            await staff.change_member(tx, actor(request), member_id, wanted, version=version or 0)
    except ProofNeeded:
        raise
    except ArgosyError as refusal:
        return await _member(request, member_id, form, refusal)
    return lead_to(request, member_path(member_id), Notice(say(request, N_("Saved."))))


@post(f"{ONE}/password", include_in_schema=False, guards=[own_pages_only, may("staff:write")])
async def set_password(request: AnyRequest, staff_id: str) -> Response[bytes]:
    """Give a member a new password; their sessions end."""
    app, member_id, form = shop(request), decode("staff", staff_id), await read_form(request)
    staff.check_proved(actor(request), app.db.clock())
    try:
        await staff.set_password(
            app.db, app.passwords, actor(request), member_id, form["password"][:1000]
        )
    except ArgosyError as refusal:
        return await _member(request, member_id, None, refusal)
    said = say(request, N_("The new password holds, and all their sessions have ended."))
    return lead_to(request, member_path(member_id), Notice(said))


@get(f"{ONE}/remove-factors", include_in_schema=False, guards=[may("staff:write")])
async def ask_remove_factors(request: AnyRequest, staff_id: str) -> Response[bytes]:
    """Say what letting somebody in by password alone means."""
    staff.check_proved(actor(request), shop(request).db.clock())
    async with shop(request).db.reading() as tx:
        one = await staff.member_by_id(tx, decode("staff", staff_id))
    path = member_path(one.id)
    return confirm_page(
        request,
        title=say(request, N_("Remove their second factors")),
        says=[
            say(request, text, name=one.name)
            for text in (
                N_("%(name)s signs in by password alone, until they set up a new app."),
                N_("All their sessions end, and their recovery codes too."),
                N_("Make sure that it is them who asks: speak with them, do not write."),
            )
        ],
        path=f"{path}/remove-factors",
        back=path,
        button=say(request, N_("Remove them")),
        crumbs=_crumbs(request, Crumb(one.name, path)),
    )


@post(f"{ONE}/remove-factors", include_in_schema=False, guards=[own_pages_only, may("staff:write")])
async def remove_factors(request: AnyRequest, staff_id: str) -> Response[bytes]:
    """Remove a member's app and codes."""
    member_id = decode("staff", staff_id)
    async with shop(request).db.transaction() as tx:
        await staff.remove_factors_of(tx, actor(request), member_id)
    said = say(request, N_("Their second factors are removed."))
    return lead_to(request, member_path(member_id), Notice(said))


async def _page(request: AnyRequest, cursor: str | None, limit: int) -> Page[Member]:
    filters = filters_of("admin staff")
    position = newest_after(cursor, filters)
    async with shop(request).db.reading() as tx:
        rows = await staff.list_members(tx, after=position, limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: newest_keys(row.created_at, row.id),
        show=lambda row: row,
    )


def _columns(request: AnyRequest) -> list[Column]:
    return [
        Column("name", say(request, N_("Name")), lambda row: row.name),
        Column(
            "email", say(request, N_("E-mail address")), lambda row: row.email, "muted", None, False
        ),
        Column(
            "roles",
            say(request, N_("Roles")),
            lambda row: ", ".join(role_name(one, partial(say, request)) for one in row.roles),
        ),
        Column(
            "state",
            say(request, N_("State")),
            lambda row: "active" if row.active else "disabled",
            "badge",
        ),
        Column(
            "signed_in",
            say(request, N_("Last signed in")),
            lambda row: row.last_sign_in_at,
            "instant",
            narrow=False,
        ),
    ]


def _settled(form: Form) -> Form:
    """The form with its ticks as texts that can be compared, and what was chosen in a clash."""
    form["roles"] = ", ".join(sorted(set(form.every("roles"))))
    form["active"] = "yes" if form["active"] == "yes" else "no"
    return chosen(form, _FIELDS)


def _held(one: Member) -> dict[str, str]:
    return {
        "name": one.name,
        "roles": ", ".join(sorted(one.roles)),
        "active": "yes" if one.active else "no",
    }


async def _new(request: AnyRequest, form: Form, refusal: ArgosyError | None) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        roles = await staff.list_roles(tx)
    values = {
        "form": form,
        "roles": _choosable(request, roles),
        "ticked": form.every("roles"),
        "faults": faults_of(refusal, ["email", "name", "password", "roles"]),
    }
    return admin_page(
        request,
        "admin/staff_new.html",
        values,
        title=say(request, N_("Add somebody")),
        crumbs=_crumbs(request),
        refusal=refusal,
    )


async def _member(
    request: AnyRequest, member_id: UUID, form: Form | None, refusal: ArgosyError | None
) -> Response[bytes]:
    clash = None
    async with shop(request).db.reading() as tx:
        one = await staff.member_by_id(tx, member_id)
        roles = await staff.list_roles(tx)
        factors = await staff.list_factors(tx, member_id)
        if isinstance(refusal, staff.MemberChanged) and form is not None:
            labels = {name: say(request, label) for name, label in _LABELS.items()}
            subject = encode("staff", member_id)
            clash = await clash_of(tx, subject, labels, form, _held(one))
    held, version, shown = _held(one), str(one.version), form or Form(_held(one))
    if clash is not None:
        shown = Form(clash.merged)
    elif form is not None:
        held, version = {name: form[OPENED + name] for name in _FIELDS}, form["version"]
    names = shown["roles"].split(", ")
    values = {
        "member": one,
        "path": member_path(member_id),
        "form": shown,
        "held": held,
        "version": version,
        "clash": clash,
        "ticked": names,
        "roles": _choosable(request, roles, one.roles),
        "scopes": sorted(set().union(*(r.scopes for r in roles if r.name in one.roles))),
        "has_factor": staff.has_factor(factors),
        "myself": actor(request).id == one.id,
        "faults": faults_of(refusal, ["name", "roles", "password"]),
    }
    return admin_page(
        request,
        "admin/staff_member.html",
        values,
        title=one.name,
        crumbs=_crumbs(request),
        refusal=refusal,
    )


def _choosable(
    request: AnyRequest, roles: Sequence[Role], held: Sequence[str] = ()
) -> list[tuple[Role, bool]]:
    """The roles, and whether this person may give them: nobody gives more than they have."""
    mine = actor(request).scopes
    return [
        (role, role.name in held or all(staff.covers(mine, scope) for scope in role.scopes))
        for role in roles
    ]


def _crumbs(request: AnyRequest, *more: Crumb) -> list[Crumb]:
    return [Crumb(say(request, N_("Staff")), PATH), *more]


ENTRIES = (
    Entry(
        N_("Staff"),
        PATH,
        N_("People"),
        "staff:read",
        "f",
        "staff",
        "members colleagues users accounts",
        position=10,
    ),
)
ROUTES: list[HTTPRouteHandler] = [
    show_staff,
    export_staff,
    show_new,
    add,
    show_member,
    change,
    set_password,
    ask_remove_factors,
    remove_factors,
]
