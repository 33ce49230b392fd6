"""Views: lists of the back office with filters, kept by a person under a name.

Owns schema `views`. Emits no events: nobody else acts on what somebody likes to look at. Knows
people and lists by id and path only.
"""

from argosy.modules.views.commands import forget_view, keep_view
from argosy.modules.views.errors import TooManyViews, ViewNotFound
from argosy.modules.views.queries import views_of
from argosy.modules.views.types import MAX_VIEWS, View

__all__ = [
    "MAX_VIEWS",
    "TooManyViews",
    "View",
    "ViewNotFound",
    "forget_view",
    "keep_view",
    "views_of",
]
