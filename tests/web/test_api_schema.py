"""The description of the API, and whether the API does as it says: requests drawn from it, answers held against it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

import web.api
from plans.words import LANGUAGES
from tests.conftest import load_text, local
from tests.web.programs import Program, program
from tests.web.scenes import ADMINISTRATOR, Scene
from tests.web.test_routes import PLAN
from web.api.wording import texts

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
    ignored_auth,
]
HOST = {"Host": "127.0.0.1:8088"}
REAL = {"plan": "dien-bien-2458", "task": "bao-cao-nam", "period": "2026", "unit": "so-cong-thuong", "id": 3}
READS = (
    *("list_units", "read_unit", "list_plans", "read_plan", "read_plan_file", "list_deadlines", "read_deadline"),
    *("list_obligations", "read_obligation", "list_overdue", "list_mail", "read_mail"),
)
ACTS = ("submit", "accept", "return", "extend", "waive", "load_plan")
EXAMPLES = 4  # of each kind


@pytest.fixture(scope="module")
def asks(lent: Scene) -> Iterator[Program]:
    load_text(lent.office, local("2026-12-09 08:00"), PLAN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.api.app.TRIES", 10_000)  # wrong tokens are part of what is drawn
        yield program(lent, ADMINISTRATOR)


@pytest.fixture(scope="module")
def schema(asks: Program) -> Any:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", asks.scene.app, headers=HOST)


def example_of(schema: Any, name: str) -> dict[str, Any]:
    """The body that the description shows."""
    operation = schema.find_operation_by_id(name).definition.raw
    ref = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    properties = schema.raw_schema["components"]["schemas"][ref]["properties"]
    return {key: one["examples"][0] for key, one in properties.items() if one.get("examples")}


@pytest.mark.parametrize("name", [*READS, *ACTS])
def test_answers_are_as_described(schema: Any, asks: Program, name: str) -> None:
    operation = schema.find_operation_by_id(name)
    named = set(re.findall(r"\{(\w+)\}", operation.path))
    real = {key: value for key, value in REAL.items() if key in named}
    send = {"headers": {"Authorization": f"Bearer {asks.token}", **HOST}, "checks": CHECKS}

    # What the description shows as an example is taken.
    body = {"body": example_of(schema, name), "media_type": "application/json"} if name in ACTS else {}
    shown = operation.Case(method=operation.method, path_parameters=real, **body)
    assert shown.call_and_validate(**send).status_code == 200

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def drawn(case: Any) -> None:
            if real and case.meta.generation.mode is GenerationMode.POSITIVE:
                case.path_parameters = real
            case.call_and_validate(**send)

        drawn()


@pytest.mark.parametrize("language", LANGUAGES)
def test_description_is_whole_and_in_words(asks: Program, language: str) -> None:
    answer = asks.scene.seen_by(None).get("/api/v1/openapi.json", headers={"Accept-Language": language})
    assert (answer.status_code, answer.headers["content-language"]) == (200, language)
    made = answer.json()
    assert made["openapi"] == "3.1.0"
    assert re.findall(r'"api\.[\w.-]+"', answer.text) == []
    for path, methods in made["paths"].items():
        for operation in methods.values():
            assert operation["summary"], path
            assert operation["description"], path
            assert {"200", "401", "404", "429", "503"} <= set(operation["responses"])
            assert [p["name"] for p in operation.get("parameters", ()) if not p["description"]] == []
    for name, schema in made["components"]["schemas"].items():
        for key, one in schema.get("properties", {}).items():
            assert one.get("description"), f"{name}.{key}"


def test_languages_say_the_same_things() -> None:
    assert set(texts("vi")) == set(texts("en"))
    assert [code for language in LANGUAGES for code, text in texts(language).items() if not text.strip()] == []
    source = "".join(file.read_text("utf-8") for file in Path(web.api.__file__ or "").parent.glob("*.py"))
    said = [code for code in texts("vi") if code.removeprefix("api.field.").removesuffix(".about") not in source]
    parts = ("api.problem.", "api.tag.", "api.path.", "api.header.")
    assert [c for c in said if not c.startswith(parts) and c.split(".")[1] not in source] == []


def test_page_shows_every_operation_and_explains_every_problem(asks: Program) -> None:
    page = asks.scene.seen_by(None).get("/api/v1/")
    assert page.status_code == 200
    for name in (*READS, *ACTS):
        assert f'id="{name}"' in page.text
    for anchor in set(re.findall(r'href="#([\w-]+)"', page.text)) - {"noi-dung"}:
        assert f'id="{anchor}"' in page.text, anchor
    assert re.findall(r"(?<![\w/])api\.[a-z]\S*", page.text) == []
    refused = asks.get("/khong-co").json()["type"]
    assert f'id="{refused.partition("#")[2]}"' in page.text
