"""Search: which products a shopper means by a few words, best first.

Owns schema `search` (the log of products to index anew, synonyms). Emits nothing. An index only
ranks: whether a product is shown, at what price and in which facets is asked of the projections.
"""

from argosy.modules.search.commands import forget_changes, mark_shown, set_synonyms
from argosy.modules.search.errors import IndexBusy, SearchUnavailable, SynonymsInvalid
from argosy.modules.search.queries import (
    changes_after,
    present_cursor,
    seconds_behind,
    synonyms_of,
)
from argosy.modules.search.rules.heads import head_words
from argosy.modules.search.rules.languages import Language, language_of
from argosy.modules.search.rules.planning import plan
from argosy.modules.search.types import (
    Alternative,
    Changes,
    Cursor,
    Found,
    Part,
    Plan,
    SearchText,
    Suggested,
)

__all__ = [
    "Alternative",
    "Changes",
    "Cursor",
    "Found",
    "IndexBusy",
    "Language",
    "Part",
    "Plan",
    "SearchText",
    "SearchUnavailable",
    "Suggested",
    "SynonymsInvalid",
    "changes_after",
    "forget_changes",
    "head_words",
    "language_of",
    "mark_shown",
    "plan",
    "present_cursor",
    "seconds_behind",
    "set_synonyms",
    "synonyms_of",
]
