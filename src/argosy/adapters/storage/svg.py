"""SVG rebuilt from a list of what is allowed (DOMAIN.md E13).

A drawing is parsed, and a new one is written of the elements and attributes that draw. Editors'
own data, links, animations and metadata are left out in silence. What would act or reach out is
refused, and the answer says where it is: programs, handlers of events, foreign content, entities,
references to other places. So is what would be drawn a million times by references to references.
Sources: SVG 1.1 and 2; XML 1.0. Expat expands no entity here, because a declaration ends the parse.
"""

from __future__ import annotations

import re
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from argosy.adapters.storage.files import MAX_SIDE, MediaRefused, Sniffed, refused

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_ELEMENTS: Final = 50_000
MAX_DRAWN: Final = 200_000
"""Elements to draw once references are followed."""
MAX_DEPTH: Final = 100

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_XML = "http://www.w3.org/XML/1998/namespace"

_ELEMENTS_NAMED = """
    svg g defs symbol use title desc switch path rect circle ellipse line polyline polygon text
    tspan textPath linearGradient radialGradient stop pattern clipPath mask marker style image
    filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix
    feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB
    feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight
    feSpecularLighting feSpotLight feTile feTurbulence
"""
_ELEMENTS: Final = frozenset(_ELEMENTS_NAMED.split())
_REFUSED: Final = {
    "script": "a program",
    "foreignObject": "foreign content",
    "iframe": "foreign content",
    "embed": "foreign content",
    "object": "foreign content",
    "audio": "foreign content",
    "video": "foreign content",
    "canvas": "foreign content",
    "handler": "a program",
    "listener": "a program",
}
_ATTRIBUTES_NAMED = """
    id class style lang x y x1 y1 x2 y2 cx cy r rx ry fx fy fr dx dy d points width height viewBox
    preserveAspectRatio transform rotate textLength lengthAdjust pathLength offset gradientUnits
    gradientTransform spreadMethod patternUnits patternContentUnits patternTransform clipPathUnits
    maskUnits maskContentUnits markerUnits markerWidth markerHeight refX refY orient startOffset
    method spacing side filterUnits primitiveUnits in in2 result mode type values operator k1 k2
    k3 k4 order kernelMatrix divisor bias targetX targetY edgeMode kernelUnitLength preserveAlpha
    surfaceScale diffuseConstant specularConstant specularExponent lighting-color azimuth
    elevation z pointsAtX pointsAtY pointsAtZ limitingConeAngle scale xChannelSelector
    yChannelSelector stdDeviation radius baseFrequency numOctaves seed stitchTiles amplitude
    exponent intercept slope tableValues flood-color flood-opacity color fill fill-opacity
    fill-rule stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin
    stroke-miterlimit stroke-opacity stroke-width opacity visibility display overflow clip
    clip-path clip-rule mask filter marker-start marker-mid marker-end paint-order vector-effect
    shape-rendering text-rendering image-rendering color-rendering color-interpolation
    color-interpolation-filters stop-color stop-opacity mix-blend-mode isolation font font-family
    font-size font-size-adjust font-stretch font-style font-variant font-weight letter-spacing
    word-spacing text-anchor text-decoration direction unicode-bidi writing-mode dominant-baseline
    alignment-baseline baseline-shift version baseProfile
"""
_ATTRIBUTES: Final = frozenset(_ATTRIBUTES_NAMED.split())
_TEXT_IN: Final = frozenset({"title", "desc", "text", "tspan", "textPath", "style"})
_STYLE_TYPES: Final = frozenset({"", "text/css"})

_REACHES_OUT = re.compile(
    r"""url\(\s*["']?\s*(?!\#)[^\s)]|@import|@namespace|@font-face|expression\s*\(|javascript:"""
    r"""|vbscript:|-moz-binding|behavior\s*:|image-set\(|\bsrc\(""",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"\\|/\*", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(?:png|jpeg|webp|gif);base64,[A-Za-z0-9+/=\s]*")
_NUMBER = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{0,6})?)(?:px)?\s*")
_LOCAL_URL = re.compile(r"""url\(\s*["']?\s*#([^"')\s]+)""", re.IGNORECASE)

_BEGINNINGS = (b"<svg", b"<?xml", b"<!doctype svg", b"<!--")


