"""Examples for the OpenAPI document, made from the schemas so that they are always valid.

A field's own `examples` or `default` win; then its name decides (an email looks like one, an id is
a public id of the right kind); then its type. The ids are well-formed and name nothing.
"""

import re
from collections.abc import Mapping
from typing import Any

from argosy.kernel.ids import PREFIXES

Schema = Mapping[str, Any]

_SUFFIX = "01jy6v9q4ke4gtx9m2r8w3c5ah"
_DEEPEST = 12
_BY_NAME: dict[str, str | int | None] = {
    "city": "New York",
    "code": "main",
    "company": "Example BV",
    "content_type": "image/jpeg",
    "country": "US",
    "currency": "USD",
    "current_password": "a long and quiet sentence",
    "delta": 5,
    "description": "Made from organic cotton.",
    "dimensions_mm": 300,
    "display_name": "Ada Lovelace",
    "email": "ada@example.com",
    "event_id": None,
    "first_name": "Ada",
    "gateway": "invoice",
    "gtin": "4006381333931",
    "last_name": "Lovelace",
    "line1": "1 Main Street",
    "line2": "Apartment 4",
    "locale": "en-US",
    "minor": 1999,
    "name": "Ada Lovelace",
    "new_password": "another long and quiet sentence",
    "next_cursor": None,
    "note": "Please ring twice.",
    "number": "1001",
    "password": "a long and quiet sentence",
    "phone": "+12025550123",
    "postal_code": "10001",
    "quantity": 1,
    "rate": "0.19",
    "reason": "Counted by hand.",
    "region": "NY",
    "return_url": "https://shop.example/checkout/return",
    "shipping_method": "standard",
    "sku": "WS12-M-Orange",
    "slug": "radiant-tee",
    "time_zone": "America/New_York",
    "title": "Radiant Tee",
    "url": "https://shop.example/",
}
# Optional members that an example of a request shows all the same.
_SHOWN = frozenset(
    {
        "city",
        "line1",
        "name",
        "payment",
        "postal_code",
        "quantity",
        "region",
        "shipping_address",
        "shipping_method",
    }
)
_KIND_OF = {
    "billing_address": "address",
    "from_location": "location",
    "fulfilment_location": "location",
    "line": "order_line",
    "operation": "payment_operation",
    "parent": "category",
    "role": None,
    "subject": None,
    "to_location": "location",
    "transaction": "ledger_transaction",
    "zone": "tax_zone",
}
_FORMATS: dict[str, str] = {
    "date-time": "2026-06-01T12:00:00Z",
    "date": "2026-06-01",
    "uuid": "0197cdb4-dc93-7121-aea6-82c2383614aa",
    "decimal": "0.19",
    "byte": "aGVsbG8=",
    "duration": "PT15M",
}

# Tried in turn for a text with a pattern that its name does not fit.
_CANDIDATES = ("0.19", "4.5", "12", "1", "US", "USD", "en-US", "abc", "abc-def", "a1", "2026-06-01")


def example_id(kind: str) -> str:
    """A well-formed public id of that kind: `ord_01jy...`."""
    return f"{PREFIXES[kind]}_{_SUFFIX}"


def parameter_example(name: str) -> Any:
    """What a path or query parameter of that name may be, in the words of the demo; or None."""
    return {
        "category": "men/tops",
        "feed": "wms",
        "line_id": example_id("cart_line"),
        "slug": _BY_NAME["slug"],
        "variant": [example_id("variant")],
    }.get(name)


def example_of(schema: Schema, components: Mapping[str, Any], *, answer: bool = False) -> Any:
    """A value of `schema`: an answer with optional members, a request with what it must have."""
    return _value(schema, components, "", answer, 0)


def _value(schema: Schema, components: Mapping[str, Any], name: str, full: bool, depth: int) -> Any:
    if "$ref" in schema:
        target = components[schema["$ref"].rpartition("/")[2]]
        return _value(target, components, name, full, depth + 1)
    for key in ("examples", "const", "enum", "default"):
        if schema.get(key) is not None and not (key == "default" and (full or name in _SHOWN)):
            return schema[key][0] if key in ("examples", "enum") else schema[key]
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches:
        return _first(branches, components, name, full, depth)
    if schema.get("type") == "object" or "properties" in schema:
        return _object(schema, components, full, depth)
    if schema.get("type") == "array":
        return _array(schema, components, name, full, depth)
    return _scalar(schema, name)


def _array(schema: Schema, components: Mapping[str, Any], name: str, full: bool, depth: int) -> Any:
    if depth >= _DEEPEST or not (full or schema.get("minItems")):
        return []
    single = name.removesuffix("s")
    items = schema.get("prefixItems") or [schema.get("items") or {}] * max(
        1, schema.get("minItems", 0)
    )
    return [_value(item, components, single, full, depth + 1) for item in items]


def _first(branches: Any, components: Mapping[str, Any], name: str, full: bool, depth: int) -> Any:
    optional = any(branch.get("type") == "null" for branch in branches)
    if optional and not full and name not in _SHOWN:
        return None
    chosen = next(b for b in branches if b.get("type") != "null")
    return _value(chosen, components, name, full, depth + 1)


def _object(schema: Schema, components: Mapping[str, Any], full: bool, depth: int) -> Any:
    required = schema.get("required", ())
    return {
        name: _value(inner, components, name, full, depth + 1)
        for name, inner in schema.get("properties", {}).items()
        if name in required or name in _SHOWN or (full and depth < _DEEPEST)
    }


def _scalar(schema: Schema, name: str) -> Any:
    kind = schema.get("type")
    if kind == "string":
        return _text(schema, name)
    if kind in ("integer", "number"):
        named = _BY_NAME.get(name)
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        high = schema.get("maximum", schema.get("exclusiveMaximum", 2**31))
        if isinstance(named, int) and low <= named <= high:
            return named
        return max(low, min(1, high))
    return {"boolean": True, "null": None}.get(str(kind), "value")


def _text(schema: Schema, name: str) -> str:
    known = _FORMATS.get(str(schema.get("format")))
    if known is not None:
        return known
    stem = name.removesuffix("_id")
    kind = _KIND_OF.get(stem, stem)
    if kind in PREFIXES and name.endswith("_id"):
        return example_id(kind)
    if name.endswith(("_at", "_from", "_until")):
        return _FORMATS["date-time"]
    found = _BY_NAME.get(name)
    text = found if isinstance(found, str) else (name.replace("_", " ") or "text")
    fitted = text[: schema.get("maxLength")].ljust(schema.get("minLength", 0), "x")
    pattern = schema.get("pattern")
    if pattern is None or re.search(pattern, fitted):
        return fitted
    return next((c for c in _CANDIDATES if re.search(pattern, c)), fitted)
