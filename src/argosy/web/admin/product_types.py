"""Product types: what they ask of products, a draft of that with its dry run, and publishing it."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError, Conflict, NotFound
from argosy.modules import catalog, producttypes
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import confirm_page
from argosy.web.admin.named_codes import Codes, pages_of_codes
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, refusal_text, say
from argosy.web.admin.struct_forms import LINES, Codec, Document, Shaping
from argosy.web.admin.things import Row, Things, form_page, save_one, shaped
from argosy.web.api.admin import product_types as api
from argosy.web.auth import shop
from argosy.web.pages.forms import read_form, whole_number
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/product-types"
_ONE = f"{PATH}/{{code:str}}"
_MOST_VERSIONS = 10**9
PROBLEMS = {
    "missing": N_("is missing"),
    "value": N_("has a value that is not allowed"),
    "unknown": N_("is not of the type"),
}
WORDS = {
    "attributes": (N_("Attributes"), N_("In the order in which they are shown.")),
    "attributes[]": (N_("an attribute"), ""),
    "groups": (N_("Groups of attributes"), ""),
    "groups[]": (N_("a group"), ""),
    "code": (N_("Code"), ""),
    "label": (N_("Name"), ""),
    "group": (N_("Group"), ""),
    "required": (N_("Required"), N_("yes, no, or codes of channels.")),
    "weight": (N_("Weight in the score"), ""),
    "minimum": (N_("At least"), ""),
    "maximum": (N_("At most"), ""),
    "choices": (N_("Choices"), N_("One a line.")),
    "others": (N_("Other attributes"), ""),
    "others:allow": (N_("are allowed"), ""),
    "others:refuse": (N_("are refused"), ""),
    "missing": (N_("Products without what is required"), ""),
    "missing:flag": (N_("are shown, and listed"), ""),
    "missing:block": (N_("are not shown; with one this is not published"), ""),
    "weights": (N_("What counts besides"), N_("0 leaves it out of the score.")),
    "photograph": (N_("Picture"), ""),
    "price": (N_("Price"), ""),
    "description": (N_("Description"), ""),
}


def _required_shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list | tuple) else "yes" if value else "no"


def _required_read(text: str) -> Any:
    if text in {"yes", "no", ""}:
        return text == "yes"
    return [one.strip() for one in text.split(",") if one.strip()]


REQUIRED = Codec(_required_shown, _required_read, "text")


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    async with shop(request).db.reading() as tx:
        known = [(one.code, one.label) for one in await catalog.list_attributes(tx)]
    return shaped(
        request,
        words=WORDS,
        codecs={"attributes.required": REQUIRED, "attributes.choices": LINES},
        options={"attributes.code": known} if known else {},
    )


def _draft(code: str) -> Things:
    """The draft as a thing of its own; its version is the type's."""

    async def find(request: AnyRequest, _id: str) -> Row:
        kind = await ask(request, api.get_type, code=code)
        versions = await ask(request, api.list_versions, code=code, limit=1)
        schema = versions["items"][0]["schema"] if versions["items"] else {}
        empty = {"attributes": [], "groups": [], "others": "allow", "missing": "flag"}
        return {**empty, **schema, "id": code, "name": kind["label"], "version": kind["version"]}

    return Things(
        path=f"{PATH}/{quote(code, safe='')}/edit",
        home=f"{PATH}/{quote(code, safe='')}",
        title=N_("Product type"),
        new="",
        area="catalog",
        rows=api.list_types,
        change=api.save_draft,
        param="code",
        find=find,
        columns=lambda _: [],
        shaping=_shaping,
        empty=("", ""),
        cards=(
            (N_("Attributes"), ("attributes",)),
            (N_("Groups"), ("groups",)),
            (N_("How strict it is"), ("others", "missing", "weights")),
        ),
    )


