"""What the rules of a collection would let in, before they are saved."""

from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.ids import decode, encode
from argosy.modules import channels, collections
from argosy.modules.collections import Rules
from argosy.web.auth import ADMINISTRATION, requires, shop
from argosy.web.examples import example_id
from argosy.workflows.collection_preview import LetIn, RulesPreview, preview_rules

Id = Annotated[str, msgspec.Meta(max_length=60)]


class RulesPreviewBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules, and the channel by whose prices, stock and publications products are looked at.
    `after`: go on behind the `last` of the answer before.
    """

    rules: Rules
    channel_id: Id
    after: Id | None = None


class FittingProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product that fits the rules now."""

    product_id: str
    slug: str
    title: str
    availability: str

    @classmethod
    def of(cls, one: LetIn) -> "FittingProduct":
        """As answers show it."""
        fields = msgspec.structs.asdict(one)
        return cls(**fields | {"product_id": encode("product", one.product_id)})


class RulesPreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """Of `products` in the catalogue `looked_at` were looked at, the older ones first; those that
    fit. `last` null: there are no more.
    """

    products: int
    looked_at: int
    fitting: list[FittingProduct]
    last: str | None

    @classmethod
    def of(cls, found: RulesPreview) -> "RulesPreviewView":
        """As answers show it."""
        return cls(
            products=found.products,
            looked_at=found.looked_at,
            fitting=[FittingProduct.of(one) for one in found.fitting],
            last=None if found.last is None else encode("product", found.last),
        )


@post(
    "/admin/v1/collection-previews",
    tags=["Collections"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    status_code=200,
    problems=[channels.ChannelNotFound, collections.RulesInvalid],
    example={
        "rules": {"conditions": [{"field": "sale", "value": True}]},
        "channel_id": example_id("channel"),
    },
)
async def preview_collection(
    request: Request[Any, Any, Any], data: RulesPreviewBody
) -> RulesPreviewView:
    """Which products rules would let in now, of up to a thousand at a time. Nothing is kept."""
    channel = decode("channel", data.channel_id, field="channel_id")
    after = None if data.after is None else decode("product", data.after, field="after")
    return RulesPreviewView.of(await preview_rules(shop(request), data.rules, channel, after=after))


ROUTES: list[HTTPRouteHandler] = [preview_collection]
