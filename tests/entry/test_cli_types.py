"""`argosy types` as a person and a program use it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.entry.test_cli_promotions import Run, run

from argosy.modules import catalog
from argosy.modules.catalog import AttributeDefinition, ProductInput, PublicationInput
from argosy.modules.channels import channel_by_code
from argosy.runtime.db import Database

__all__ = ["run"]


@pytest.fixture
def bags(run: Run, database_url: str) -> Run:
    """Two bags by their free text, one of them without its material."""

    async def prepare() -> None:
        db = await Database.open(database_url)
        async with db.transaction() as tx:
            material = AttributeDefinition(code="material", label="Material", kind="choice")
            await catalog.define_attribute(tx, material)
            us = (await channel_by_code(tx, "us")).id
            for slug, values in (("good", {"material": ("Wool",)}), ("bare", {})):
                given = ProductInput(
                    slug=slug, title=slug, status="active", product_type="Bags",
                    attributes=values, publications=(PublicationInput(channel_id=us),),
                )  # fmt: skip
                await catalog.create_product(tx, given)
        await db.close()

    asyncio.run(prepare())
    return run


def schema(folder: Path, missing: str) -> str:
    path = folder / f"{missing}.json"
    wanted = {"attributes": [{"code": "material", "required": True}], "missing": missing}
    path.write_text(json.dumps(wanted), "utf-8")
    return str(path)


def test_a_type_is_drafted_adopted_and_published(bags: Run, tmp_path: Path) -> None:
    drafted = bags("types", "draft", "bag", schema(tmp_path, "block"), "--label", "Bag")
    assert drafted.exit_code == 0, drafted.output
    adopted = bags("types", "adopt", "bag", "--product-type", "Bags", as_json=True)
    assert json.loads(adopted.stdout) == {"adopted": 2, "refused": []}
    tried = json.loads(bags("types", "dry-run", "bag", as_json=True).stdout)
    assert tried == {
        "products": 2,
        "broken": 1,
        "problems": [{"attribute": "material", "problem": "missing", "products": 1}],
    }
    assert "bare" in bags("types", "dry-run", "bag").output
    refused = bags("types", "publish", "bag")
    assert refused.exit_code == 1
    assert bags("types", "draft", "bag", schema(tmp_path, "flag")).exit_code == 0
    assert json.loads(bags("types", "publish", "bag", as_json=True).stdout)["number"] == 1
    [kind] = json.loads(bags("types", "list", as_json=True).stdout)
    assert (kind["code"], kind["published"]) == ("bag", 1)
    assert json.loads(bags("types", "rescore", as_json=True).stdout) == {"products": 2}


def test_products_that_do_not_fit_keep_no_type(bags: Run, tmp_path: Path) -> None:
    bags("types", "draft", "bag", schema(tmp_path, "block"), "--label", "Bag")
    bags("types", "publish", "bag")
    adopted = bags("types", "adopt", "bag", "--product-type", "Bags", as_json=True)
    assert adopted.exit_code == 1
    told = json.loads(adopted.stdout)
    assert (told["adopted"], len(told["refused"])) == (1, 1)


@pytest.mark.parametrize("text", ["no json", '{"attributs": []}', '{"missing": "hide"}'])
def test_a_file_that_is_no_schema_ends_with_code_1(bags: Run, tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, "utf-8")
    refused = bags("types", "draft", "bag", str(path), "--label", "Bag")
    assert refused.exit_code == 1
    assert "producttypes.schema_invalid" in refused.output
