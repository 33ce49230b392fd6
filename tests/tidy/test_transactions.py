"""Inside `async with db.transaction() as tx` every await names tx: nothing foreign holds locks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.tidy.source import parsed


def offences(tree: ast.AST) -> Iterator[int]:
    for block in ast.walk(tree):
        if not isinstance(block, ast.AsyncWith):
            continue
        for item in block.items:
            call, name = item.context_expr, item.optional_vars
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr == "transaction"
                and isinstance(name, ast.Name)
            ):
                yield from _foreign_awaits(block, name.id)


def _foreign_awaits(block: ast.AsyncWith, tx: str) -> Iterator[int]:
    for statement in block.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Await) and not any(
                isinstance(n, ast.Name) and n.id == tx for n in ast.walk(node.value)
            ):
                yield node.lineno


def test_no_foreign_await_inside_a_transaction() -> None:
    bad = [f"{path}:{line}" for path, tree in parsed() for line in offences(tree)]
    assert not bad, bad


def test_the_rule_bites() -> None:
    seeded = (
        "async def f(db, g):\n"
        "  async with db.transaction() as tx:\n"
        "    await g.charge()\n"
        "    await store.x(tx)\n"
    )
    assert list(offences(ast.parse(seeded))) == [3]
