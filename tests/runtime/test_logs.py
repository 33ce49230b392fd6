"""What a log line may contain: keys and types decide, so that a mistake cannot leak."""

from __future__ import annotations

import asyncio
import io
import logging
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.ids import encode, new_id
from argosy.runtime import log_lines, telemetry, tracing


@pytest.fixture
def lines():
    """Everything that is logged, as parsed lines."""
    stream = io.StringIO()
    before = logging.getLogger().handlers, logging.getLogger().level
    telemetry.configure_logs("debug", stream=stream)
    yield lambda: [msgspec.json.decode(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().handlers, level = before
    logging.getLogger().setLevel(level)
    telemetry.configure_logs("warning")
    logging.getLogger().handlers = before[0]


class Address(msgspec.Struct):
    email: str
    line1: str


def test_H17_values_of_unlisted_keys_are_masked(lines):
    structlog.get_logger().info(
        "order.placed",
        email="ada@example.com",
        token="sk_live_123",
        address=Address("ada@example.com", "1 Main Street"),
        note=["4111 1111 1111 1111"],
    )
    (line,) = lines()
    assert line["event"] == "order.placed"
    assert line["email"] == line["token"] == "<str>"
    assert line["address"] == "<Address>"
    assert line["note"] == "<list>"


def test_H17_listed_keys_numbers_and_public_ids_stay(lines):
    order = encode("order", new_id())
    structlog.get_logger().info(
        "payment.recorded",
        state="captured",
        order_id=order,
        amount=1999,
        rate=Decimal("0.19"),
        row=UUID(int=7),
        done=True,
    )
    (line,) = lines()
    assert (line["state"], line["order_id"], line["amount"]) == ("captured", order, 1999)
    assert (line["rate"], line["row"], line["done"]) == ("0.19", str(UUID(int=7)), True)


def test_H17_a_listed_key_does_not_carry_an_email_and_an_id_key_no_other_text(lines):
    structlog.get_logger().info("x.y", state="ada@example.com", customer_id="Ada Lovelace")
    (line,) = lines()
    assert line["state"] == line["customer_id"] == "<str>"


def test_H17_a_message_with_data_in_it_loses_its_text(lines):
    structlog.get_logger().info("mail sent to ada@example.com")
    (line,) = lines()
    assert line["event"] == "unnamed"


def test_H17_exceptions_are_logged_without_their_messages(lines):
    try:
        try:
            raise ValueError("Key (email)=(ada@example.com) already exists")
        except ValueError as cause:
            raise RuntimeError("could not register ada@example.com") from cause
    except RuntimeError as error:
        telemetry.unexpected(error, route="/v1/customers")
    (line,) = lines()
    assert line["error_type"] == "builtins.RuntimeError"
    assert any("test_logs.py" in frame for frame in line["frames"])
    assert "caused by builtins.ValueError" in line["frames"]
    assert "ada" not in str(line)


def test_H17_lines_of_libraries_keep_their_template_only(lines):
    logging.getLogger("granian").warning("peer %s said %s", "10.0.0.1", "ada@example.com")
    logging.getLogger("elsewhere").warning("user ada@example.com")
    first, second = lines()
    assert first["template"] == "peer %s said %s"
    assert first["event"] == second["event"] == "library"
    assert "ada" not in str(first) + str(second)


def test_lines_carry_request_and_trace_ids(lines):
    work, token = tracing.begin("abcdefgh", ("0af7651916cd43dd8448eb211c80319c", "b" * 16, True))
    try:
        structlog.get_logger().info("thing.done")
    finally:
        tracing.end(token)
    (line,) = lines()
    assert line["request_id"] == "abcdefgh"
    assert line["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert line["span_id"] == work.span_id


@given(st.text(), st.text(min_size=1))
def test_H17_no_text_passes_under_a_key_nobody_listed(key: str, value: str):
    if key in log_lines.SAFE_TEXT or key.endswith("_id"):
        return
    line = log_lines.keep_safe(None, "", {"event": "x", key: value})
    assert key == "event" or line[key] == "<str>"


async def test_answered_requests_are_logged_by_their_route_and_nothing_else(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(telemetry, "_request_log", stream)
    monkeypatch.setattr(telemetry, "_LINES_WAIT_S", 0.01)
    for status in (200, 404):
        work, token = telemetry.begin_request("abcdefgh", None)
        work.status = status
        telemetry.end_request(work, token, "/v1/orders/{order_id}", 'G"ET', 0.0123, 3)
    await asyncio.sleep(0.1)
    first, second = [msgspec.json.decode(line) for line in stream.getvalue().splitlines()]
    assert (first["status"], second["status"]) == (200, 404)
    assert first["route"] == "/v1/orders/{order_id}"
    assert (first["method"], first["ms"], first["statements"]) == ("OTHER", 12.3, 3)
    assert first["request_id"] == "abcdefgh"
    assert first["trace_id"] != second["trace_id"]
