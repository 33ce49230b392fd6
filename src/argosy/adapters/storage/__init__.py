"""Storage of photographs and files: `local` keeps them in a folder, by content.

`sniffing` reads what a file is from its bytes and takes private metadata out of it (`images`,
`svg`, `films`); `photographs` reads the files that an import names from a folder or a ZIP archive.
"""

from argosy.adapters.storage.files import MediaRefused, Sniffed
from argosy.adapters.storage.local import LocalStorage
from argosy.adapters.storage.photographs import FolderPhotographs, ZipPhotographs, open_photographs
from argosy.adapters.storage.sniffing import sniffed

__all__ = [
    "FolderPhotographs",
    "LocalStorage",
    "MediaRefused",
    "Sniffed",
    "ZipPhotographs",
    "open_photographs",
    "sniffed",
]
