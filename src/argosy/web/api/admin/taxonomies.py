"""What products and categories are in the product categories of Google and Shopify."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter
from msgspec import Meta

from argosy.kernel.ids import PREFIXES, MalformedId, decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog, staff, taxonomy
from argosy.modules.catalog import Category
from argosy.modules.taxonomy import Node, NodeUnknown, System
from argosy.runtime.db import Tx
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows.classing import Classed, class_category, class_products, name_of, suggest

AnyRequest = Request[Any, Any, Any]
Kind = Literal["product", "category"]
MappingState = Literal["none", "inherited", "own"]
Which = Annotated[
    Literal["none", "inherited", "own", "all"],
    Parameter(description="Only categories that stand so; `all` of them."),
]
KINDS: tuple[Kind, ...] = ("product", "category")


class NodeView(msgspec.Struct, frozen=True, kw_only=True):
    """A product category of others; `path` is its names from the root."""

    code: str
    path: str


class NodeList(msgspec.Struct, frozen=True, kw_only=True):
    """The likeliest ones first; `loaded` is how many there are in all (0: load the taxonomy)."""

    items: list[NodeView]
    loaded: int


class NewNode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product category of others as it is published."""

    code: Annotated[str, Meta(pattern=r"^[A-Za-z0-9:/_.-]{1,100}$")]
    path: Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^\S(.*\S)?$")]


class NewNodes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Product categories to load, each code once."""

    nodes: Annotated[tuple[NewNode, ...], Meta(min_length=1, max_length=1000)]


class NodesLoaded(msgspec.Struct, frozen=True, kw_only=True):
    """How many are new or renamed."""

    changed: int


class ClassView(msgspec.Struct, frozen=True, kw_only=True):
    """What something is in a system. `said_by` is the id of what says so: itself, or the category
    that it inherits from; `suggestions` are likely by its name.
    """

    node: NodeView | None
    said_by: str | None
    suggestions: list[NodeView]


class ClassBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code of what it is: Google's number, or Shopify's gid."""

    code: Annotated[str, Meta(min_length=1, max_length=100)]


class MappingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A category, and what it is in a system: by its own word (`own`), by that of one above it
    (`inherited`), or nothing yet (`none`, without a code).
    """

    category_id: str
    name: str
    path: str
    code: str | None
    state: MappingState


def _node(node: Node) -> NodeView:
    return NodeView(code=node.code, path=node.path)


def _thing(text: str) -> tuple[Kind, UUID]:
    prefix = text.partition("_")[0]
    for kind in KINDS:
        if PREFIXES[kind] == prefix:
            return kind, decode(kind, text, field="thing_id")
    raise MalformedId(f"{text[:80]!r} is not the id of a product or category.", field="thing_id")


async def _class_of(tx: Tx, kind: Kind, thing: UUID, system: System) -> Classed | None:
    if kind == "category":
        return await class_category(tx, thing, system)
    return (await class_products(tx, [thing], system)).get(thing)


async def _view(tx: Tx, kind: Kind, thing: UUID, system: System) -> ClassView:
    found = await _class_of(tx, kind, thing, system)
    return ClassView(
        node=None if found is None else _node(found.node),
        said_by=None if found is None else encode(found.from_kind, found.from_id),
        suggestions=[_node(node) for node in await suggest(tx, kind, thing, system)],
    )


@get(
    "/admin/v1/taxonomies/{system:str}/mappings",
    tags=["Taxonomies"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def list_mappings(
    request: AnyRequest,
    system: System,
    which: Which = "all",
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[MappingRow]:
    """Categories with what each is in a system, in the order of the tree."""
    filters = filters_of("taxonomy mappings", system=system, which=which)
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        tree = await catalog.list_categories(tx)
        said = await taxonomy.mappings_of(tx, [one.id for one in tree])
    codes = {one.entity_id: one.node.code for one in said if one.node.system == system}
    fit = [one for one in _mapped(tree, codes) if which in ("all", one.state)]
    places = [one.path for one in fit]
    start = places.index(str(keys[0])) + 1 if keys and keys[0] in places else 0
    return page_of(
        fit[start : start + limit + 1],
        limit=limit,
        filters=filters,
        keys=lambda row: [row.path],
        show=lambda row: row,
    )


def _mapped(tree: Sequence[Category], codes: dict[UUID, str]) -> list[MappingRow]:
    """Each category with what is said of it, or of the nearest above it. Pure."""
    by_path = {one.path: codes[one.id] for one in tree if one.id in codes}
    rows = []
    for one in tree:
        code, path = codes.get(one.id), one.path
        state: MappingState = "own" if code else "none"
        while not code and "/" in path:
            path = path.rpartition("/")[0]
            if path in by_path:
                code, state = by_path[path], "inherited"
        rows.append(
            MappingRow(
                category_id=encode("category", one.id),
                name=one.name,
                path=one.path,
                code=code,
                state=state,
            )
        )
    return rows


@get(
    "/admin/v1/taxonomies/{system:str}/nodes",
    tags=["Taxonomies"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def find_nodes(
    request: AnyRequest,
    system: System,
    q: Annotated[str, Parameter(min_length=1, max_length=200, description="Words of its name.")],
) -> NodeList:
    """Product categories of others by name, at most twenty."""
    async with shop(request).db.reading() as tx:
        found = [] if "\0" in q else await taxonomy.find_nodes(tx, system, q, 20)
        loaded = await taxonomy.count_nodes(tx, system)
    return NodeList(items=[_node(node) for node in found], loaded=loaded)


@post(
    "/admin/v1/taxonomies/{system:str}/nodes",
    tags=["Taxonomies"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    status_code=200,
    example={"nodes": [{"code": "1604", "path": "Apparel & Accessories > Clothing"}]},
)
async def load_nodes(request: AnyRequest, system: System, data: NewNodes) -> NodesLoaded:
    """Load product categories of others, a part of the published list at a time. The same ones
    again change nothing. `argosy taxonomy load` takes the whole file.
    """
    nodes = {node.code: node.path for node in data.nodes}
    async with shop(request).db.transaction() as tx:
        changed = await taxonomy.load_nodes(tx, system, list(nodes.items()))
        if changed:
            shown = {"changed": changed}
            await staff.audit(tx, actor(request), "taxonomy.loaded", system, None, shown)
    return NodesLoaded(changed=changed)


@get(
    "/admin/v1/taxonomies/{system:str}/mappings/{thing_id:str}",
    tags=["Taxonomies"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[catalog.ProductNotFound, catalog.CategoryNotFound],
)
async def get_class(request: AnyRequest, system: System, thing_id: str) -> ClassView:
    """What a product or category is, who says so, and what is likely by its name."""
    kind, thing = _thing(thing_id)
    async with shop(request).db.reading() as tx:
        return await _view(tx, kind, thing, system)


@put(
    "/admin/v1/taxonomies/{system:str}/mappings/{thing_id:str}",
    tags=["Taxonomies"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.ProductNotFound, catalog.CategoryNotFound, NodeUnknown],
    example={"code": "1604"},
)
async def set_class(
    request: AnyRequest, system: System, thing_id: str, data: ClassBody
) -> ClassView:
    """Say what a product or category is; what is below a category is that too, unless it says
    otherwise. Repeating it changes nothing.
    """
    kind, thing = _thing(thing_id)
    async with shop(request).db.transaction() as tx:
        await name_of(tx, kind, thing)
        before = await _class_of(tx, kind, thing, system)
        if await taxonomy.map_thing(tx, thing, kind, system, data.code):
            own = before if before is not None and before.from_id == thing else None
            old = {"system": system, "code": own.node.code} if own else None
            new = {"system": system, "code": data.code}
            await staff.audit(tx, actor(request), "taxonomy.mapped", thing_id, old, new)
        return await _view(tx, kind, thing, system)


@delete(
    "/admin/v1/taxonomies/{system:str}/mappings/{thing_id:str}",
    tags=["Taxonomies"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
)
async def clear_class(request: AnyRequest, system: System, thing_id: str) -> None:
    """A product or category is what its category is again. Nothing happens if it said nothing."""
    _, thing = _thing(thing_id)
    async with shop(request).db.transaction() as tx:
        if await taxonomy.clear_mapping(tx, thing, system):
            gone = {"system": system}
            await staff.audit(tx, actor(request), "taxonomy.unmapped", thing_id, gone)


ROUTES: list[HTTPRouteHandler] = [
    list_mappings,
    find_nodes,
    load_nodes,
    get_class,
    set_class,
    clear_class,
]
