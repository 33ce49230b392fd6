"""Storage of photographs and files: `local` keeps them in a folder, by content.

`images` reads what a file is from its bytes and takes private metadata out of it; `photographs`
reads the files that an import names from a folder or a ZIP archive.
"""

from argosy.adapters.storage.images import MediaRefused, Sniffed, sniffed
from argosy.adapters.storage.local import LocalStorage
from argosy.adapters.storage.photographs import FolderPhotographs, ZipPhotographs, open_photographs

__all__ = [
    "FolderPhotographs",
    "LocalStorage",
    "MediaRefused",
    "Sniffed",
    "ZipPhotographs",
    "open_photographs",
    "sniffed",
]
