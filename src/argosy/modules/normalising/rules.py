"""What a word of a file means: brands, colours and sizes. Pure.

The base colours are the eleven basic terms that languages share (Berlin and Kay, 1969), with beige,
gold, silver, turquoise and multicoloured, which shops sort by.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from rapidfuzz import fuzz, process

from argosy.modules.normalising.types import Kind, Proposal, RuleName, Vocabulary

LEAST_SIMILAR: Final = 80
SURE: Final = 0.95
"""From this confidence on a value is put in its place without a question."""

_COLOURS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "black": {"en": ("Black",), "de": ("Schwarz",), "fr": ("Noir",), "es": ("Negro",),
              "it": ("Nero",), "nl": ("Zwart",)},
    "white": {"en": ("White",), "de": ("Weiß", "Weiss"), "fr": ("Blanc",), "es": ("Blanco",),
              "it": ("Bianco",), "nl": ("Wit",)},
    "grey": {"en": ("Grey", "Gray"), "de": ("Grau",), "fr": ("Gris",), "es": ("Gris",),
             "it": ("Grigio",), "nl": ("Grijs",)},
    "red": {"en": ("Red",), "de": ("Rot",), "fr": ("Rouge",), "es": ("Rojo",), "it": ("Rosso",),
            "nl": ("Rood",)},
    "blue": {"en": ("Blue", "Navy"), "de": ("Blau", "Marine"), "fr": ("Bleu",), "es": ("Azul",),
             "it": ("Blu",), "nl": ("Blauw",)},
    "green": {"en": ("Green",), "de": ("Grün", "Gruen"), "fr": ("Vert",), "es": ("Verde",),
              "it": ("Verde",), "nl": ("Groen",)},
    "yellow": {"en": ("Yellow",), "de": ("Gelb",), "fr": ("Jaune",), "es": ("Amarillo",),
               "it": ("Giallo",), "nl": ("Geel",)},
    "orange": {"en": ("Orange",), "de": ("Orange",), "fr": ("Orange",), "es": ("Naranja",),
               "it": ("Arancione",), "nl": ("Oranje",)},
    "brown": {"en": ("Brown",), "de": ("Braun",), "fr": ("Marron", "Brun"),
              "es": ("Marrón",), "it": ("Marrone",), "nl": ("Bruin",)},
    "pink": {"en": ("Pink",), "de": ("Rosa", "Pink"), "fr": ("Rose",), "es": ("Rosa",),
             "it": ("Rosa",), "nl": ("Roze",)},
    "purple": {"en": ("Purple", "Violet"), "de": ("Lila", "Violett"), "fr": ("Violet",),
               "es": ("Morado", "Violeta"), "it": ("Viola",), "nl": ("Paars",)},
    "beige": {"en": ("Beige",), "de": ("Beige",), "fr": ("Beige",), "es": ("Beige",),
              "it": ("Beige",), "nl": ("Beige",)},
    "gold": {"en": ("Gold",), "de": ("Gold",), "fr": ("Or", "Doré"), "es": ("Dorado",),
             "it": ("Oro",), "nl": ("Goud",)},
    "silver": {"en": ("Silver",), "de": ("Silber",), "fr": ("Argent", "Argenté"),
               "es": ("Plata", "Plateado"), "it": ("Argento",), "nl": ("Zilver",)},
    "turquoise": {"en": ("Turquoise",), "de": ("Türkis",), "fr": ("Turquoise",),
                  "es": ("Turquesa",), "it": ("Turchese",), "nl": ("Turkoois",)},
    "multicoloured": {"en": ("Multicoloured", "Multicolored", "Multicolor"),
                      "de": ("Mehrfarbig", "Bunt"), "fr": ("Multicolore",),
                      "es": ("Multicolor",), "it": ("Multicolore",), "nl": ("Meerkleurig",)},
}  # fmt: skip
_SIZES: Final[Mapping[str, tuple[str, ...]]] = {
    "XXS": ("xxs", "2xs", "extra extra small"),
    "XS": ("xs", "x small", "extra small", "sehr klein"),
    "S": ("s", "small", "klein", "petit"),
    "M": ("m", "medium", "mittel", "moyen", "med"),
    "L": ("l", "large", "gross", "grand"),
    "XL": ("xl", "x large", "extra large", "sehr gross"),
    "XXL": ("xxl", "2xl", "xx large", "extra extra large"),
    "3XL": ("3xl", "xxxl", "xxx large"),
    "4XL": ("4xl", "xxxxl"),
    "One Size": ("one size", "onesize", "os", "einheitsgrosse", "uni", "taille unique"),
}
_COLOUR_CODES: Final = frozenset(
    {"color", "colour", "farbe", "couleur", "colore", "kleur", "basecolor", "basecolour",
     "grundfarbe", "colorfamily", "colourfamily"}
)  # fmt: skip
_SIZE_CODES: Final = frozenset(
    {"size", "grosse", "groesse", "taille", "talla", "taglia", "maat", "clothingsize"}
)
_PREFIXES: Final = ("dunkel", "hell", "mittel", "tief", "pastell", "neon")


def folded(text: str) -> str:
    """A word as words are compared: without case, accents, width, hyphens and runs of space."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).casefold()
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.sub(r"[-_/.,\s]+", " ", bare).split())[:200]


