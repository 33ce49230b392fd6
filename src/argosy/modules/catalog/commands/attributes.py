"""Define what attribute codes mean."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from argosy.modules.catalog import store
from argosy.modules.catalog.errors import CatalogInputInvalid
from argosy.modules.catalog.events import AttributeDefined, attribute_subject
from argosy.modules.catalog.types import AttributeDefinition, Fault
from argosy.runtime.db import Tx

_JSON_TYPES = {"text": "string", "number": "object", "boolean": "boolean", "choice": "array"}


async def define_attributes(
    tx: Tx, definitions: Sequence[AttributeDefinition]
) -> tuple[int, list[tuple[AttributeDefinition, Fault]]]:
    """Create or change definitions by code: how many changed, and which were refused.

    The kind of an attribute that products hold values of cannot change. Repeating the call changes
    nothing. Emits AttributeDefined.
    """
    known = {a.code: a for a in await store.all_attributes(tx)}
    writes: dict[str, AttributeDefinition] = {}
    refused = []
    for given in definitions:
        stored = known.get(given.code)
        if stored and stored.kind != given.kind:
            used = await store.attribute_used_as(tx, given.code)
            if used - {_JSON_TYPES[given.kind]}:
                message = f"Products hold values of the kind {stored.kind}."
                fault = Fault(column="type", code="attribute_kind", message=message)
                refused.append((given, fault))
                continue
        if stored != given:
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


async def define_attribute(tx: Tx, definition: AttributeDefinition) -> bool:
    """Create or change one definition; False if it is so already.

    Raises CatalogInputInvalid for a code that is none, a unit of something that is no number, or
    another kind than that of values which products have.
    """
    try:
        msgspec.convert(msgspec.to_builtins(definition), AttributeDefinition)
    except msgspec.ValidationError as error:
        raise CatalogInputInvalid(f"{error}.", field="code") from error
    if definition.unit and definition.kind != "number":
        raise CatalogInputInvalid("Only numbers have a unit.", field="unit")
    if definition.choices and definition.kind != "choice":
        raise CatalogInputInvalid("Only choices have choices.", field="choices")
    changed, refused = await define_attributes(tx, [definition])
    if refused:
        raise CatalogInputInvalid(refused[0][1].message, field="kind")
    return changed > 0
