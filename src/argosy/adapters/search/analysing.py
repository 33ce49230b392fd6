"""From text to index words, the same for what is indexed and for what is asked."""

import re
from functools import lru_cache

import tantivy

from argosy.modules.search import Language, SearchText, head_words

_WORD = r"[\p{L}\p{N}]+(?:[.'&][\p{L}\p{N}]+)*"
_MARKS = re.compile("[®™©]")
FIELDS = ("title", "head", "first", "brand", "kind", "description", "attributes", "flags", "codes")
"""What a query is matched against, each a list of words; `first` are the first head words."""

_FIRST_HEADS = 2


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
            "first": heads[:_FIRST_HEADS],
            "brand": self.words(text.brand),
            "kind": self.words(f"{text.kind} {' '.join(text.categories)}"),
            "description": self.words(text.description),
            "attributes": self.words(" ".join(text.attributes)),
            "flags": self.words(" ".join(text.flags)),
            "codes": [code.lower() for code in text.codes],
        }


@lru_cache(maxsize=64)
def analyser_of(language: Language) -> Analyser:
    """The analyser of a language, one per process."""
    return Analyser(language)
