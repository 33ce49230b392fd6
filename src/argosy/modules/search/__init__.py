"""Search: which products a shopper means by a few words, best first.

Owns schema `search` (the log of products to index anew, synonyms, counts of what was searched).
Emits nothing. An index only ranks: whether a product is shown, at what price and in which facets
is asked of the projections.
"""

from argosy.modules.search.commands import (
    QUERIES_KEPT,
    SYNONYMS_TOPIC,
    count_queries,
    forget_changes,
    forget_queries,
    mark_shown,
    set_synonyms,
)
from argosy.modules.search.errors import IndexBusy, SearchUnavailable, SynonymsInvalid
from argosy.modules.search.queries import (
    changes_after,
    frequent_queries,
    present_cursor,
    query_days,
    seconds_behind,
    synonyms_of,
    top_queries,
)
from argosy.modules.search.rules.asking import asked_as, words_kept
from argosy.modules.search.rules.heads import head_words
from argosy.modules.search.rules.languages import Language, language_of
from argosy.modules.search.rules.planning import Groups, by_term, plan
from argosy.modules.search.rules.usual_synonyms import usual_synonyms
from argosy.modules.search.types import (
    Alternative,
    Changes,
    Cursor,
    Explained,
    Found,
    How,
    MetPart,
    Part,
    Plan,
    QueryCount,
    QueryDay,
    Reward,
    SearchText,
    Suggested,
    TopQuery,
)

__all__ = [
    "QUERIES_KEPT",
    "SYNONYMS_TOPIC",
    "Alternative",
    "Changes",
    "Cursor",
    "Explained",
    "Found",
    "Groups",
    "How",
    "IndexBusy",
    "Language",
    "MetPart",
    "Part",
    "Plan",
    "QueryCount",
    "QueryDay",
    "Reward",
    "SearchText",
    "SearchUnavailable",
    "Suggested",
    "SynonymsInvalid",
    "TopQuery",
    "asked_as",
    "by_term",
    "changes_after",
    "count_queries",
    "forget_changes",
    "forget_queries",
    "frequent_queries",
    "head_words",
    "language_of",
    "mark_shown",
    "plan",
    "present_cursor",
    "query_days",
    "seconds_behind",
    "set_synonyms",
    "synonyms_of",
    "top_queries",
    "usual_synonyms",
    "words_kept",
]
