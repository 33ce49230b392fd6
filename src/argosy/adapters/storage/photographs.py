"""The photographs that an import names, from a folder or a ZIP archive beside it."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from argosy.adapters.storage.files import MAX_FILE_BYTES
from argosy.kernel.errors import Invalid
from argosy.modules.catalog.ports import Photographs


class PhotographsUnreadable(Invalid):
    """The place that photographs are to be taken from is neither a folder nor a ZIP archive. Give
    the folder or archive that the names in the file lead into.
    """

    code = "media.photographs_unreadable"
    usual_cure = "Give the folder or ZIP archive that the names in the file lead into."


def open_photographs(path: Path) -> Photographs:
    """A folder or ZIP archive to take photographs from. Raises PhotographsUnreadable."""
    if path.is_dir():
        return FolderPhotographs(path)
    if zipfile.is_zipfile(path):
        return ZipPhotographs(path)
    raise PhotographsUnreadable(f"{path.name} is neither a folder nor a ZIP archive.")


class FolderPhotographs:
    """Files below a folder, by relative path or, failing that, by name alone.

    Names lead nowhere else: `..`, absolute paths and links out of the folder find nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._root = folder.resolve()
        self._by_name: dict[str, Path] | None = None

    def read(self, name: str) -> bytes | None:
        """The content of the named file, or None if it is not there or too large."""
        path = self._inside(self._root / name) or self._named(PurePosixPath(name).name)
        if path is None or path.stat().st_size > MAX_FILE_BYTES:
            return None
        return path.read_bytes()

    def _named(self, base: str) -> Path | None:
        if self._by_name is None:
            files = (p for p in sorted(self._root.rglob("*")) if p.is_file())
            self._by_name = {p.name: p for p in files}
        found = self._by_name.get(base)
        return self._inside(found) if found else None

    def _inside(self, path: Path) -> Path | None:
        try:
            real = path.resolve()
        except (OSError, ValueError):
            return None
        return real if real.is_relative_to(self._root) and real.is_file() else None


class ZipPhotographs:
    """Members of a ZIP archive, by path or by name alone. Nothing is unpacked to the disk."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        members = [m for m in self._archive.infolist() if not m.is_dir()]
        self._by_path = {m.filename: m for m in members}
        self._by_name = {PurePosixPath(m.filename).name: m for m in members}

    def read(self, name: str) -> bytes | None:
        """The content of the named member, or None if it is not there or too large."""
        member = self._by_path.get(name) or self._by_name.get(PurePosixPath(name).name)
        if member is None or member.file_size > MAX_FILE_BYTES:
            return None
        with self._archive.open(member) as packed:
            # The declared size may lie; one byte more than allowed is enough to know.
            content = packed.read(MAX_FILE_BYTES + 1)
        return content if len(content) <= MAX_FILE_BYTES else None
