"""Compare what the Avalara adapter relies on with the provider's own API description.

    python tools/check_avatax.py path/to/openapi.yaml

Exits with 1 and a list if a path, a field, a type, a length or a word is not as expected.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

EXPECTED = Path(__file__).parents[1] / "tests" / "adapters" / "tax" / "avatax.json"


def differences(expected: dict[str, Any], described: dict[str, Any]) -> Iterator[str]:
    """What the description says otherwise."""
    for name, wanted in expected["operations"].items():
        found = described["paths"].get(wanted["path"], {}).get(wanted["method"])
        if found is None or found.get("operationId") != name:
            yield f"{name}: not at {wanted['method']} {wanted['path']}"
            continue
        bodies = json.dumps(found.get("requestBody", {}))
        if f"#/components/schemas/{wanted['body']}" not in bodies:
            yield f"{name}: its body is not a {wanted['body']}"
    for name, wanted in expected["schemas"].items():
        schema = described["components"]["schemas"].get(name)
        if schema is None:
            yield f"{name}: there is no such schema"
            continue
        if not wanted.get("answer"):
            unmet = set(schema.get("required", ())) - set(wanted.get("required", ()))
            if unmet:
                yield f"{name}: requires {sorted(unmet)}, too"
        for field, facts in wanted["properties"].items():
            for what in _field(facts, schema["properties"].get(field)):
                yield f"{name}.{field}: {what}"


def _field(wanted: dict[str, Any], found: dict[str, Any] | None) -> Iterator[str]:
    if found is None:
        yield "there is no such field"
        return
    if "ref" in wanted and wanted["ref"] not in json.dumps(found):
        yield f"it is not a {wanted['ref']}"
    for fact in ("type", "format"):
        if fact in wanted and found.get(fact) != wanted[fact]:
            yield f"its {fact} is {found.get(fact)}, not {wanted[fact]}"
    if "maxLength" in wanted and found.get("maxLength") != wanted["maxLength"]:
        yield f"its length is {found.get('maxLength')}, not {wanted['maxLength']}"
    if "items" in wanted and wanted["items"] not in json.dumps(found.get("items", {})):
        yield f"it holds no {wanted['items']}"
    unknown = set(wanted.get("values", ())) - set(found.get("enum", ()))
    if unknown:
        yield f"it cannot be {sorted(unknown)}"


def main() -> int:
    """Compare the file that the command line names."""
    described = yaml.safe_load(Path(sys.argv[1]).read_text("utf-8"))
    found = list(differences(json.loads(EXPECTED.read_text("utf-8")), described))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
