"""Merchandising: what stands first and last in searches and lists."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.errors import Invalid
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.kernel.wall_clock import TimeOutOfRange, in_utc
from argosy.modules import catalog, channels, merchandising, staff
from argosy.modules.search import SearchUnavailable
from argosy.runtime.db import Tx
from argosy.web.api.admin.merchandising_forms import (
    NewRuleBody,
    PreviewItem,
    PreviewView,
    RuleBody,
    RuleView,
)
from argosy.web.api.admin.shipping import of_channel
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, require_version, version_tag
from argosy.web.examples import example_id
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows import merchandising_preview as previews
from argosy.workflows.merchandising_preview import check_named

AnyRequest = Request[Any, Any, Any]
ChannelId = Annotated[str, Parameter(max_length=60, description="Id of the channel.")]
_WRONG = [
    catalog.ProductNotFound,
    catalog.CategoryNotFound,
    merchandising.RuleInvalid,
    TimeOutOfRange,
]
SALE = {
    "name": "Summer sale first",
    "act": "boost",
    "scope": "contains",
    "queries": ["dress", "shirt"],
    "terms": {"on_sale": True, "in_stock": True},
    "strength": 30,
    "starts_at": "2026-06-30T22:00:00Z",
    "ends_at": "2026-07-31T22:00:00Z",
}


@get(
    "/admin/v1/merchandising/rules",
    tags=["Search"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def list_merchandising_rules(
    request: AnyRequest,
    limit: Limit = 24,
    cursor: CursorText = None,
    channel_id: Annotated[
        str | None, Parameter(max_length=60, description="Only rules of this channel.")
    ] = None,
) -> Page[RuleView]:
    """Rules, the older ones first; ended ones too."""
    channel = None if channel_id is None else of_channel(channel_id)
    filters = filters_of("merchandising", channel_id=channel_id)
    keys = after(cursor, filters, length=1)
    last = None if keys is None else _of_rule(str(keys[0]))
    async with shop(request).db.reading() as tx:
        rows = await merchandising.list_rules(tx, channel_id=channel, after=last, limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda rule: [encode("merchandising_rule", rule.id)],
        show=RuleView.of,
    )


@post(
    "/admin/v1/merchandising/rules",
    tags=["Search"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[channels.ChannelNotFound, *_WRONG],
    responses={201: ResponseSpec(RuleView, description="The new rule.")},
    example={"channel_id": example_id("channel"), **SALE},
)
async def create_merchandising_rule(
    request: AnyRequest, data: NewRuleBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Create a rule of a channel. Searches and lists follow it within a second."""
    channel, rule = of_channel(data.channel_id), data.command()

    async def work(tx: Tx) -> merchandising.Rule:
        await channels.channel_by_id(tx, channel)
        await check_named(tx, rule)
        made = await merchandising.create_rule(tx, channel, rule)
        await _note(tx, request, "merchandising_rule.created", None, made)
        return made

    return await once(request, work, show=RuleView.of)


@get(
    "/admin/v1/merchandising/rules/{rule_id:str}",
    tags=["Search"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[merchandising.RuleNotFound],
)
async def get_merchandising_rule(request: AnyRequest, rule_id: str) -> Response[RuleView]:
    """A rule."""
    async with shop(request).db.reading() as tx:
        return _tagged(await merchandising.rule_by_id(tx, _of_rule(rule_id)))


@put(
    "/admin/v1/merchandising/rules/{rule_id:str}",
    tags=["Search"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[merchandising.RuleNotFound, merchandising.RuleChangedMeanwhile, *_WRONG],
    example=SALE | {"strength": 60},
)
async def replace_merchandising_rule(
    request: AnyRequest, rule_id: str, data: RuleBody, if_match: RequiredIfMatch
) -> Response[RuleView]:
    """Replace a rule. Searches and lists follow it within a second."""
    found, given = _of_rule(rule_id), data.command()
    async with shop(request).db.transaction() as tx:
        before = await merchandising.rule_by_id(tx, found)
        version = expected_version(request) or before.version
        await check_named(tx, given)
        rule = await merchandising.update_rule(tx, found, given, expected_version=version)
        await _note(tx, request, "merchandising_rule.changed", before, rule)
    return _tagged(rule)


@delete(
    "/admin/v1/merchandising/rules/{rule_id:str}",
    tags=["Search"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[merchandising.RuleNotFound],
)
async def delete_merchandising_rule(
    request: AnyRequest, rule_id: str, if_match: RequiredIfMatch
) -> None:
    """Delete a rule."""
    async with shop(request).db.transaction() as tx:
        rule = await merchandising.delete_rule(tx, _of_rule(rule_id))
        require_version(request, rule.version)
        await _note(tx, request, "merchandising_rule.deleted", rule, None)


@get(
    "/admin/v1/merchandising/preview",
    tags=["Search"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[
        channels.ChannelNotFound,
        catalog.CategoryNotFound,
        SearchUnavailable,
        TimeOutOfRange,
    ],
)
async def preview_merchandising(
    request: AnyRequest,
    *,
    channel_id: ChannelId,
    q: Annotated[
        str | None, Parameter(min_length=1, max_length=200, description="What is searched for.")
    ] = None,
    category_id: Annotated[
        str | None, Parameter(max_length=60, description="The category that is listed.")
    ] = None,
    at: Annotated[
        datetime | None, Parameter(description="By the rules of this instant; now unless given.")
    ] = None,
    limit: Limit = 24,
) -> PreviewView:
    """A search, or the list of a category or of all products, as the rules of an instant order it.
    The products are those of now.
    """
    app = shop(request)
    async with app.db.reading() as tx:
        channel = await channels.channel_by_id(tx, of_channel(channel_id))
        instant = in_utc(at, "at") or tx.now
    if q is not None and category_id is not None:
        raise Invalid("A preview is of a search or of a category.", field="category_id")
    if q is not None:
        found = await previews.preview_search(app, channel, q, instant, limit)
    else:
        category = None
        if category_id is not None:
            category = decode("category", category_id, field="category_id")
        found = await previews.preview_list(app, channel, category, instant, limit)
    return _preview(instant, found)


def _preview(at: datetime, found: previews.Previewed) -> PreviewView:
    pinned = {encode("product", id_) for id_ in found.pinned}
    return PreviewView(
        at=at,
        rules=[RuleView.of(rule) for rule in found.rules],
        items=[
            PreviewItem(
                rank=rank,
                product_id=card.id,
                slug=card.slug,
                title=card.title,
                pinned=card.id in pinned,
                strength=standing.strength,
                rules=[encode("merchandising_rule", id_) for id_ in standing.rules],
            )
            for rank, (card, standing) in enumerate(found.items, start=1)
        ],
    )


def _of_rule(text: str) -> UUID:
    return decode("merchandising_rule", text, field="rule_id")


async def _note(
    tx: Tx,
    request: AnyRequest,
    action: str,
    before: merchandising.Rule | None,
    changed: merchandising.Rule | None,
) -> None:
    rule = changed or before
    assert rule is not None
    await staff.audit(
        tx,
        actor(request),
        action,
        encode("merchandising_rule", rule.id),
        None if before is None else msgspec.to_builtins(RuleView.of(before)),
        None if changed is None else msgspec.to_builtins(RuleView.of(changed)),
    )


def _tagged(rule: merchandising.Rule) -> Response[RuleView]:
    return Response(RuleView.of(rule), headers={"ETag": version_tag(rule.version)})


ROUTES = [
    list_merchandising_rules,
    create_merchandising_rule,
    get_merchandising_rule,
    replace_merchandising_rule,
    delete_merchandising_rule,
    preview_merchandising,
]
