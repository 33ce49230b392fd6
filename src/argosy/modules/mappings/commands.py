"""Save mappings."""

from __future__ import annotations

from argosy.modules.mappings import rules, store
from argosy.modules.mappings.errors import (
    MappingExists,
    MappingNotFound,
    MappingVersionConflict,
)
from argosy.modules.mappings.types import Mapping, SavedMapping
from argosy.runtime.db import Tx


async def create_mapping(
    tx: Tx, *, code: str, name: str, document: Mapping, author: str
) -> SavedMapping:
    """Save a mapping under a new code. Raises MappingInvalid, MappingExists."""
    rules.check(document)
    if not await store.insert_mapping(tx, code, name):
        raise MappingExists(f"There is a mapping {code!r} already.", field="code")
    await store.insert_version(tx, code, 1, document, author)
    return await _read(tx, code)


async def replace_mapping(
    tx: Tx,
    code: str,
    *,
    name: str,
    document: Mapping,
    author: str,
    expected_version: int | None = None,
) -> tuple[SavedMapping, SavedMapping]:
    """Save a new version: the one before and the new one. The same again makes none. Earlier
    versions stay, and plans keep the one that they were made with.

    Raises MappingInvalid, MappingNotFound, MappingVersionConflict.
    """
    rules.check(document)
    version = await _locked(tx, code, expected_version)
    before = await _read(tx, code)
    if (before.document, before.name) == (document, name):
        return before, before
    await store.insert_version(tx, code, version + 1, document, author)
    await store.set_mapping(tx, code, name, version + 1)
    return before, await _read(tx, code)


async def delete_mapping(tx: Tx, code: str, *, expected_version: int | None = None) -> SavedMapping:
    """Remove a mapping with its versions; plans that were made with it are as they were.

    Raises MappingNotFound, MappingVersionConflict.
    """
    await _locked(tx, code, expected_version)
    gone = await _read(tx, code)
    await store.delete_mapping(tx, code)
    return gone


async def _locked(tx: Tx, code: str, expected: int | None) -> int:
    version = await store.lock_mapping(tx, code)
    if version is None:
        raise MappingNotFound(f"There is no mapping {code[:80]!r}.")
    if expected is not None and expected != version:
        raise MappingVersionConflict("It was changed since you read it.", current_version=version)
    return version


async def _read(tx: Tx, code: str) -> SavedMapping:
    found = await store.mapping_by_code(tx, code, None)
    assert found is not None, code
    return found
