"""The data carrier of a passport: its address as a QR code, for labels and screens.

Error correction of level M mends some 15 % of the code, which GS1 recommends for digital links; the
quiet zone is the four modules that ISO/IEC 18004 wants.
"""

from io import BytesIO
from typing import Final

import segno

QUIET_ZONE: Final = 4


def _code(address: str) -> segno.QRCode:
    # The level is a floor: a higher one that needs no more modules is taken.
    return segno.make_qr(address, error="m", boost_error=True)


def qr_svg(address: str) -> bytes:
    """A picture of any size: a module is one unit, black on white."""
    out = BytesIO()
    _code(address).save(
        out, kind="svg", border=QUIET_ZONE, dark="#000", light="#fff", svgns=True, omitsize=True
    )
    return out.getvalue()


def qr_png(address: str, scale: int) -> bytes:
    """A picture whose modules have `scale` pixels, black on white."""
    out = BytesIO()
    _code(address).save(out, kind="png", scale=scale, border=QUIET_ZONE)
    return out.getvalue()
