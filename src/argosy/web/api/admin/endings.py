"""What the paths of a thing answer after it was deleted, as the administration says it."""

from typing import Annotated

from litestar.params import Parameter

from argosy.kernel.ids import PREFIXES, MalformedId, decode, encode
from argosy.modules import paths
from argosy.modules.paths import Ending, PathUnknown, RedirectInvalid, Thing

ENDING_REFUSALS = [RedirectInvalid, PathUnknown]

MovedTo = Annotated[
    str | None,
    Parameter(
        max_length=100,
        description="Id of a product or category (brand, collection) that its paths lead to (301).",
    ),
]
Replacement = Annotated[
    str | None,
    Parameter(
        max_length=100,
        description="Id of what may be shown instead: its paths answer that it is gone (410), and "
        "name this.",
    ),
]


def thing_named(text: str, *, field: str) -> Thing:
    """The thing with this id, of whichever kind has a path. Raises MalformedId."""
    prefix = text.partition("_")[0]
    for kind in paths.KINDS:
        if PREFIXES.get(kind) == prefix:
            return Thing(kind=kind, id=decode(kind, text, field=field))
    raise MalformedId(
        f"{text[:80]!r} is not the id of something with a path.",
        field=field,
        cure="Send the id of a product or of a category.",
    )


def ending_of(moved_to: str | None, replacement: str | None) -> Ending:
    """The decision that the parameters tell. Raises MalformedId, RedirectInvalid for both."""
    if moved_to is not None and replacement is not None:
        raise RedirectInvalid("Send `moved_to` or `replacement`, not both.", field="moved_to")
    if moved_to is not None:
        return Ending(answer="moved", target=thing_named(moved_to, field="moved_to"))
    if replacement is not None:
        return Ending(answer="gone", target=thing_named(replacement, field="replacement"))
    return Ending(answer="gone")


def shown_ending(ending: Ending) -> dict[str, str]:
    """As the audit trail shows it."""
    if ending.target is None:
        return {}
    key = "moved_to" if ending.answer == "moved" else "replacement"
    return {key: encode(ending.target.kind, ending.target.id)}
