"""The OpenAPI document: complete, valid, and its examples are what the operations really read."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import yaml
from tests.web.edge.document import DOCUMENT, HANDLERS
from tests.web.edge.making import an_edge, code_of
from tests.web.edge.whole_shop import ADDRESS, BASE, whole_shop
from tests.web.identity.making import Shop

from argosy.web.openapi_page import curl
from argosy.web.requests import decode_json

OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]
EACH = pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)


def _validator(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    return _compiled(msgspec.json.encode(schema))


@cache
def _compiled(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    """Many operations share a schema, and each is compiled with all components."""
    full = msgspec.json.decode(schema) | {"components": DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(full)


def _resolved(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer
    if "$ref" in answer:
        found = DOCUMENT["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    return found


@EACH
def test_every_operation_says_what_it_is(path, method, operation):
    assert operation["summary"], operation["operationId"]
    assert not operation["summary"].endswith(".")
    assert len((operation.get("description") or "").split()) >= 3
    assert operation["tags"]
    assert re.fullmatch(r"[a-z][a-z0-9_]+", operation["operationId"])
    for parameter in operation.get("parameters", ()):
        assert parameter["schema"].keys() & {"type", "$ref", "anyOf", "oneOf", "enum", "const"}, (
            parameter
        )


@EACH
def test_every_operation_names_its_security(path, method, operation):
    known = set(DOCUMENT["components"]["securitySchemes"])
    used = {name for entry in operation.get("security", ()) for name in entry}
    assert used <= known
    steps = ("", "/second-factor", "/passkey", "/passkey/challenge")
    signing_in = {f"/admin/v1/sessions{step}" for step in steps}
    if path.startswith("/admin/v1/") and path not in signing_in:
        assert used in ({"staff_session", "secret_key"}, {"staff_session"})
    if path.startswith("/v1/"):
        assert "publishable_key" in used or "X-Order-Token" in str(operation)


@EACH
def test_every_operation_lists_its_problems(path, method, operation):
    answers = operation["responses"]
    for status in ("400", "422", "429", "500", "503"):
        assert status in answers
    assert any(int(status) < 400 for status in answers)
    for status, answer in answers.items():
        found = _resolved(answer)
        assert found["description"]
        if int(status) >= 400:
            assert "application/problem+json" in found["content"]
    if operation.get("security"):
        assert {"401", "403"} <= set(answers)
    if "requestBody" in operation:
        assert {"413", "415"} <= set(answers)


@EACH
def test_every_example_fits_its_schema_and_is_read_by_the_operation(path, method, operation):
    handler = _handler(operation)
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is not None:
        example = content["examples"]["example"]["value"]
        _validator(content["schema"]).validate(example)
        kind = handler.parsed_fn_signature.parameters["data"].annotation
        decode_json(msgspec.json.encode(example), kind, "application/json")
    for answer in operation["responses"].values():
        for media in _resolved(answer).get("content", {}).values():
            for example in media.get("examples", {}).values():
                _validator(media["schema"]).validate(example["value"])


def _handler(operation: dict[str, Any]) -> Any:
    name = operation["operationId"]
    for handler in HANDLERS:
        for path in handler.paths:
            prefix = "admin_" if path.startswith("/admin/") else ""
            if prefix + handler.fn.__name__ == name:
                return handler
    raise AssertionError(name)


@EACH
def test_every_json_answer_has_a_schema(path, method, operation):
    for status, answer in operation["responses"].items():
        if status in ("204", "304") or int(status) >= 300 or path == "/metrics":
            continue
        for kind, media in answer.get("content", {}).items():
            assert media.get("schema") is not None, (path, method)
            if kind == "application/json":
                shape = media["schema"].get("type")
                assert shape != "string", f"{method} {path}: say what is in it"
        if method != "delete" and not path.startswith(("/media/", "/downloads/", "/answer-files/")):
            assert answer.get("content"), f"{method} {path}: name the type of the answer"


def test_ids_are_unique_and_every_reference_leads_somewhere():
    ids = [p.values[2]["operationId"] for p in OPERATIONS]
    assert len(ids) == len(set(ids))
    for kind, name in re.findall(r"#/components/(\w+)/([^\"']+?)[\"']", str(DOCUMENT)):
        assert name in DOCUMENT["components"][kind], name


def test_bodies_refuse_unknown_fields():
    for parameter in OPERATIONS:
        operation = parameter.values[2]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None or "$ref" not in content["schema"]:
            continue
        schema = DOCUMENT["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
        for branch in schema.get("anyOf", [schema]):
            if branch.get("type") == "object" and "properties" in branch:
                assert branch.get("additionalProperties") is False, operation["operationId"]


def test_paths_follow_one_style():
    for path in DOCUMENT["paths"]:
        assert re.fullmatch(r"(/(?:[a-z][a-z0-9-]*|v1|\{[a-z_]+\}))+", path), path


async def test_it_is_served_as_json_yaml_and_a_page(shop: Shop):
    as_json = await shop.client.get("/schema/openapi.json")
    as_yaml = await shop.client.get("/schema/openapi.yaml")
    page = await shop.client.get("/schema")
    assert as_json.json() == DOCUMENT
    assert yaml.load(as_yaml.text, yaml.CSafeLoader) == DOCUMENT
    assert page.headers["content-type"].startswith("text/html")
    assert "script" not in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert "http://" not in page.text.replace("http://127.0.0.1", "")
    tag = as_json.headers["etag"]
    fresh = await shop.client.get("/schema/openapi.json", headers={"if-none-match": tag})
    assert (fresh.status_code, fresh.content) == (304, b"")


async def test_it_needs_no_shop_and_no_key():
    async with an_edge() as client:
        assert (await client.get("/schema/openapi.json")).json()["openapi"].startswith("3.1")
        assert code_of(await client.post("/schema")) == "request.method_not_allowed"


def test_the_examples_of_a_purchase_work_when_pasted(
    postgres_url: str, template_database: str, tmp_path: Path
):
    """From an empty cart to the order, and at once, with nothing but the document's examples."""
    with whole_shop(postgres_url, template_database, tmp_path) as shop:

        def paste(path: str, method: str, **changes: Any) -> Any:
            operation = DOCUMENT["paths"][path][method]
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            sent = None
            if body is not None:
                sent = shop.with_known_ids(path, body["examples"]["example"]["value"]) | changes
            answer = shop.session.request(
                method,
                BASE + path.replace("{cart_id}", shop.known["cart_id"]),
                json=sent,
                headers={"X-Publishable-Key": shop.publishable, "Idempotency-Key": path},
            )
            assert answer.ok, (path, sent, answer.text)
            return answer.json()

        # The shop of the tests sells to Germany, the examples' shopper lives in the US.
        here = {"shipping_address": ADDRESS}
        shop.known["cart_id"] = paste("/v1/carts", "post", **here)["id"]
        paste("/v1/carts/{cart_id}/lines", "post")
        paste("/v1/carts/{cart_id}/email", "put")
        paste("/v1/carts/{cart_id}/shipping-address", "put", **ADDRESS, region="")
        paste("/v1/carts/{cart_id}/shipping-options", "get")
        total = paste("/v1/carts/{cart_id}/shipping-method", "put")["total"]
        placed = paste("/v1/carts/{cart_id}/place", "post", expected_total=total)
        assert placed["order"]["number"]
        assert paste("/v1/purchases", "post", **here)["order"]["number"]


def test_curl_lines_carry_keys_and_bodies():
    operation = DOCUMENT["paths"]["/v1/sessions"]["post"]
    line = curl("/v1/sessions", "post", operation)
    assert '"X-Publishable-Key: $KEY"' in line
    assert "-d '{" in line