def kind_of(attribute_code: str) -> Kind | None:
    """Whether an attribute is about colours or sizes, by its code."""
    bare = folded(attribute_code).replace(" ", "")
    if bare in _COLOUR_CODES:
        return "colour"
    return "size" if bare in _SIZE_CODES else None


def proposal(  # noqa: PLR0911 - one return a way to know
    kind: Kind, raw: str, known: Vocabulary, *, choices: Iterable[str] = ()
) -> Proposal | None:
    """What a word should be: None when it is right, or when nothing is known of it.

    `choices` are the only values that the attribute takes; a proposal is one of them then.
    """
    word = folded(raw)
    if not word:
        return None
    if (kind, word) in known.learned:
        value = known.learned[kind, word]
        return _unless_same(raw, value, "learned", 1.0)
    own = {folded(choice): choice for choice in choices}
    if word in own:
        return _unless_same(raw, own[word], "exact", 1.0)
    match kind:
        case "brand":
            return _brand(raw, word, known.brands)
        case "colour":
            return _colour(raw, word, known.locale, own)
        case "size":
            return _size(raw, word, own)
    return None


def _brand(raw: str, word: str, brands: Mapping[str, str]) -> Proposal | None:
    if word in brands:
        return _unless_same(raw, brands[word], "exact", 1.0)
    found = process.extractOne(word, brands.keys(), scorer=fuzz.ratio, score_cutoff=LEAST_SIMILAR)
    if found is None or len(word) < 4:
        return None
    # Never certain: Lumia is no spelling of Luma.
    return _unless_same(raw, brands[found[0]], "similar", round(found[1] / 100 * 0.94, 3))


def _colour(raw: str, word: str, locale: str, own: Mapping[str, str]) -> Proposal | None:
    base, rule, confidence = _base_colour(word)
    if base is None:
        return None
    words = _COLOURS[base]
    language = locale.partition("-")[0]
    told = words.get(language) or words["en"]
    if own:
        fitting = (own[w] for forms in words.values() for t in forms if (w := folded(t)) in own)
        value = next(fitting, None)
        return None if value is None else _unless_same(raw, value, rule, confidence)
    return _unless_same(raw, told[0], rule, confidence)


def _base_colour(word: str) -> tuple[str | None, RuleName, float]:
    if word in _COLOUR_WORDS:
        return _COLOUR_WORDS[word], "alias", 1.0
    last = word.rpartition(" ")[2]
    if last in _COLOUR_WORDS and " " in word:
        return _COLOUR_WORDS[last], "contains", 0.8
    for prefix in _PREFIXES:
        if word.startswith(prefix) and word.removeprefix(prefix) in _COLOUR_WORDS:
            return _COLOUR_WORDS[word.removeprefix(prefix)], "contains", 0.85
    found = None
    if len(word) >= 4:
        found = process.extractOne(
            word, _COLOUR_WORDS.keys(), scorer=fuzz.ratio, score_cutoff=LEAST_SIMILAR
        )
    if found is None:
        return None, "similar", 0.0
    return _COLOUR_WORDS[found[0]], "similar", round(found[1] / 100 * 0.9, 3)


def _size(raw: str, word: str, own: Mapping[str, str]) -> Proposal | None:
    value = _SIZE_WORDS.get(word)
    if value is None:
        return None
    if own:
        value = own.get(folded(value))
        if value is None:
            return None
    return _unless_same(raw, value, "alias", 1.0)


def _unless_same(raw: str, value: str | None, rule: RuleName, confidence: float) -> Proposal | None:
    if value is None or value == raw:
        return None
    return Proposal(value=value, rule=rule, confidence=confidence)


_COLOUR_WORDS: Final[Mapping[str, str]] = {
    folded(word): base
    for base, languages in _COLOURS.items()
    for words in languages.values()
    for word in words
}
_SIZE_WORDS: Final[Mapping[str, str]] = {
    word: size for size, words in _SIZES.items() for word in words
}
