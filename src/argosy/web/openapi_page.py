"""The page at `/schema`: the whole document for people, without a script and without a CDN."""

from collections.abc import Mapping
from html import escape
from itertools import groupby
from typing import Any

import msgspec

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:62rem;padding:1rem}
nav ul{columns:3 14rem;padding-left:1rem}
h2{border-bottom:1px solid var(--line);margin-top:3rem}
details{border:1px solid var(--line);border-radius:.4rem;margin:.4rem 0;padding:.4rem .8rem}
summary{cursor:pointer}summary b{display:inline-block;min-width:4.5rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{background:var(--soft);border-radius:.4rem;overflow-x:auto;padding:.6rem}
table{border-collapse:collapse;width:100%}
td,th{border-top:1px solid var(--line);padding:.25rem .5rem;text-align:left;vertical-align:top}
"""
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def render_page(document: Mapping[str, Any]) -> str:
    """The HTML page of an OpenAPI document, operations grouped by tag, with curl lines."""
    operations = [
        (operation["tags"][0], path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and "operationId" in operation
    ]
    operations.sort(key=lambda found: found[:3])
    groups = {tag: list(found) for tag, found in groupby(operations, key=lambda o: o[0])}
    menu = "".join(f'<li><a href="#{_anchor(tag)}">{escape(tag)}</a></li>' for tag in groups)
    body = "".join(
        f'<h2 id="{_anchor(tag)}">{escape(tag)}</h2>'
        + "".join(_operation(path, method, operation) for _, path, method, operation in found)
        for tag, found in groups.items()
    )
    info = document["info"]
    intro = "".join(f"<p>{_inline(part)}</p>" for part in info["description"].split("\n\n"))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style>"
        f"<h1>{escape(info['title'])} API</h1>"
        '<p><a href="/schema/openapi.json">openapi.json</a> · '
        '<a href="/schema/openapi.yaml">openapi.yaml</a></p>'
        f"{intro}<nav><ul>{menu}</ul></nav>{body}</html>"
    )


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    name = operation["operationId"]
    parts = [f"<p>{_inline(p)}</p>" for p in (operation.get("description") or "").split("\n\n")]
    parts.append(_parameters(operation.get("parameters", ())))
    parts.append(f"<pre>{escape(curl(path, method, operation))}</pre>")
    parts.append(_answers(operation["responses"]))
    return (
        f'<details id="{escape(name)}"><summary><b>{method.upper()}</b> '
        f"<code>{escape(path)}</code> {escape(operation['summary'])}</summary>"
        f"{''.join(parts)}</details>"
    )


def _parameters(parameters: Any) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code><td>{escape(p['in'])}"
        f"{', required' if p.get('required') else ''}<td>{_inline(p.get('description') or '')}"
        for p in parameters
    )
    return f"<table><tr><th>Parameter<th>Where<th>Meaning{rows}</table>" if rows else ""


def _answers(responses: Mapping[str, Any]) -> str:
    rows = ""
    for status, answer in responses.items():
        text = answer.get("description") or "A problem document, see <code>code</code>."
        rows += f"<tr><td>{escape(status)}<td>{_inline(text) if 'description' in answer else text}"
        for media in answer.get("content", {}).values():
            for example in media.get("examples", {}).values():
                rows += f"<pre>{escape(_pretty(example['value']))}</pre>"
    return f"<table><tr><th>Status<th>Answer{rows}</table>"


def curl(path: str, method: str, operation: Mapping[str, Any]) -> str:
    """A shell line that calls the operation; the reader sets `$ARGOSY`, `$KEY` and `$TOKEN`."""
    lines = [f'curl -X {method.upper()} "$ARGOSY{path}"']
    schemes = {name for entry in operation.get("security", ()) for name in entry}
    if "publishable_key" in schemes:
        lines.append('-H "X-Publishable-Key: $KEY"')
    if schemes & {"shopper_session", "staff_session", "secret_key"}:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    lines += [
        f'-H "{p["name"]}: $(uuidgen)"'
        for p in operation.get("parameters", ())
        if p["in"] == "header" and p.get("required")
    ]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is not None:
        value = content["examples"]["example"]["value"]
        body = msgspec.json.encode(value).decode().replace("'", "'\\''")
        lines += ['-H "Content-Type: application/json"', f"-d '{body}'"]
    return " \\\n  ".join(lines)


def _pretty(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _inline(text: str) -> str:
    """Escaped text with `code` and **bold** marked up."""
    safe = escape(text)
    for mark, tag in (("`", "code"), ("**", "b")):
        pieces = safe.split(mark)
        safe = "".join(
            piece if i % 2 == 0 else f"<{tag}>{piece}</{tag}>" for i, piece in enumerate(pieces)
        )
    return safe


def _anchor(tag: str) -> str:
    return escape(tag.lower().replace(" ", "-").replace(":", ""))