@get(_ONE, include_in_schema=False, guards=[may("catalog:read")])
async def show_type(request: AnyRequest, code: str) -> Response[bytes]:
    """A type: what is in force, the draft with what it would break, former versions."""
    kind = await ask(request, api.get_type, code=code)
    versions = (await ask(request, api.list_versions, code=code, limit=20))["items"]
    draft = next((one for one in versions if one["published_at"] is None), None)
    impact, broken = None, []
    if draft is not None:
        impact = await ask(request, api.draft_impact, code=code)
        broken = (await ask(request, api.draft_breaks, code=code, limit=20))["items"]
    values = {
        "kind": kind,
        "path": f"{PATH}/{quote(code, safe='')}",
        "draft": draft,
        "impact": impact,
        "broken": broken,
        "problems": {one: say(request, said) for one, said in PROBLEMS.items()},
        "published": [one for one in versions if one["published_at"] is not None],
    }
    crumbs = [Crumb(say(request, N_("Product types")), PATH)]
    return admin_page(
        request, "admin/product_type.html", values, title=kind["label"], crumbs=crumbs
    )


@get(f"{_ONE}/edit", include_in_schema=False, guards=[may("catalog:write")])
async def show_draft(request: AnyRequest, code: str) -> Response[bytes]:
    """The draft as a form; without one, of what is in force."""
    kind = _draft(code)
    assert kind.find is not None
    row = await kind.find(request, code)
    return await form_page(request, kind, row, row)


@post(
    f"{_ONE}/edit/{{thing_id:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def save_draft(request: AnyRequest, code: str, thing_id: str) -> Response[bytes]:
    """Save the draft. Nothing holds before it is published."""
    if thing_id != code:
        raise NotFound("There is no such draft.")
    return await save_one(request, _draft(code), code)


@get(f"{_ONE}/publish", include_in_schema=False, guards=[may("catalog:write")])
async def ask_publish(request: AnyRequest, code: str) -> Response[bytes]:
    """Before a draft holds: what it would break."""
    kind = await ask(request, api.get_type, code=code)
    impact = await ask(request, api.draft_impact, code=code)
    says = [
        say(
            request,
            N_("Of %(products)s products of the type %(broken)s do not fit it."),
            products=impact["products"],
            broken=impact["broken"],
        ),
        say(request, N_("No product is taken out of the shop by it.")),
        say(
            request, N_("The version in force stays for ever as it is; the next one is a new one.")
        ),
    ]
    path = f"{PATH}/{quote(code, safe='')}"
    return confirm_page(
        request,
        title=say(request, N_("Publish the draft")),
        says=says,
        path=f"{path}/publish",
        back=path,
        button=say(request, N_("Publish it")),
        fields={"version": str(kind["version"])},
        danger=bool(impact["broken"]),
        crumbs=[Crumb(say(request, N_("Product types")), PATH), Crumb(kind["label"], path)],
    )


@post(f"{_ONE}/publish", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def publish(request: AnyRequest, code: str) -> Response[bytes]:
    """Put the draft in force, as it was seen."""
    form, path = await read_form(request), f"{PATH}/{quote(code, safe='')}"
    version = whole_number(form["version"], least=0, most=_MOST_VERSIONS)
    try:
        await ask(request, api.publish_draft, code=code, version=version or 0)
    except (Conflict, producttypes.NothingToPublish) as refusal:
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, path, Notice(say(request, N_("It is in force."))))


@post(f"{_ONE}/adopt", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def adopt(request: AnyRequest, code: str) -> Response[bytes]:
    """Give the type to products that name it in words, 200 at a time."""
    form, path = await read_form(request), f"{PATH}/{quote(code, safe='')}"
    try:
        data = {"product_type": form["product_type"]}
        done = await ask(request, api.adopt, code=code, data=data)
    except ArgosyError as refusal:
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    said = say(
        request,
        N_("%(adopted)s products are of the type now; %(refused)s do not fit it."),
        adopted=done["adopted"],
        refused=len(done["refused"]),
    )
    return lead_to(request, path, Notice(said))


TYPES = Codes(
    path=PATH,
    title=N_("Product types"),
    area="catalog",
    rows=api.list_types,
    put=api.save_type,
    about=N_("A type says which attributes its products have, and which they need to be shown."),
    back=(N_("Products"), "/admin/products"),
    member="label",
    href=lambda row: f"{PATH}/{row['code']}",
)
ENTRIES = (
    Entry(
        N_("Product types"), PATH, N_("Catalogue"), "catalog:read", icon="settings",
        words="schema attributes completeness", position=60,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    *pages_of_codes(TYPES),
    show_type,
    show_draft,
    save_draft,
    ask_publish,
    publish,
    adopt,
]