def recognised_svg(content: bytes) -> Sniffed | None:
    """The drawing, rebuilt; None when it is no XML. Raises MediaRefused."""
    head = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip()[:16].lower()
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not wide and not head.startswith(_BEGINNINGS):
        return None
    if len(content) > MAX_BYTES:
        raise refused("The SVG is larger than 2 MB.", "Simplify the drawing, or send it as a PNG.")
    drawing = _Drawing()
    try:
        drawing.read(content)
    except expat.ExpatError as error:
        if isinstance(error.__context__, MediaRefused):
            raise error.__context__ from None
        raise refused(f"The SVG is not well-formed XML (line {error.lineno}).") from error
    except (LookupError, ValueError) as error:
        raise refused(
            "The SVG is in an encoding that is not known.", "Save it as UTF-8."
        ) from error
    width, height = drawing.size()
    drawing.check_drawn()
    return Sniffed("image/svg+xml", ".svg", "image", width, height, drawing.written())


def _unsafe(what: str, line: int) -> MediaRefused:
    return refused(
        f"The SVG holds {what} (line {line}).",
        "Export it as a plain SVG without scripts, links to other files or entities, or as a PNG.",
    )


class _Drawing:
    """The new document while the old one is read."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._open: list[str] = []
        self._skipped = 0
        self._elements = 0
        self._root: dict[str, str] = {}
        # For counting what is drawn: the elements inside of each, and whom they refer to.
        self._nodes: list[tuple[str, list[int]]] = []
        self._path: list[int] = []
        self._ids: dict[str, int] = {}
        self._style: list[str] = []

    def read(self, content: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, given: self._start(name, given, parser)
        parser.EndElementHandler = lambda _name: self._end(parser)
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = lambda _n, _s, _p, subset: self._doctype(subset, parser)
        parser.EntityDeclHandler = lambda *_: self._entity(parser)
        parser.ProcessingInstructionHandler = lambda target, _data: self._told(target, parser)
        parser.Parse(content, True)

    # --- what the parser tells ---

    @staticmethod
    def _doctype(has_subset: int, parser: expat.XMLParserType) -> None:
        if has_subset:
            raise _unsafe("declarations of its own", parser.CurrentLineNumber)

    @staticmethod
    def _entity(parser: expat.XMLParserType) -> None:
        raise _unsafe("an entity", parser.CurrentLineNumber)

    @staticmethod
    def _told(target: str, parser: expat.XMLParserType) -> None:
        if target.lower() == "xml-stylesheet":
            raise _unsafe("a reference to a style sheet", parser.CurrentLineNumber)

    def _start(self, name: str, given: dict[str, str], parser: expat.XMLParserType) -> None:
        line = parser.CurrentLineNumber
        space, _, local = name.rpartition(" ")
        if local in _REFUSED or space == "http://www.w3.org/1999/xhtml":
            raise _unsafe(_REFUSED.get(local, "foreign content"), line)
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._open) + self._skipped >= MAX_DEPTH:
            raise refused(
                "The SVG has too many elements, or too many within each other.",
                "Simplify the drawing, or send it as a PNG.",
            )
        if not self._open and not self._skipped and (space, local) != (_SVG, "svg"):
            raise refused("The file is XML and no SVG.")
        # Also where they are left out: nobody draws these by accident.
        _check_acts(given, line)
        if local == "a" and space == _SVG:
            local = "g"  # its drawing stays, the link goes
            given = {}
        if self._skipped or space != _SVG or local not in _ELEMENTS:
            self._skipped += 1
            return
        kept = self._kept_attributes(local, given, line)
        if not self._open:
            self._root = kept
        self._count(local, kept)
        self._open.append(local)
        attributes = "".join(f" {key}={quoteattr(value)}" for key, value in kept.items())
        namespace = f' xmlns="{_SVG}"' if len(self._open) == 1 else ""
        self._out.append(f"<{local}{namespace}{attributes}>")

    def _end(self, parser: expat.XMLParserType) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        name = self._open.pop()
        self._path.pop()
        if name == "style":
            style = "".join(self._style)
            self._style.clear()
            _check_style(style, parser.CurrentLineNumber)
            self._out.append(escape(style))
        self._out.append(f"</{name}>")

    def _text(self, text: str) -> None:
        if self._skipped or not self._open or self._open[-1] not in _TEXT_IN:
            return
        if self._open[-1] == "style":
            self._style.append(text)
        else:
            self._out.append(escape(text))

    # --- attributes ---

    @staticmethod
    def _kept_attributes(element: str, given: dict[str, str], line: int) -> dict[str, str]:
        kept = {}
        for name, value in given.items():
            space, _, local = name.rpartition(" ")
            if local in {"href", "src"} and space in {"", _XLINK}:
                if not _is_reference(element, value):
                    raise _unsafe("a reference to another place", line)
                kept["href"] = value.strip()
            elif (space, local) == (_XML, "space"):
                kept["xml:space"] = value
            elif not space and local in _ATTRIBUTES:
                _check_style(value, line)
                kept[local] = value
        if element == "style" and kept.get("type", "").strip().lower() not in _STYLE_TYPES:
            raise _unsafe("a style that is not CSS", line)
        return kept

    # --- how large, and how much ---

    def size(self) -> tuple[int, int]:
        """Whole pixels as it is shown by itself. Raises MediaRefused when it does not say."""
        box = self._root.get("viewBox", "").replace(",", " ").split()
        by_box = [_number(side) for side in box[2:4]] if len(box) == 4 else [None, None]
        sides = [
            _number(self._root.get(name, "")) or side
            for name, side in zip(("width", "height"), by_box, strict=True)
        ]
        if not all(sides):
            raise refused("The SVG does not say how large it is.", "Give it a viewBox.")
        width, height = (min(MAX_SIDE, max(1, round(side or 0))) for side in sides)
        return width, height

    def _count(self, name: str, kept: dict[str, str]) -> None:
        number = len(self._nodes)
        references = [value[1:] for key, value in kept.items() if key == "href" and value[0] == "#"]
        references += [found for value in kept.values() for found in _LOCAL_URL.findall(value)]
        self._nodes.append((" ".join(references) if name != "style" else "", []))
        if self._path:
            self._nodes[self._path[-1]][1].append(number)
        self._path.append(number)
        if "id" in kept:
            self._ids.setdefault(kept["id"], number)

    def check_drawn(self) -> None:
        """Raises MediaRefused for a drawing that refers to itself, or that becomes too large."""
        # Inner elements have higher numbers; references may lead anywhere, so that drawing is
        # counted by walking, and every element's count is remembered.
        counts: dict[int, int] = {}
        open_: set[int] = set()
        stack = [(0, False)]
        while stack:
            number, done = stack.pop()
            references, inner = self._nodes[number]
            targets = [self._ids[i] for i in references.split() if i in self._ids]
            if done:
                open_.discard(number)
                counts[number] = 1 + sum(counts[n] for n in (*inner, *targets))
                if counts[number] > MAX_DRAWN:
                    raise refused(
                        "The SVG becomes too large when its references are drawn.",
                        "Simplify the drawing, or send it as a PNG.",
                    )
                continue
            if number in counts:
                continue
            if number in open_:
                continue
            open_.add(number)
            stack.append((number, True))
            for follower in (*inner, *targets):
                if follower in open_:
                    raise refused("The SVG refers to itself.", "Send it as a PNG.")
                if follower not in counts:
                    stack.append((follower, False))

    def written(self) -> bytes:
        """The new document."""
        return "".join(self._out).encode()


def _check_acts(given: dict[str, str], line: int) -> None:
    for name, value in given.items():
        local = name.rpartition(" ")[2]
        if local.lower().startswith("on"):
            raise _unsafe(f"a handler of events, {local!r}", line)
        if "javascript:" in "".join(value.split()).lower():
            raise _unsafe("a program", line)


def _is_reference(element: str, value: str) -> bool:
    text = value.strip()
    if element == "image":
        return bool(_PICTURE.fullmatch(text))
    return text.startswith("#") and len(text) > 1


def _check_style(text: str, line: int) -> None:
    if _REACHES_OUT.search(text):
        raise _unsafe("a reference to another place", line)
    # Escapes and comments can hide a word from the search above.
    if _HIDDEN.search(text) and _REACHES_OUT.search(
        re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    ):
        raise _unsafe("a reference to another place", line)
    if "\\" in text:
        raise _unsafe("a style with escapes", line)


def _number(text: str) -> float | None:
    found = _NUMBER.fullmatch(text)
    return float(found[1]) or None if found else None
