"""Bodies and answers of the merchandising operations."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.kernel.wall_clock import in_utc
from argosy.modules import merchandising
from argosy.modules.merchandising import Act, Scope

Id = Annotated[str, Meta(max_length=60)]
Words = Annotated[str, Meta(min_length=1, max_length=200)]
Instant = Annotated[datetime, Meta(tz=True)]
Code = Annotated[str, Meta(min_length=1, max_length=100)]
Products = Annotated[list[Id], Meta(max_length=100)]
Names = Annotated[list[Words], Meta(max_length=50)]
LocaleTag = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]


class TermsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which products: all that is given must hold, any value of each will do.

    `attributes` are facets by code. `on_sale`: a higher price is shown beside its own. A brand or
    an attribute's value is that of something that can be bought.
    """

    products: Products = msgspec.field(default_factory=list)
    brands: Names = msgspec.field(default_factory=list)
    categories: Products = msgspec.field(default_factory=list)
    attributes: Annotated[dict[Code, Names], Meta(max_length=20)] = msgspec.field(
        default_factory=dict
    )
    in_stock: bool | None = None
    on_sale: bool | None = None


class RuleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Put products first or last.

    `pin`: the products of `terms` stand first, in their order, if they can be bought. `boost` and
    `bury`: what `terms` mean comes up or goes down by `strength`; strengths add up.

    `scope` says where: in searches for exactly one of `queries`, in those that contain one, in the
    list of the category, or everywhere. It holds from `starts_at` on and before `ends_at`, in the
    channel's `locale` if one is given. Lower `priority` first.
    """

    name: Annotated[str, Meta(pattern=r"\S", min_length=1, max_length=200)]
    act: Act
    scope: Scope
    terms: TermsBody
    queries: Names = msgspec.field(default_factory=list)
    category_id: Id | None = None
    locale: LocaleTag | None = None
    strength: Annotated[int, Meta(ge=0, le=100)] = 0
    priority: Annotated[int, Meta(ge=-1000, le=1000)] = 0
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    active: bool = True

    def command(self) -> merchandising.SetRule:
        """The rule as the island takes it. Raises MalformedId, TimeOutOfRange."""
        terms, category = self.terms, self.category_id
        return merchandising.SetRule(
            name=self.name,
            act=self.act,
            scope=self.scope,
            terms=merchandising.Terms(
                products=_ids("product", terms.products, "terms.products"),
                brands=tuple(terms.brands),
                categories=_ids("category", terms.categories, "terms.categories"),
                attributes={code: tuple(values) for code, values in terms.attributes.items()},
                in_stock=terms.in_stock,
                on_sale=terms.on_sale,
            ),
            queries=tuple(self.queries),
            category_id=None if category is None else _category(category),
            locale=self.locale,
            strength=self.strength,
            priority=self.priority,
            starts_at=in_utc(self.starts_at, "starts_at"),
            ends_at=in_utc(self.ends_at, "ends_at"),
            active=self.active,
        )


class NewRuleBody(RuleBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule of a channel."""

    channel_id: Id


class TermsView(msgspec.Struct, frozen=True, kw_only=True):
    """Which products a rule means."""

    products: list[str]
    brands: list[str]
    categories: list[str]
    attributes: dict[str, list[str]]
    in_stock: bool | None
    on_sale: bool | None


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A merchandising rule."""

    id: str
    channel_id: str
    name: str
    act: Act
    scope: Scope
    terms: TermsView
    queries: list[str]
    category_id: str | None
    locale: str | None
    strength: int
    priority: int
    starts_at: datetime | None
    ends_at: datetime | None
    active: bool
    version: int

    @classmethod
    def of(cls, rule: merchandising.Rule) -> "RuleView":
        """The rule with public ids."""
        terms, category = rule.terms, rule.category_id
        return cls(
            id=encode("merchandising_rule", rule.id),
            channel_id=encode("channel", rule.channel_id),
            name=rule.name,
            act=rule.act,
            scope=rule.scope,
            terms=TermsView(
                products=[encode("product", id_) for id_ in terms.products],
                brands=list(terms.brands),
                categories=[encode("category", id_) for id_ in terms.categories],
                attributes={code: list(values) for code, values in terms.attributes.items()},
                in_stock=terms.in_stock,
                on_sale=terms.on_sale,
            ),
            queries=list(rule.queries),
            category_id=None if category is None else encode("category", category),
            locale=rule.locale,
            strength=rule.strength,
            priority=rule.priority,
            starts_at=rule.starts_at,
            ends_at=rule.ends_at,
            active=rule.active,
            version=rule.version,
        )


class PreviewItem(msgspec.Struct, frozen=True, kw_only=True):
    """A product in its place, and the rules that had a part in that."""

    rank: int
    product_id: str
    slug: str
    title: str
    pinned: bool
    strength: int
    rules: list[str]


class PreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """The first products as the rules of that instant order them; `rules` are all that are due."""

    at: datetime
    rules: list[RuleView]
    items: list[PreviewItem]


def _ids(kind: str, texts: list[str], field: str) -> tuple[UUID, ...]:
    return tuple(decode(kind, text, field=field) for text in texts)


def _category(text: str) -> UUID:
    return decode("category", text, field="category_id")
