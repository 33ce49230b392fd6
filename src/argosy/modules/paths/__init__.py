"""Paths: which public path of the shop leads where, per channel and language (DOMAIN.md E8, E9).

Owns schema `paths`: names that things have in a channel or language of their own, names they had,
what answers for deleted ones, and redirects that people make. Emits nothing. Knows things by kind
and id only; a thing's name everywhere else is its own.
"""

from argosy.modules.paths.commands import (
    assign_name,
    clear_name,
    delete_redirect,
    end_thing,
    remember_names,
    retire_names,
    save_redirects,
)
from argosy.modules.paths.errors import (
    NameTaken,
    PathGone,
    PathInvalid,
    PathUnknown,
    RedirectInvalid,
    RedirectLoop,
    RedirectNotFound,
)
from argosy.modules.paths.queries import list_redirects, names_of, redirect_by_id, redirects_after
from argosy.modules.paths.rules import (
    checked_locale,
    checked_path,
    checked_target,
    loop_through,
    overlap,
    path_of,
    preference,
    thing_of,
)
from argosy.modules.paths.types import (
    EVERYWHERE,
    KINDS,
    Ending,
    GivenRedirect,
    Gone,
    Here,
    Kind,
    Moved,
    Name,
    Redirect,
    Scope,
    Thing,
    Unknown,
)

__all__ = [
    "EVERYWHERE",
    "KINDS",
    "Ending",
    "GivenRedirect",
    "Gone",
    "Here",
    "Kind",
    "Moved",
    "Name",
    "NameTaken",
    "PathGone",
    "PathInvalid",
    "PathUnknown",
    "Redirect",
    "RedirectInvalid",
    "RedirectLoop",
    "RedirectNotFound",
    "Scope",
    "Thing",
    "Unknown",
    "assign_name",
    "checked_locale",
    "checked_path",
    "checked_target",
    "clear_name",
    "delete_redirect",
    "end_thing",
    "list_redirects",
    "loop_through",
    "names_of",
    "overlap",
    "path_of",
    "preference",
    "redirect_by_id",
    "redirects_after",
    "remember_names",
    "retire_names",
    "save_redirects",
    "thing_of",
]
