"""From text to index words, the same for what is indexed and for what is asked."""

import re
from collections.abc import Sequence
from functools import lru_cache

import tantivy

from argosy.modules.search import Language, SearchText, head_words

_WORD = r"[\p{L}\p{N}]+(?:[.'&][\p{L}\p{N}]+)*"
_MARKS = re.compile("[®™©]")
FIELDS = ("title", "brand", "kind", "description", "attributes", "flags", "codes")
"""What the words of a query are looked for in, each a list of words."""

_BRAND_WORDS = 4
_JOINT = "_"


class Analyser:
    """The words of one language; cheap to make, kept for the stems that it remembers."""

    def __init__(self, language: Language) -> None:
        self.language = language
        plain = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_WORD)).filter(
            tantivy.Filter.lowercase()
        )
        stemmed = plain
        if language.stemmer is not None:
            stemmed = plain.filter(tantivy.Filter.stemmer(language.stemmer))
        self._stemmed = stemmed.filter(tantivy.Filter.ascii_fold()).build()
        self._plain = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_WORD))
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.ascii_fold())
            .build()
        )

    def words(self, text: str) -> list[str]:
        """The index words of a text, in their order."""
        return self._stemmed.analyze(_MARKS.sub("", text))

    def form(self, word: str) -> str:
        """The index form of one word."""
        return "".join(self.words(word))

    def spelled(self, text: str) -> list[str]:
        """The words of a text as they are written, but small and without accents."""
        return self._plain.analyze(_MARKS.sub("", text))

    def fields(self, text: SearchText) -> dict[str, list[str]]:
        """What is indexed of a product, by field."""
        values = {word for value in text.attributes for word in self.spelled(value)}
        ignored = {*self.spelled(text.brand), "original"}
        heads = [
            word
            for head in head_words(text.title, self.language, values)
            for spelled in re.split(r"[-/&+]", head)
            if spelled not in ignored
            for word in self.words(spelled)
        ]
        return {
            "title": self.words(text.title),
            "head": heads,
            "maker": [_JOINT.join(self.words(text.brand))],
            "brand": self.words(text.brand),
            "kind": self.words(f"{text.kind} {' '.join(text.categories)}"),
            "description": self.words(text.description),
            "attributes": self.words(" ".join(text.attributes)),
            "flags": self.words(" ".join(text.flags)),
            "codes": [code.lower() for code in text.codes],
        }


def makers(words: Sequence[str]) -> list[str]:
    """What may be a whole brand in a query, as in the field `maker`: "storage" is no brand of its
    own where there is an "Origin Storage".
    """
    return [
        _JOINT.join(words[start:end])
        for start in range(len(words))
        for end in range(start + 1, min(start + _BRAND_WORDS, len(words)) + 1)
    ]


@lru_cache(maxsize=64)
def analyser_of(language: Language) -> Analyser:
    """The analyser of a language, one per process."""
    return Analyser(language)
