"""Define what attribute codes mean."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from argosy.modules.catalog.errors import CatalogInputInvalid, CatalogVersionConflict
from argosy.modules.catalog.events import AttributeDefined, attribute_subject
from argosy.modules.catalog.rules.attributes import check_definition, may_become
from argosy.modules.catalog.store import attributes as store
from argosy.modules.catalog.types import AttributeDefinition, Fault
from argosy.runtime.db import Tx


async def define_attributes(
    tx: Tx, definitions: Sequence[AttributeDefinition]
) -> tuple[int, list[tuple[AttributeDefinition, Fault]]]:
    """Create or change definitions by code: how many changed, and which were refused.

    An attribute that products hold values of keeps its level, and its kind, unless every value of
    the old kind is one of the new (text becomes rich text, a choice a swatch). Ranges and choices
    may be narrowed: stored values stay until they are written again. Repeating the call changes
    nothing. Emits AttributeDefined.
    """
    known = {a.code: a for a in await store.attributes_named(tx, {d.code for d in definitions})}
    writes: dict[str, AttributeDefinition] = {}
    refused = []
    for given in definitions:
        fault = next(check_definition(given), None)
        fault = fault or await _conflict(tx, known.get(given.code), given)
        if fault is not None:
            refused.append((given, fault))
        elif known.get(given.code) != given:
            writes[given.code] = given
    if writes:
        await store.write_attributes(tx, list(writes.values()))
        for code in sorted(writes):
            attribute_id = attribute_subject(code)
            tx.emit(
                AttributeDefined(attribute_id=attribute_id, code=code, created=code not in known)
            )
        tx.notify("catalog", "attributes")
    return len(writes), refused


async def _conflict(
    tx: Tx, stored: AttributeDefinition | None, given: AttributeDefinition
) -> Fault | None:
    """Why the definition cannot take the place of the stored one, which products may hold."""
    if stored is None or (may_become(stored.kind, given.kind) and stored.level == given.level):
        return None
    if not await store.attribute_used(tx, given.code):
        return None
    if stored.level != given.level:
        message = f"It is held by {stored.level}s."
        return Fault(column="level", code="attribute_level", message=message)
    message = f"Products hold values of the kind {stored.kind}."
    return Fault(column="type", code="attribute_kind", message=message)


async def define_attribute(
    tx: Tx, definition: AttributeDefinition, *, expected_version: int | None = None
) -> bool:
    """Create or change one definition; False if it is so already. `expected_version`: that of what
    was read, 0 for a new one.

    Raises CatalogInputInvalid for a code that is none, parts that do not fit the kind, or another
    kind or level than that of values which products have; CatalogVersionConflict.
    """
    version = await store.lock_attribute(tx, definition.code)
    if expected_version is not None and expected_version != version:
        raise CatalogVersionConflict("It was changed since you read it.", current_version=version)
    try:
        msgspec.convert(msgspec.to_builtins(definition), AttributeDefinition)
    except msgspec.ValidationError as error:
        raise CatalogInputInvalid(f"{error}.", field="code") from error
    changed, refused = await define_attributes(tx, [definition])
    if refused:
        fault = refused[0][1]
        field = "kind" if fault.column == "type" else fault.column
        raise CatalogInputInvalid(fault.message, field=field)
    return changed > 0


async def forget_attributes(tx: Tx, codes: Sequence[str]) -> set[str]:
    """Delete definitions that no product has a value of; which were deleted. The others stay."""
    gone = await store.delete_unused_attributes(tx, codes)
    if gone:
        tx.notify("catalog", "attributes")
    return gone
