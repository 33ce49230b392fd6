"""Groups of customers: what prices and promotions can be offered to."""

from typing import Any

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.email import checked_email
from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.modules import customers
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.lists import Column
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Notice, lead_to, refusal_text, say
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.things import Row, Things, column, pages_of, shaped
from argosy.web.api.admin import customer_groups as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/customer-groups"
_SHOWN = 50
WORDS = {
    "code": (N_("Code"), N_("Small letters, digits, hyphens. It never changes.")),
    "name": (N_("Name"), ""),
    "kind": (N_("Kind"), N_("People put a group together, a computation a segment.")),
    "kind:group": (N_("group"), ""),
    "kind:segment": (N_("segment"), ""),
}


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    return shaped(request, words=WORDS)


async def _members(
    request: AnyRequest, row: Row | None, _document: Document, _form: Form
) -> dict[str, Any]:
    if row is None:
        return {"members": None, "next_url": ""}
    cursor = request.query_params.get("cursor")
    found = await ask(request, api.list_members, code=row["code"], limit=_SHOWN, cursor=cursor)
    after = found["next_cursor"]
    return {
        "members": found["items"],
        "next_url": f"{PATH}/{row['code']}?cursor={after}" if after else "",
    }


@post(
    f"{PATH}/{{thing_id:str}}/members",
    include_in_schema=False,
    guards=[own_pages_only, may("customers:write")],
)
async def change_members(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """Put customers in by their e-mail addresses, or take one out."""
    form, path = await read_form(request), f"{PATH}/{thing_id}"
    act, _, member = form["act"].partition(" ")
    try:
        if act == "remove":
            body = {"customer_ids": [member]}
            await ask(request, api.remove_members, code=thing_id, data=body)
        else:
            body = {"customer_ids": await _named(request, form["emails"])}
            await ask(request, api.add_members, code=thing_id, data=body)
    except ArgosyError as refusal:
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, path, Notice(say(request, N_("Saved."))))


async def _named(request: AnyRequest, text: str) -> list[str]:
    found = []
    async with shop(request).db.reading() as tx:
        for word in text.replace(",", "\n").split():
            one = await customers.customer_by_email(tx, checked_email(word).normalised)
            if one is None:
                raise customers.CustomerNotFound(
                    f"Nobody has the address {word[:254]}.", field="emails"
                )
            found.append(encode("customer", one.id))
    return found


def _columns(request: AnyRequest) -> list[Column]:
    return [
        column(request, "name", N_("Name")),
        column(request, "code", N_("Code"), "code"),
        Column(
            "kind",
            say(request, N_("Kind")),
            lambda row: say(request, WORDS[f"kind:{row['kind']}"][0]),
        ),
    ]


GROUPS = Things(
    path=PATH,
    title=N_("Customer groups"),
    new=N_("New group"),
    area="customers",
    rows=api.list_groups,
    one=api.get_group,
    make=api.create_group,
    change=api.rename_group,
    remove=api.delete_group,
    param="code",
    ident=lambda row: str(row["code"]),
    columns=_columns,
    shaping=_shaping,
    more=_members,
    template="admin/customer_group.html",
    empty=(
        N_("No groups yet"),
        N_("A group is whom prices and promotions are offered to: dealers, friends, the press."),
    ),
    removal=(
        N_("Its members stay customers."),
        N_("Prices and promotions that were offered to it reach nobody any more."),
    ),
)
ENTRIES = (
    Entry(
        N_("Customer groups"), PATH, N_("People"), "customers:read", icon="staff",
        words="segments dealers members", position=20,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [*pages_of(GROUPS), change_members]
