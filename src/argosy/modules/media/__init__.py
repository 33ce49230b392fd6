"""Media: what is known of each stored file, and the renditions that pages show in its place.

Owns schema `media` (assets by storage key, discarded renditions). Emits nothing. Which product
shows a file is the catalog's to say; the bytes are the storage port's to keep, and pixels are
decoded by the studio port alone, never in a process that serves requests.
"""

from argosy.modules.media.commands import (
    claim_waiting,
    forget_discarded,
    give_up,
    note_files,
    retry,
    save_picture,
    set_focal,
    try_later,
)
from argosy.modules.media.errors import AssetNotFound, PictureRefused, StudioFailed
from argosy.modules.media.queries import (
    asset,
    assets_of,
    discarded_before,
    failed_after,
    progress,
    unknown_keys,
)
from argosy.modules.media.rules import RASTER, cuts, is_raster
from argosy.modules.media.types import (
    Asset,
    Crop,
    Cut,
    File,
    Focal,
    Format,
    Picture,
    Progress,
    Rendition,
)

__all__ = [
    "RASTER",
    "Asset",
    "AssetNotFound",
    "Crop",
    "Cut",
    "File",
    "Focal",
    "Format",
    "Picture",
    "PictureRefused",
    "Progress",
    "Rendition",
    "StudioFailed",
    "asset",
    "assets_of",
    "claim_waiting",
    "cuts",
    "discarded_before",
    "failed_after",
    "forget_discarded",
    "give_up",
    "is_raster",
    "note_files",
    "progress",
    "retry",
    "save_picture",
    "set_focal",
    "try_later",
    "unknown_keys",
]
