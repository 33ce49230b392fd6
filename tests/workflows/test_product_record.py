"""The product record and its published schema."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import msgspec
import pytest

from argosy.demo import luma
from argosy.modules.catalog import Fault
from argosy.workflows import product_record
from argosy.workflows.product_record import ProductRecord, decoded, json_schema, unknown_fields

SCHEMA = Path(product_record.__file__).with_name("product_record.schema.json")
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "product-jsonl.md"


def test_the_published_schema_is_that_of_the_types() -> None:
    """After a change: write `json_schema()` to the file again."""
    assert json.loads(SCHEMA.read_bytes()) == json.loads(msgspec.json.encode(json_schema()))


def test_every_key_of_a_product_is_documented() -> None:
    text = REFERENCE.read_text("utf-8")
    definitions = json_schema()["$defs"]
    for name in ("ProductRecord", "VariantRecord", "PriceRecord", "AttributeRecord"):
        for key in definitions[name]["properties"]:
            assert f"`{key}`" in text or f'"{key}"' in text or key.endswith("_mode"), (name, key)


def test_the_example_of_the_documentation_is_right() -> None:
    block = REFERENCE.read_text("utf-8").split("```json\n")[1].split("```")[0]
    for line in block.splitlines():
        data = json.loads(line)
        assert not isinstance(decoded(data), Fault), line
        assert not list(unknown_fields(data))


def test_the_demo_extract_is_in_the_format() -> None:
    with gzip.open(luma() / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            data = json.loads(line)
            assert not isinstance(decoded(data), Fault), line[:200]
            assert not list(unknown_fields(data))


@pytest.mark.parametrize(
    ("data", "column"),
    [
        ({"kind": "product", "variants": [{"sku": "A"}, {"weight_g": -1}]}, "variants[1].weight_g"),
        ({"kind": "product", "title": ""}, "title"),
        ({"kind": "product", "variants": [{"stock": {"x": 1.5}}]}, "variants[0].stock"),
        (
            {"kind": "product", "variants": [{"prices": {"usd": [{"amount": 12.5}]}}]},
            "variants[0].prices[0].amount",
        ),
        ({"kind": "category", "path": "a//b"}, "path"),
        ({"kind": "product", "attributes": {"x": {"number": "NaN"}}}, "attributes.number"),
    ],
)
def test_faults_of_type_name_the_column(data: dict[str, object], column: str) -> None:
    fault = decoded(data)
    assert isinstance(fault, Fault)
    assert fault.column == column


def test_E3_absent_null_and_empty_are_three_things() -> None:
    absent = decoded({"kind": "product"})
    null = decoded({"kind": "product", "categories": None})
    empty = decoded({"kind": "product", "categories": []})
    assert isinstance(absent, ProductRecord)
    assert isinstance(null, ProductRecord)
    assert isinstance(empty, ProductRecord)
    assert absent.categories is msgspec.UNSET
    assert null.categories is None
    assert empty.categories == ()
