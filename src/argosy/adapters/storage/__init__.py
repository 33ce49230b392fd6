"""Storage of photographs and files, by content: `local` in a folder, `s3` in a bucket, `both` of
them while files move from one to the other.

`sniffing` reads what a file is from its bytes and takes private metadata out of it (`images`,
`svg`, `films`); `photographs` reads the files that an import names from a folder or a ZIP archive.
"""

from argosy.adapters.storage.both import BothStorages
from argosy.adapters.storage.files import MediaRefused, Sniffed, StorageUnavailable
from argosy.adapters.storage.local import LocalStorage
from argosy.adapters.storage.opening import open_storage, storage_named
from argosy.adapters.storage.photographs import FolderPhotographs, ZipPhotographs, open_photographs
from argosy.adapters.storage.s3 import S3Storage
from argosy.adapters.storage.s3_settings import Bucket, bucket_of, fault_code
from argosy.adapters.storage.sniffing import sniffed

__all__ = [
    "BothStorages",
    "Bucket",
    "FolderPhotographs",
    "LocalStorage",
    "MediaRefused",
    "S3Storage",
    "Sniffed",
    "StorageUnavailable",
    "ZipPhotographs",
    "bucket_of",
    "fault_code",
    "open_photographs",
    "open_storage",
    "sniffed",
    "storage_named",
]
