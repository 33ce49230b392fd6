"""Write docs/reference/{errors,events,settings,api}.md from the code, and the lists that may only
grow: `tests/tidy/error_codes.txt` and `tests/tidy/event_fields.json`.

    python tools/build_reference.py            # write
    python tools/build_reference.py --check    # say what is not current and exit 1

A removed or renamed error code, and an event field that vanished or became required, break clients
(DOMAIN.md P2); `make check` runs the test that compares.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import msgspec
from litestar.handlers import HTTPRouteHandler
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from argosy.kernel.errors import ArgosyError
from argosy.kernel.events import Event
from argosy.modules import mappings
from argosy.runtime.settings import Settings
from argosy.web import health, problems
from argosy.web.app import collect_routes
from argosy.web.openapi import build_document

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
CODES = ROOT / "tests" / "tidy" / "error_codes.txt"
EVENT_FIELDS = ROOT / "tests" / "tidy" / "event_fields.json"
_MADE = "<!-- Made by tools/build_reference.py from the code. Do not edit. -->\n\n"


def load_everything() -> None:
    """Import every module that may define an error or an event, so that the classes exist."""
    for layer in ("kernel", "runtime", "modules", "reads", "adapters", "workflows", "web"):
        package = import_module(f"argosy.{layer}")
        for found in pkgutil.walk_packages(package.__path__, f"argosy.{layer}."):
            import_module(found.name)


def events() -> dict[str, type[Event]]:
    """Every event class by its type."""
    waiting, found = list(Event.__subclasses__()), {}
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if kind.TYPE and kind.__module__.startswith("argosy."):
            found[kind.TYPE] = kind
    return dict(sorted(found.items()))


def errors() -> dict[str, type[ArgosyError]]:
    """Every error class by its code; the roots of the tree included, for they are answered too."""
    ours = problems.kinds().items()
    return dict(sorted((c, k) for c, k in ours if k.__module__.startswith("argosy.")))


def errors_page() -> str:
    """docs/reference/errors.md."""
    text = "# Errors\n\n" + _MADE
    text += (
        "Every failure is answered as a problem document (RFC 9457) with a stable `code`. Switch "
        "on the code and show `detail`; `cure` always says what to do, `field` and `errors` where. "
        "The cure below is the usual one; an answer may have a more precise one. A "
        "problem that is retryable may be answered otherwise when the very same request (with "
        "the same "
        "`Idempotency-Key`) is sent again, after the seconds in `Retry-After` where it is given.\n"
    )
    area = ""
    for code, kind in errors().items():
        head = code.partition(".")[0]
        if head != area:
            area = head
            text += f"\n## {area}\n"
        again = "yes" if kind.retryable else "no"
        text += (
            f"\n### `{code}`\n\nStatus {kind.http_status}. Retryable: {again}.\n\n{_doc(kind)}\n\n"
            f"Cure: {kind.usual_cure}\n"
        )
    return text


def events_page() -> str:
    """docs/reference/events.md."""
    text = "# Events\n\n" + _MADE
    text += (
        "Facts in the past tense, published when and only when their transaction commits. Read "
        "them at `GET /admin/v1/events` as CloudEvents 1.0. Delivery is at least once: drop "
        "repeats by `id`; `sequence` counts the events of one `subject`. Within a version a "
        "payload only gains optional fields.\n"
    )
    island = ""
    for wire, kind in events().items():
        head = wire.split(".")[1]
        if head != island:
            island = head
            text += f"\n## {island}\n"
        text += f"\n### `{wire}`\n\n{_doc(kind)}\n\nSubject: the {kind.SUBJECT_KIND}.\n\n"
        text += "| field | type | |\n| --- | --- | --- |\n"
        for name, (type_name, required) in fields_of(kind).items():
            text += f"| `{name}` | {type_name} | {'' if required else 'optional'} |\n"
    return text


def fields_of(kind: type[Event]) -> dict[str, tuple[str, bool]]:
    """The fields of an event on the wire: a readable type, and whether it is always there."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    return {f.encode_name: (_type_name(f.type), f.required) for f in info.fields}


_WORDS = {
    "Bool": "boolean",
    "DateTime": "instant",
    "Dict": "object",
    "Int": "integer",
    "None": "null",
    "Str": "text",
    "UUID": "id",
}


def _type_name(kind: msgspec.inspect.Type) -> str:
    match kind:
        case msgspec.inspect.UnionType():
            return " or ".join(_type_name(inner) for inner in kind.types)
        case msgspec.inspect.StructType():
            return kind.cls.__name__
        case msgspec.inspect.LiteralType():
            return " or ".join(f"`{value}`" for value in sorted(map(str, kind.values)))
        case msgspec.inspect.ListType() | msgspec.inspect.VarTupleType():
            return f"list of {_type_name(kind.item_type)}"
    short = type(kind).__name__.removesuffix("Type")
    return _WORDS.get(short, short.lower())


