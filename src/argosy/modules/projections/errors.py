"""Why a question about the shop window has no answer.

ArgosyError
├── NotFound ┬─ ProductNotFound
│            └─ CategoryNotFound
└── Invalid ┬── FacetUnknown
            ├── OptionUnknown
            └── TooManyFacets
"""

from __future__ import annotations

from argosy.kernel.errors import Invalid, NotFound


class ProductNotFound(NotFound):
    """No product with this slug is shown in this channel.

    It may be a draft, not published here yet or any more, or without a price in the channel's
    price list. Take slugs from the product list of the same channel.
    """

    code = "projections.product_not_found"
    usual_cure = "Take a slug from `GET /v1/products` of the same channel."


class CategoryNotFound(NotFound):
    """No category with this path or id shows products in this channel.

    Take paths and ids from `GET /v1/categories`.
    """

    code = "projections.category_not_found"
    usual_cure = "Take a path or id from `GET /v1/categories`."


class FacetUnknown(Invalid):
    """A query parameter is neither an option of the listing nor a facet of this channel.

    The facets that a listing can be narrowed by come with its first page, under `facets`.
    """

    code = "projections.facet_unknown"
    usual_cure = "Use a facet that the first page of the listing names under `facets`."


class TooManyFacets(Invalid):
    """A listing was narrowed by more facets, or more values, than one request may ask for.

    Ask for at most 6 facets and 50 values of each.
    """

    code = "projections.too_many_facets"
    usual_cure = "Ask for at most 6 facets and 50 values of each."


class OptionUnknown(Invalid):
    """A query parameter names no option of the product, or an option was chosen twice.

    The options of a product, each with its code and values, come with its page, under `options`.
    """

    code = "projections.option_unknown"
    usual_cure = "Use the code of an option that the product names under `options`, once."
