"""The description of the API: complete, true, and nothing that follows it or breaks it makes the service fail."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from pydantic import BaseModel
from schemathesis.config import SchemathesisConfig

from app.main import create_app
from app.schemas import EvaluateResponse, GradResponse, GraphResponse
from app.settings import Settings

APP = create_app(Settings())
SCHEMA: dict[str, Any] = APP.openapi()
CONFIG = SchemathesisConfig()
# What fits the schema may still be no program: for that the description promises 422.
CONFIG.projects.default.checks.positive_data_acceptance.expected_statuses = ["2xx", "422"]
DESCRIBED = schemathesis.openapi.from_dict(SCHEMA, config=CONFIG)
ANSWERS: dict[str, type[BaseModel]] = {
    "/grad": GradResponse,
    "/evaluate": EvaluateResponse,
    "/graph": GraphResponse,
}
OPERATIONS = [
    pytest.param(path, method, operation, id=f"{method} {path}")
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
]
EXAMPLES = [
    pytest.param(path, name, example["value"], id=f"{path}: {name}")
    for path, methods in SCHEMA["paths"].items()
    for operation in methods.values()
    for name, example in operation.get("requestBody", {})
    .get("content", {})
    .get("application/json", {})
    .get("examples", {})
    .items()
]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    if method == "post":
        assert {"400", "413", "415", "422", "503"} <= set(operation["responses"])
        assert operation["requestBody"]["content"]["application/json"]["examples"]
    for status, response in operation["responses"].items():
        if status >= "400":
            assert list(response["content"]) == ["application/problem+json"]


@pytest.mark.parametrize(("path", "name", "body"), EXAMPLES)
def test_every_example_runs(client: httpx.Client, path: str, name: str, body: dict[str, Any]) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"] == "application/json":
        ANSWERS[path].model_validate_json(answer.content)


@DESCRIBED.parametrize()
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_service_keeps_to_its_description(case: schemathesis.Case[Any], client: httpx.Client) -> None:
    case.call_and_validate(base_url=str(client.base_url), timeout=30)
