"""Which words of a title name the thing itself.

In "HP 65W power adapter for notebook" it is the adapter: a shopper who asks for a notebook does
not mean it. English and German noun phrases end with their head, so that a word is one when
what follows is the end, a number or code, a colour, a preposition, punctuation, or a value that
the product's own attributes repeat; and nothing after a "for" is.
"""

import re
from collections.abc import Collection
from typing import Final

from argosy.modules.search.rules.languages import Language

_TOKEN: Final = re.compile(r"[^\W_][\w.'&+]*(?:[-/][\w.'&+]+)*|[,;()\-–|/:\"&]")
_DIGIT: Final = re.compile(r"\d")


def head_words(title: str, language: Language, values: Collection[str] = ()) -> list[str]:
    """Return the head words of a title in lower case, in their order.

    `values` are single words of the product's attribute values, in lower case.
    """
    tokens = [token.lower() for token in _TOKEN.findall(title)]
    found: list[str] = []
    for index, token in enumerate(tokens):
        if token in language.purposes:
            break
        if not _is_word(token, language):
            continue
        following = tokens[index + 1] if index + 1 < len(tokens) else ""
        if not _is_word(following, language) or following in values or following == token:
            found.append(token)
    return found


def _is_word(token: str, language: Language) -> bool:
    return (
        len(token) > 1
        and token[0].isalpha()
        and not _DIGIT.search(token)
        and token not in language.colours
        and token not in language.joiners
        and token not in language.purposes
    )
