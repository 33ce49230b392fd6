"""The only file of taxonomy that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.modules.taxonomy.errors import NodeUnknown
from argosy.modules.taxonomy.rules import leaf_of
from argosy.modules.taxonomy.types import Mapping, Node, System
from argosy.runtime.db import IntegrityError, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def save_nodes(tx: Tx, system: System, nodes: Sequence[tuple[str, str]]) -> int:
    """Insert or rename nodes as (code, path); how many that changed."""
    codes, paths = zip(*nodes, strict=True)
    leaves = [leaf_of(path) for path in paths]
    depths = [path.count(" > ") for path in paths]
    return len(await tx.many(SQL.save_nodes, system, codes, paths, leaves, depths))


async def unlisted_in_use(tx: Tx, system: System, codes: Sequence[str]) -> list[str]:
    """Some of the codes that something is mapped to and that are not among these."""
    return [row["code"] for row in await tx.many(SQL.unlisted_in_use, system, codes)]


async def drop_unlisted(tx: Tx, system: System, codes: Sequence[str]) -> int:
    """Remove all others; how many."""
    return len(await tx.many(SQL.drop_unlisted, system, codes))


async def count_nodes(tx: Tx, system: System) -> int:
    """How many nodes are loaded."""
    count: int = (await tx.one(SQL.count_nodes, system))["nodes"]
    return count


async def node_by_code(tx: Tx, system: System, code: str) -> Node | None:
    """One node."""
    row = await tx.maybe(SQL.node_by_code, system, code)
    return Node(**dict(row)) if row else None


async def find_nodes(tx: Tx, system: System, words: Sequence[str], limit: int) -> list[Node]:
    """Nodes with any of the words, the best first."""
    asked = " | ".join(f"'{word}'" for word in words)
    return [Node(**dict(row)) for row in await tx.many(SQL.find_nodes, system, asked, limit)]


async def map_thing(tx: Tx, entity_id: UUID, kind: str, system: System, code: str) -> bool:
    """Whether that was a change. Raises NodeUnknown."""
    try:
        row = await tx.maybe(SQL.map_thing, entity_id, kind, system, code, tx.now)
    except IntegrityError as error:
        if constraint(error) == "mapping_node":
            raise NodeUnknown(f"There is no {code[:80]!r} in it.", field="code") from error
        raise
    return row is not None


async def clear_mapping(tx: Tx, entity_id: UUID, system: System) -> str | None:
    """The kind of the thing that was mapped, None if it was not."""
    row = await tx.maybe(SQL.clear_mapping, entity_id, system)
    return row["kind"] if row else None


async def forget_things(tx: Tx, ids: Sequence[UUID]) -> None:
    """Deleted things are nothing any more."""
    await tx.run(SQL.forget_things, ids)


async def mappings_of(tx: Tx, ids: Sequence[UUID]) -> list[Mapping]:
    """What these things are said to be themselves."""
    return [
        Mapping(
            entity_id=r["entity_id"],
            kind=r["kind"],
            node=Node(system=r["system"], code=r["code"], path=r["path"]),
        )
        for r in await tx.many(SQL.mappings_of, list(ids))
    ]
