"""schemathesis over the whole OpenAPI document, with the keys of every role: nothing is found.

It generates valid and invalid requests for every operation and checks that no answer is a server
error, that each is described (status, media type, headers, schema), that invalid data is refused
and that a header that is required is missed. Three of four valid requests name things that exist.

Most requests are those of its coverage: every bound of every member from both sides. Random ones
are few here; ARGOSY_SCHEMATHESIS_EXAMPLES=50 tries more.
"""

from __future__ import annotations

import copy
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.meta import CoveragePhaseData, CoverageScenario
from schemathesis.pytest._test_builder import build_operation_test
from tests.web.edge.document import DOCUMENT
from tests.web.edge.whole_shop import BASE, WholeShop, whole_shop

EXAMPLES = int(os.environ.get("ARGOSY_SCHEMATHESIS_EXAMPLES", "3"))
# Of the values of a wrong type for one place of a body; the others have their turn elsewhere.
WRONG_TYPES = 2

_CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 20260601,
        "generation": {"deterministic": True, "database": "none", "no-shrink": True},
        "checks": {
            "negative_data_rejection": {"expected-statuses": ["4xx"]},
            "missing_required_header": {"expected-statuses": ["4xx"]},
        },
        "phases": {
            "coverage": {"enabled": True, "unexpected-methods": ["PATCH"]},
            "stateful": {"enabled": False},
        },
    }
)
SCHEMA = schemathesis.openapi.from_dict(copy.deepcopy(DOCUMENT), config=_CONFIG)
OPERATIONS = [
    pytest.param(path, method, id=f"{method.upper()} {path}")
    for path, item in DOCUMENT["paths"].items()
    for method in item
]
_CHECKS = [
    schemathesis.checks.CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "missing_required_header",
        "unsupported_method",
    )
]
_REJECTION = schemathesis.checks.CHECKS.get_one("negative_data_rejection")
# By operation, so that the order of the tests changes nothing.
_turns: Counter[str] = Counter()


@pytest.fixture(scope="module")
def shop(
    postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WholeShop]:
    home: Path = tmp_path_factory.mktemp("whole_shop")
    with whole_shop(postgres_url, template_database, home) as opened:
        yield opened


def _token(shop: WholeShop, path: str, turn: int) -> str | None:
    """Mostly the owner's key, else each role's in turn, and now and then nobody's."""
    if not path.startswith("/admin/"):
        return None if turn % 3 == 1 else shop.shoppers[0]
    others = [*shop.keys.values(), None]
    return others[turn // 5 % len(others)] if turn % 5 == 4 else shop.keys["owner"]


def _point_at_what_exists(case: schemathesis.Case, shop: WholeShop) -> None:
    path = case.operation.path
    if case.query:
        case.query.pop("fields", None)  # a name out of the blue is no member of any answer
    if "If-Match" in (case.headers or {}):
        case.headers["If-Match"] = "*"  # a version out of the blue is never the present one
    for name in case.path_parameters or {}:
        case.path_parameters[name] = shop.id_for(path, name) or case.path_parameters[name]
    if isinstance(case.body, dict | list):
        case.body = shop.with_known_ids(path, case.body)


def _without_credentials(case: schemathesis.Case) -> bool:
    """Whether the request is wrong by its headers: it lacks the credentials that are required."""
    made = None if case.meta is None else case.meta.components.get(ParameterLocation.HEADER)
    given = {name.lower() for name in case.headers or {}}
    wrong = made is not None and made.mode.is_negative
    return wrong and given.isdisjoint({"authorization", "x-publishable-key"})


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_nothing_is_found(path: str, method: str, shop: WholeShop) -> None:
    """Makes the requests of one operation when its turn comes: the decorator of schemathesis makes
    those of all operations before the first test, in every process of a run.
    """
    test = build_operation_test(
        config=SCHEMA.config,
        operation=SCHEMA[path][method],
        test_func=_nothing_is_found,
        given_kwargs={},
        feedback=FeedbackSources(),
    )
    test.hypothesis_explicit_examples = _chosen(test.hypothesis_explicit_examples)
    test(shop=shop)
    assert _turns[f"{method.upper()} {path}"] > EXAMPLES


def _chosen(examples: Any) -> list[Any]:
    """All but most of the values of a wrong type for one place of a body.

    What reads a body tells a wrong type by the place alone, so each place gets two values, and
    other ones than the place before.
    """
    places: defaultdict[str, list[Any]] = defaultdict(list)
    chosen = []
    for example in examples:
        data = example.kwargs["case"].meta.phase.data
        if (
            isinstance(data, CoveragePhaseData)
            and data.scenario == CoverageScenario.INCORRECT_TYPE
            and data.parameter_location == ParameterLocation.BODY
        ):
            places[data.location or ""].append(example)
        else:
            chosen.append(example)
    for turn, values in enumerate(places.values()):
        first = turn * WRONG_TYPES % len(values)
        chosen += (values * 2)[first : first + min(WRONG_TYPES, len(values))]
    return chosen


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def _nothing_is_found(case: schemathesis.Case, shop: WholeShop) -> None:
    path = case.operation.path
    turn = _turns[case.operation.label]
    _turns[case.operation.label] += 1
    if turn % 4 and case.meta is not None and case.meta.generation.mode.is_positive:
        _point_at_what_exists(case, shop)
    headers = shop.credentials(path, case.method, _token(shop, path, turn))
    if _without_credentials(case):
        headers = {}
    answer = case.call(base_url=BASE, session=shop.session, headers=headers)
    # All that a form with files can hold are texts and files: a wrong type becomes a right one.
    form = case.media_type == "multipart/form-data"
    left_out = [_REJECTION] if form else []
    case.validate_response(answer, checks=_CHECKS, excluded_checks=left_out, headers=headers)