def settings_page() -> str:
    """docs/reference/settings.md."""
    text = "# Settings\n\n" + _MADE
    text += (
        "Read from the environment, then from a `.env` file in the working directory. Lists are "
        "written as JSON.\n\n| variable | default | meaning |\n| --- | --- | --- |\n"
    )
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, SecretStr):
            shown = "a development value"
        elif default in (None, PydanticUndefined):
            shown = "none"
        else:
            shown = f"`{msgspec.json.encode(default).decode()}`"
        text += f"| `ARGOSY_{name.upper()}` | {shown} | {_cell(field.description or '')} |\n"
    return text


def api_page() -> str:
    """docs/reference/api.md."""
    document = build_document(routes())
    text = "# HTTP API\n\n" + _MADE
    text += (
        "The whole description, with bodies and examples, is served by every installation: a page "
        "at `/schema`, and the OpenAPI 3.1 document at `/schema/openapi.json` and `.yaml`.\n"
    )
    for tag in sorted(entry["name"] for entry in document["tags"]):
        text += f"\n## {tag}\n\n| operation | | scope |\n| --- | --- | --- |\n"
        for path, method, operation in operations_of(document):
            if operation["tags"][0] == tag:
                scope = operation.get("x-required-scope", "")
                scope = f"`{scope}`" if scope else ""
                text += f"| `{method.upper()} {path}` | {_cell(operation['summary'])} | {scope} |\n"
    return text


def mappings_page() -> str:
    """docs/reference/import-mappings.md."""
    text = "# Mappings of files\n\n" + _MADE
    text += f"{_cell(_doc(mappings.Mapping))}\n\nThe shape as a JSON Schema: "
    text += "[import-mapping.schema.json](import-mapping.schema.json). How to make one: "
    text += "[Map any file](../howto/map-any-file.md).\n\n## Rules\n\n"
    text += f"{_cell(_doc(mappings.Rule))}\n\n## Fields\n\n"
    text += "What ends in `<code>` is followed by a code or name of your own, such as "
    text += '`variant.price.eur`. What can be cleared takes `"empty": "clear"`.\n\n'
    text += "| field | | takes | can be cleared | suggested for columns called |\n"
    text += "| --- | --- | --- | --- | --- |\n"
    for name, field in mappings.FIELDS.items():
        full = f"{name}.<code>" if field.key else name
        clear = "yes" if field.clearable else ""
        words = ", ".join(field.words)
        text += f"| `{full}` | {_cell(field.about)} | {field.kind} | {clear} | {words} |\n"
    text += (
        "\n`list` takes several values (of a `split`, or of several columns), `whole` an integer, "
    )
    text += (
        "`amount` a price in major units, `truth` yes or no, `value` what the attribute or field "
    )
    text += (
        "takes: a text, a list, a number with or without a unit, yes or no.\n\n## Transforms\n\n"
    )
    text += "Done in the order in which they are written; an empty value goes past all but "
    text += "`constant`, `default`, `template` and `join`.\n"
    for kind in get_args(mappings.Transform):
        info = msgspec.inspect.type_info(kind)
        assert isinstance(info, msgspec.inspect.StructType)
        text += f"\n### `{info.tag}`\n\n{_cell(_doc(kind))}\n"
        if info.fields:
            text += "\n| member | | default |\n| --- | --- | --- |\n"
        for field_info in info.fields:
            shown = (
                "required"
                if field_info.required
                else (f"`{msgspec.json.encode(field_info.default).decode()}`")
            )
            named = _cell(_type_name(field_info.type))
            text += f"| `{field_info.encode_name}` | {named} | {shown} |\n"
    return text


def mapping_schema() -> str:
    """docs/reference/import-mapping.schema.json."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(mappings.Mapping),
    }
    return msgspec.json.format(msgspec.json.encode(schema), indent=1).decode() + "\n"


def routes() -> list[HTTPRouteHandler]:
    """Every handler that the OpenAPI document describes."""
    return [*collect_routes(), *health.ROUTES]


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation, sorted."""
    for path, item in sorted(document["paths"].items()):
        for method, operation in sorted(item.items()):
            if isinstance(operation, dict) and "operationId" in operation:
                yield path, method, operation


def codes_list(known: str) -> str:
    """The snapshot of error codes: all that ever were, one a line."""
    return "\n".join(sorted({*known.split(), *errors()})) + "\n"


def event_snapshot() -> str:
    """The snapshot of events: type to field to [type, required]."""
    found = {wire: fields_of(kind) for wire, kind in events().items()}
    return msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n"


def made() -> dict[Path, str]:
    """Every file that this tool writes, with its text."""
    load_everything()
    known = CODES.read_text("utf-8") if CODES.exists() else ""
    return {
        REFERENCE / "errors.md": errors_page(),
        REFERENCE / "events.md": events_page(),
        REFERENCE / "settings.md": settings_page(),
        REFERENCE / "api.md": api_page(),
        REFERENCE / "import-mappings.md": mappings_page(),
        REFERENCE / "import-mapping.schema.json": mapping_schema(),
        CODES: codes_list(known),
        EVENT_FIELDS: event_snapshot(),
    }


def _doc(kind: type) -> str:
    return (inspect.getdoc(kind) or "").strip()


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def main() -> int:
    """Write the files, or with `--check` compare them."""
    stale = []
    for path, text in made().items():
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(path.relative_to(ROOT))
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
    for path in stale:
        print(path)
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
