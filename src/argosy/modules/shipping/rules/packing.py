"""How goods fill parcels: deterministic, the same whatever the order of the goods.

First-fit decreasing: the heaviest units first, each into the first parcel that has room. It is
never more than 11/9 of the fewest parcels possible, plus one, for one limit (Johnson, 1973).
"""

from typing import Final, NamedTuple

from argosy.modules.shipping.types import Consignment, Goods, Packing

MAX_PARCELS: Final = 500
"""A purchase of more parcels is freight: no parcel service is offered for it."""

_NO_LIMIT: Final = 1 << 60


class Parcel(NamedTuple):
    """One packed parcel: its weight, and the volume of what is in it in cubic millimetres.

    `sides_mm` are the longest, second and shortest sides that any unit in it has; None where those
    of a unit are not known.
    """

    weight_g: int
    volume_mm3: int
    units: int
    sides_mm: tuple[int, int, int] | None = (0, 0, 0)

    def billed_g(self, cm3_per_kg: int | None) -> int:
        """The weight that is charged: the dimensional one where it is greater."""
        if cm3_per_kg is None:
            return self.weight_g
        return max(self.weight_g, -(-self.volume_mm3 // cm3_per_kg))

    def box_mm(self) -> tuple[int, int, int] | None:
        """The smallest box on the footprint of its largest unit that its volume fits into."""
        if self.sides_mm is None or not self.volume_mm3:
            return None
        length, width, height = self.sides_mm
        return length, width, max(height, -(-self.volume_mm3 // (length * width)))


_EMPTY: Final = Parcel(0, 0, 0)


def volume_mm3(goods: Goods) -> int:
    """The volume of one unit; 0 where its sides are not known."""
    if goods.sides_mm is None:
        return 0
    length, width, height = goods.sides_mm
    return length * width * height


def pack(goods: Consignment, packing: Packing | None) -> tuple[Parcel, ...] | None:
    """Return the parcels that hold all goods; None if a unit fits into none, or they are freight.

    Without a packing, one parcel holds everything.
    """
    if packing is None:
        whole = _EMPTY
        for one in goods:
            whole = _with(whole, one, volume_mm3(one), one.units)
        return (whole,)
    most_g = _NO_LIMIT if packing.max_weight_g is None else packing.max_weight_g
    most_mm3 = _NO_LIMIT if packing.max_volume_cm3 is None else packing.max_volume_cm3 * 1000
    filled: list[Parcel] = []
    for one in sorted(goods, key=lambda one: (-one.weight_g, -volume_mm3(one))):
        volume = volume_mm3(one)
        if one.weight_g > most_g or volume > most_mm3 or _too_long(one, packing.max_side_mm):
            return None
        left = one.units
        for index, parcel in enumerate(filled):
            left -= (more := _room(parcel, one.weight_g, volume, left, most_g, most_mm3))
            filled[index] = _with(parcel, one, volume, more)
        while left:
            more = _room(_EMPTY, one.weight_g, volume, left, most_g, most_mm3)
            if len(filled) == MAX_PARCELS:
                return None
            filled.append(_with(_EMPTY, one, volume, more))
            left -= more
    return tuple(filled)


def _too_long(goods: Goods, max_side_mm: int | None) -> bool:
    return max_side_mm is not None and max(goods.sides_mm or (0,)) > max_side_mm


def _room(  # noqa: PLR0917 - a parcel, a unit, and the limits
    parcel: Parcel, weight_g: int, volume: int, wanted: int, most_g: int, most_mm3: int
) -> int:
    by_weight = (most_g - parcel.weight_g) // weight_g if weight_g else wanted
    by_volume = (most_mm3 - parcel.volume_mm3) // volume if volume else wanted
    return min(wanted, by_weight, by_volume)


def _with(parcel: Parcel, goods: Goods, volume: int, units: int) -> Parcel:
    if not units:
        return parcel
    sides = None
    if parcel.sides_mm is not None and goods.sides_mm is not None:
        short, middle, long = sorted(goods.sides_mm)
        length, width, height = parcel.sides_mm
        sides = (max(length, long), max(width, middle), max(height, short))
    return Parcel(
        parcel.weight_g + goods.weight_g * units,
        parcel.volume_mm3 + volume * units,
        parcel.units + units,
        sides,
    )
