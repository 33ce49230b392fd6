"""What an index must know of a language besides its stems."""

from typing import Final

import msgspec


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """A language of titles and queries. `stemmer` names its Snowball algorithm, None: unknown.

    After one of `purposes` a title names what the product is for, not what it is ("bag for
    laptop"); `colours` and `joiners` end the name of the thing ("laptop black", "mouse and pad").
    `heads_last`: the thing itself is the last word of its name, a "mouse pad" is a pad.
    """

    code: str
    stemmer: str | None
    heads_last: bool = False
    purposes: frozenset[str] = frozenset()
    joiners: frozenset[str] = frozenset()
    colours: frozenset[str] = frozenset()
    stop_words: frozenset[str] = frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KNOWN: Final = {
    "en": Language(
        code="en",
        stemmer="english",
        heads_last=True,
        purposes=_words("for with w f replaces"),
        joiners=_words("to in on by and from compatible"),
        colours=_words(
            "black white silver grey gray blue red pink green yellow cyan magenta brown orange "
            "purple violet gold beige transparent multicolor multicolour clear bronze titanium"
        ),
        stop_words=_words("a an and for in of on or the to with"),
    ),
    "de": Language(
        code="de",
        stemmer="german",
        heads_last=True,
        purposes=_words("für mit zu zum zur passend ersetzt"),
        joiners=_words("in auf von aus und im am kompatibel"),
        colours=_words(
            "schwarz weiß silber grau blau rot rosa pink grün gelb cyan magenta braun orange "
            "lila violett gold beige transparent mehrfarbig bronze titan"
        ),
        stop_words=_words("der die das den dem ein eine und oder für mit in im auf von zu"),
    ),
    "fr": Language(
        code="fr",
        stemmer="french",
        purposes=_words("pour avec remplace"),
        joiners=_words("à en sur par et de"),
        colours=_words(
            "noir blanc argent gris bleu rouge rose vert jaune cyan magenta marron orange violet "
            "or beige transparent multicolore bronze titane"
        ),
        stop_words=_words("un une le la les de des du et ou pour avec en sur"),
    ),
    "es": Language(
        code="es",
        stemmer="spanish",
        purposes=_words("para con reemplaza"),
        joiners=_words("a en sobre por y de"),
        colours=_words(
            "negro blanco plata gris azul rojo rosa verde amarillo cian magenta marrón naranja "
            "violeta oro beige transparente multicolor bronce titanio"
        ),
        stop_words=_words("un una el la los las de del y o para con en"),
    ),
}

_STEMMED: Final = {
    "ar": "arabic",
    "da": "danish",
    "el": "greek",
    "fi": "finnish",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}


def language_of(locale: str) -> Language:
    """The language of a locale ("de-AT" is German); one without a known stemmer is not stemmed."""
    code = locale.replace("_", "-").partition("-")[0].lower()
    return _KNOWN.get(code) or Language(code=code, stemmer=_STEMMED.get(code))
