"""Redirects that people make: what they lead to, what is refused, and files of them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from tests.modules.channels.making import a_channel

from argosy.adapters.tabular.redirects import RedirectCsv, write_redirects
from argosy.kernel.ids import encode, new_id
from argosy.modules import catalog, paths
from argosy.modules.catalog import ProductInput, VariantInput
from argosy.modules.paths import EVERYWHERE, Gone, Moved, Scope, Unknown
from argosy.modules.paths.ports import RedirectRow
from argosy.runtime.db import Database
from argosy.workflows.addressing import locate
from argosy.workflows.redirecting import (
    RedirectImport,
    export_redirects,
    import_redirects,
    take_redirects,
)


async def product(db: Database, slug: str) -> catalog.Product:
    async with db.transaction() as tx:
        given = ProductInput(slug=slug, title=slug, variants=(VariantInput(sku=slug),))
        return await catalog.create_product(tx, given)


async def take(db: Database, *rows: dict[str, Any]) -> RedirectImport:
    numbered = [RedirectRow(row=n, **row) for n, row in enumerate(rows, start=1)]
    async with db.transaction() as tx:
        return await take_redirects(tx, numbered)


async def at(db: Database, path: str, locale: str = "") -> object:
    async with db.reading() as tx:
        return await locate(tx, path, Scope(channel_id=EVERYWHERE, locale=locale))


async def test_a_redirect_to_a_path_of_a_thing_follows_the_thing(db: Database) -> None:
    tee = await product(db, "tee")
    done = await take(db, {"path": "/old.html", "to": "/products/tee"})
    assert (done.created, done.failed) == (1, 0)
    async with db.transaction() as tx:
        await catalog.update_product(tx, tee.row.id, ProductInput(slug="shirt"))
    found = await at(db, "/old.html")
    assert isinstance(found, Moved)
    assert found.target == "/products/shirt"
    async with db.transaction() as tx:
        await catalog.delete_product(tx, tee.row.id)
    assert await at(db, "/old.html") == Gone()


async def test_chains_are_answered_with_their_end(db: Database) -> None:
    await take(
        db,
        {"path": "/a", "to": "/b"},
        {"path": "/b", "to": "/c"},
        {"path": "/c", "to": "/about"},
        {"path": "/d", "to": "https://blog.example/d?x=1"},
        {"path": "/e", "answer": "gone", "to": "/about"},
    )
    assert await at(db, "/a") == Moved(target="/about")
    assert await at(db, "/d") == Moved(target="https://blog.example/d?x=1")
    assert await at(db, "/e") == Gone(replacement="/about")
    assert await at(db, "/about") == Unknown()


async def test_a_loop_is_refused_whoever_would_meet_it(db: Database) -> None:
    done = await take(
        db,
        {"path": "/a", "to": "/b", "locale": "de"},
        {"path": "/b", "to": "/a", "locale": "fr"},
        {"path": "/b", "to": "/a"},
        {"path": "/c", "to": "/c"},
    )
    assert done.created == 2
    assert [(f.row, f.column) for f in done.faults] == [(3, "target"), (4, "target")]
    assert "/b > /a" not in done.faults[1].reason
    assert "/a > /b" in done.faults[0].reason
    # The redirect that is replaced does not count.
    again = await take(db, {"path": "/a", "to": "/z", "locale": "de"}, {"path": "/b", "to": "/a"})
    assert (again.changed, again.created, again.failed) == (1, 1, 0)


async def test_the_nearest_scope_is_asked_first(db: Database) -> None:
    await take(db, {"path": "/a", "to": "/x"}, {"path": "/a", "to": "/y", "locale": "de"})
    assert await at(db, "/a", "de-AT") == Moved(target="/y")
    assert await at(db, "/a", "fr") == Moved(target="/x")


async def test_what_cannot_be_taken_keeps_no_other_out(db: Database) -> None:
    await product(db, "tee")
    nobody = encode("product", new_id())
    done = await take(
        db,
        {"path": "/products/tee", "to": "/x"},
        {"path": "x", "to": "/x"},
        {"path": "/1", "to": "http://insecure.example"},
        {"path": "/2", "to": nobody},
        {"path": "/3", "to": ""},
        {"path": "/4", "to": "/x", "channel": "nowhere"},
        {"path": "/5", "to": "/x", "locale": "german"},
        {"path": "/6", "to": "/x"},
    )
    assert (done.created, done.failed) == (1, 7)
    assert {f.row for f in done.faults} == set(range(1, 8))
    assert isinstance(await at(db, "/6"), Moved)


async def test_a_later_holder_goes_before_a_redirect(db: Database) -> None:
    await take(db, {"path": "/products/tee", "to": "/sale"})
    tee = await product(db, "tee")
    assert isinstance(await at(db, "/products/tee"), paths.Here)
    async with db.transaction() as tx:
        await catalog.delete_product(tx, tee.row.id)
    assert await at(db, "/products/tee") == Moved(target="/sale")


async def test_a_file_comes_in_and_goes_out_the_same(db: Database, tmp_path: Path) -> None:
    async with db.transaction() as tx:
        channel = await a_channel(tx)
    tee = await product(db, "tee")
    file = tmp_path / "redirects.csv"
    file.write_text(
        "Redirect from,Redirect to,channel,locale,answer\n"
        "https://old.example/tee.html,/products/tee,,,\n"
        f"/b,/c,{channel.code},de,301\n"
        "/gone,,,,410\n"
        "/'odd,'=/x,,,moved\n"
        "/x,/y,,,perhaps\n",
        encoding="utf-8",
    )
    done = await import_redirects(db, RedirectCsv(file))
    assert (done.rows, done.created, done.failed) == (5, 3, 2)
    again = await import_redirects(db, RedirectCsv(file))
    assert (again.created, again.changed, again.unchanged) == (0, 0, 3)
    out = io.StringIO()
    write_redirects(out, [row async for row in export_redirects(db)])
    assert out.getvalue().splitlines() == [
        "from,to,channel,locale,answer",
        f"/b,/c,{channel.code},de,moved",
        "/gone,,,,gone",
        f"/tee.html,{encode('product', tee.row.id)},,,moved",
    ]
    file.write_text(out.getvalue(), encoding="utf-8")
    same = await import_redirects(db, RedirectCsv(file))
    assert (same.unchanged, same.failed) == (3, 0)


async def test_a_thousand_redirects_are_exported_in_batches(db: Database) -> None:
    await take(db, *({"path": f"/p{n:04}", "to": "/x"} for n in range(1001)))
    assert [row.path async for row in export_redirects(db)] == [f"/p{n:04}" for n in range(1001)]


@pytest.mark.parametrize("header", ["to,channel", "from,from,to"])
async def test_a_file_without_its_columns_is_refused(
    db: Database, tmp_path: Path, header: str
) -> None:
    file = tmp_path / "r.csv"
    file.write_text(f"{header}\n/a,/b\n", encoding="utf-8")
    with pytest.raises(Exception, match="column"):
        await import_redirects(db, RedirectCsv(file))
