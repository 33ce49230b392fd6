"""Words that shops of a language commonly mean the same by, so that a new shop need not begin with
none. A group of the merchant's own that has one of a group's terms takes the place of that group.

Here is only what some people, or some countries, say for one another: not what is alike, nor words
that mean something else besides ("rubber", "glasses").
"""

from collections.abc import Sequence
from typing import Final

Groups = Sequence[tuple[str, ...]]

_ENGLISH: Final = """
laptop, notebook
tv, television
smartphone, mobile phone, cell phone, cellphone
headphones, headset, earphones, earbuds
usb stick, usb flash drive, flash drive, thumb drive, memory stick
hard drive, hard disk, hdd
ssd, solid state drive
power bank, powerbank
camcorder, video camera
webcam, web camera
speaker, loudspeaker
power supply, power adapter, ac adapter
extension cord, extension lead, power strip
gaming, gamer
game console, games console
ereader, e-reader, ebook reader
wifi, wi-fi, wlan
flashlight, torch
fridge, refrigerator
vacuum cleaner, hoover
trash can, garbage can, waste bin, dustbin
lawn mower, lawnmower
couch, sofa
nightstand, bedside table
duvet, comforter
drapes, curtains
sneakers, trainers
sweater, jumper, pullover
pants, trousers
swimsuit, bathing suit
purse, handbag
backpack, rucksack
wallet, billfold
eyeglasses, spectacles
t-shirt, tee
tank top, singlet
pyjamas, pajamas
jewellery, jewelry
nail polish, nail varnish
band aid, sticking plaster
stroller, pushchair, pram
diaper, nappy
pacifier, soother
bike, bicycle
eggplant, aubergine
zucchini, courgette
"""

_GERMAN: Final = """
laptop, notebook
fernseher, tv, fernsehgerät
handy, smartphone, mobiltelefon
kopfhörer, headset, ohrhörer
usb stick, speicherstick
festplatte, hdd
netzteil, netzadapter
powerbank, zusatzakku
bildschirm, monitor
lautsprecher, lautsprecherbox
drucker, printer
steckdosenleiste, mehrfachsteckdose
wlan, wifi, wi-fi
staubsauger, sauger
mülleimer, abfalleimer
sofa, couch
bettdecke, oberbett
gardine, vorhang
turnschuhe, sneaker, sportschuhe
pullover, pulli, sweater
handtasche, damentasche
rucksack, backpack
portemonnaie, geldbörse, geldbeutel, brieftasche
tshirt, t-shirt
schlafanzug, pyjama
badeanzug, schwimmanzug
schnuller, nuckel
fahrrad, bike
radiergummi, radierer
pflaster, wundpflaster
mütze, beanie
brötchen, semmel
sahne, rahm
"""


def _groups(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(line.split(", ")) for line in text.strip().splitlines())


_USUAL: Final = {"en": _groups(_ENGLISH), "de": _groups(_GERMAN)}


def usual_synonyms(language: str, own: Groups = ()) -> tuple[tuple[str, ...], ...]:
    """The usual groups of a language ("en") that hold beside those of the merchant's `own`."""
    taken = {term for group in own for term in group}
    return tuple(group for group in _USUAL.get(language, ()) if taken.isdisjoint(group))
