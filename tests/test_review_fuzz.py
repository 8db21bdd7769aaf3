"""The API's own description turned on it: whatever is sent, no answer is a server error and each is as described."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from desk_site import plain_store
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings, strategies
from report_fixture import Sample
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from detector.review.api import router
from detector.review.app import create_app
from detector.review.desk import Desk
from detector.review.security import Access
from detector.testing import HashingEncoder, LexicalNLI

TOKEN = "a-token-of-the-desk-0123456789"
SAMPLE = Sample()
EXAMPLES = 15
KNOWN = {
    "conflict_id": SAMPLE.outcome.conflicts[0].conflict_id,
    "article_id": SAMPLE.articles[0].article_id,
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


STREAM = "/api/v1/run/events"
"""Never ends; tests/test_review_api.py reads it."""
OPERATIONS = sorted(
    (method, route.path)
    for route in router.routes
    if isinstance(route, APIRoute) and route.path != STREAM
    for method in route.methods
)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The description of a desk over a small store; a run that is started there does nothing."""
    target = plain_store(tmp_path_factory.mktemp("fuzz") / "desk.db", decided=True)
    models = {"encoder": HashingEncoder(), "nli": LexicalNLI()}
    with Desk(target, models=models, run_command=(sys.executable, "-c", "")) as desk:
        hosts = frozenset({"testserver", "localhost"})
        app = create_app(desk, Access(login="token", token=TOKEN, hosts=hosts))
        yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)


def test_everything_that_the_router_answers_is_described(described: Any) -> None:
    assert sorted((found.ok().method.upper(), found.ok().path) for found in described.get_all_operations()) == sorted(
        [*OPERATIONS, ("GET", STREAM)]
    )


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_call_makes_the_desk_fail_and_every_answer_is_as_described(described: Any, method: str, path: str) -> None:
    operation = described[path][method]
    headers = {"authorization": f"Bearer {TOKEN}", "x-reviewer": "Fuzz"}

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=strategies.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))
    def throw(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)
        if case.path_parameters:
            for name in case.path_parameters:
                case.path_parameters[name] = KNOWN[name]
            case.call_and_validate(headers=headers, checks=CHECKS)

    throw()
