"""What search refuses."""

from argosy.kernel.errors import Invalid, Unavailable


class SearchUnavailable(Unavailable):
    """The channel has no search index on this machine yet.

    A worker makes it within seconds after its first start. Without a worker on this machine run
    `argosy search follow`.
    """

    code = "search.unavailable"
    usual_cure = "Send the same request again in a few seconds."


class IndexBusy(Unavailable):
    """Another process of this machine is writing the search index just now; try again."""

    code = "search.index_busy"
    usual_cure = "Try again in a few seconds."


class SynonymsInvalid(Invalid):
    """Synonyms are groups of at least two different words or phrases.

    A language has at most 2,000 groups of at most 20 terms with at most 4 words each.
    """

    code = "search.synonyms_invalid"
    usual_cure = 'Send groups like ["laptop", "notebook"].'
