"""Decode a picture, describe it, and draw renditions of it. Runs in the child process only.

Metadata is not carried over: neither place nor camera. Colours become sRGB, because a rendition
carries no profile. Sources: BlurHash 1.0 (its published algorithm); for the likeness, the cosine
transform of brightness, which is known as a perceptual hash.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Sequence
from operator import mul

from PIL import Image, ImageCms, ImageOps

from argosy.adapters.imaging.wire import Drawn, Order, Wanted

MAX_PIXELS = 60_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
WIDEST = 1600

_ENCODERS: dict[str, tuple[str, dict[str, object]]] = {
    # One thread: the machine belongs to the shop.
    "avif": ("AVIF", {"quality": 60, "speed": 8, "max_threads": 1}),
    "webp": ("WEBP", {"quality": 80, "method": 4}),
    "jpeg": ("JPEG", {"quality": 82, "optimize": True, "progressive": True}),
}
_WAVES = [
    [math.cos(math.pi * (2 * place + 1) * wave / 64) for place in range(32)] for wave in range(9)
]
_SRGB = ImageCms.createProfile("sRGB")
_BASE83 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


def draw(order: Order) -> Drawn:
    """What a picture is and its renditions, or the fault for which it cannot be decoded."""
    try:
        return _drawn(order)
    except MemoryError:
        return Drawn(fault="The picture needs more memory than is allowed.")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Drawn(fault="The picture has too many pixels.")
    except Exception as error:  # noqa: BLE001 - decoders raise whatever they like at damaged files
        return Drawn(fault=f"The picture cannot be decoded ({type(error).__name__}).")


def _drawn(order: Order) -> Drawn:
    with Image.open(io.BytesIO(order.content), formats=FORMATS) as image:
        frames = int(getattr(image, "n_frames", 1))
        stored = image.size
        if image.format == "JPEG":
            # Decodes a photograph of 48 megapixels at the eighth part of the work.
            image.draft("RGB", (2 * WIDEST, 2 * WIDEST))
        image.load()
        shown = _srgb(ImageOps.exif_transpose(image))
        turned = (image.getexif().get(0x0112) or 1) >= 5
    width, height = stored[::-1] if turned else stored
    small = _flat(shown).resize((32, 32), Image.Resampling.BOX, reducing_gap=2.0)
    return Drawn(
        width=width,
        height=height,
        frames=frames,
        colour=_colour(small),
        blurhash=_blurhash(small, *((4, 3) if width >= height else (3, 4))),
        likeness=_likeness(shown),
        files=tuple(_files(shown, order.wanted, width / shown.width)) if frames == 1 else (),
    )


def _srgb(image: Image.Image) -> Image.Image:
    """RGB or RGBA in sRGB; a profile that cannot be read is left aside, as browsers do."""
    profile = image.info.get("icc_profile")
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    transparent = image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info
    mode = "RGBA" if transparent else "RGB"
    if profile and image.mode in {"RGB", "RGBA", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            alpha = image.getchannel("A") if image.mode == "RGBA" else None
            opaque = image.convert("RGB") if alpha is not None else image
            turned = ImageCms.profileToProfile(opaque, source, _SRGB, outputMode="RGB")
            if turned is not None:
                image = turned
                if alpha is not None:
                    image.putalpha(alpha)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    elif image.mode in {"I;16", "I;16B", "I", "F"}:
        image = image.point(lambda v: v / 256).convert("L") if image.mode != "F" else image
    return image if image.mode == mode else image.convert(mode)


def _flat(image: Image.Image) -> Image.Image:
    """On white, as a page shows what is transparent."""
    if image.mode == "RGB":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _files(image: Image.Image, wanted: Sequence[Wanted], scale: float) -> list[bytes]:
    """`scale`: how many pixels of the original one of `image` stands for."""
    scaled: dict[tuple[object, ...], Image.Image] = {}
    files = []
    for want in wanted:
        size = (want.width, want.height)
        key = (want.box, size)
        if key not in scaled:
            left, upper, right, lower = (side / scale for side in want.box)
            box = (left, upper, min(right, image.width), min(lower, image.height))
            scaled[key] = image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
        name, options = _ENCODERS[want.format]
        out = io.BytesIO()
        picture = _flat(scaled[key]) if want.format == "jpeg" else scaled[key]
        picture.save(out, name, **options)
        files.append(out.getvalue())
    return files


def _colour(small: Image.Image) -> str:
    """The colour that most of the picture has."""
    quantised = small.quantize(5)
    [(_, index), *_] = sorted(quantised.getcolors() or [(1, 0)], reverse=True)
    palette = quantised.getpalette() or [0, 0, 0]
    red, green, blue = palette[3 * int(str(index)) : 3 * int(str(index)) + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _likeness(image: Image.Image) -> int:
    """64 waves of the picture's brightness: which are stronger than most. As a signed number.

    On 725 photographs of clothes and their copies at half the size, copies differ in at most 6
    bits, and of other pairs one in two thousand does; brightness of neighbours tells less.
    """
    size, waves = 32, 9
    grey = _flat(image).convert("L").resize((size, size), Image.Resampling.BOX, reducing_gap=2.0)
    raw = grey.tobytes()
    rows = [raw[size * y : size * (y + 1)] for y in range(size)]
    by_row = [[sum(map(mul, row, wave)) for wave in _WAVES[:waves]] for row in rows]
    by_wave = list(zip(*by_row, strict=True))
    found = [sum(map(mul, column, wave)) for wave in _WAVES[1:waves] for column in by_wave[1:waves]]
    middle = sorted(found)[len(found) // 2]
    bits: int = sum((value > middle) << n for n, value in enumerate(found))
    return bits - (1 << 64) if bits >> 63 else bits


def _blurhash(small: Image.Image, across: int, down: int) -> str:
    """BlurHash of a small picture with so many components."""
    width, height = small.size
    raw = small.tobytes()
    linear = [_to_linear(value) for value in range(256)]
    pixels = [[linear[raw[i + c]] for c in range(3)] for i in range(0, len(raw), 3)]
    waves_x = [[math.cos(math.pi * i * x / width) for x in range(width)] for i in range(across)]
    waves_y = [[math.cos(math.pi * j * y / height) for y in range(height)] for j in range(down)]
    factors = []
    for j in range(down):
        for i in range(across):
            total = [0.0, 0.0, 0.0]
            for y, wave_y in enumerate(waves_y[j]):
                for x, wave_x in enumerate(waves_x[i]):
                    wave = wave_x * wave_y
                    pixel = pixels[y * width + x]
                    total[0] += wave * pixel[0]
                    total[1] += wave * pixel[1]
                    total[2] += wave * pixel[2]
            norm = (1 if i == j == 0 else 2) / (width * height)
            factors.append([norm * value for value in total])
    first, rest = factors[0], factors[1:]
    most = max(abs(value) for factor in rest for value in factor)
    step = max(0, min(82, math.floor(most * 166 - 0.5)))
    bound = (step + 1) / 166
    text = _base83(across - 1 + 9 * (down - 1), 1) + _base83(step, 1)
    red, green, blue = (_to_srgb(value) for value in first)
    text += _base83((red << 16) + (green << 8) + blue, 4)
    for factor in rest:
        steps = [_step(value / bound) for value in factor]
        text += _base83((steps[0] * 19 + steps[1]) * 19 + steps[2], 2)
    return text


def _step(share: float) -> int:
    return max(0, min(18, math.floor(math.copysign(abs(share) ** 0.5, share) * 9 + 9.5)))


def _to_linear(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _to_srgb(value: float) -> int:
    share = max(0.0, min(1.0, value))
    bent = share * 12.92 if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055
    return int(bent * 255 + 0.5)


def _base83(value: int, digits: int) -> str:
    return "".join(_BASE83[value // 83 ** (digits - n - 1) % 83] for n in range(digits))
