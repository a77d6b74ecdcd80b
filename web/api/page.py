"""The description of the API as people read it: the same schema, in the order in which one would ask."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a key of a body or an answer; those within others are indented."""

    name: str
    form: str  # "string (date)", "array of string"
    about: str
    required: bool
    example: str | None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked."""

    name: str
    method: str
    path: str
    summary: str
    about: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    body_example: str | None
    answer: tuple[Field, ...]
    errors: tuple[tuple[str, str], ...]  # status and name


@dataclass(frozen=True, slots=True)
class Described:
    """All of it."""

    title: str
    summary: str
    about: str
    server: str
    security: str
    sections: tuple[tuple[str, tuple[Operation, ...]], ...]  # what a tag says → its operations
    problems: tuple[tuple[str, str], ...]  # anchor and what it means


def described(schema: Schema) -> Described:
    """The page of a schema that is in words already."""
    parts = schema["components"]
    found: dict[str, list[Operation]] = {tag["name"]: [] for tag in schema["tags"]}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            found[operation["tags"][0]].append(_operation(method, path, operation, parts))
    return Described(
        title=schema["info"]["title"],
        summary=schema["info"]["summary"],
        about=schema["info"]["description"],
        server=schema["servers"][0]["url"],
        security=parts["securitySchemes"]["token"]["description"],
        sections=tuple((tag["description"], tuple(found[tag["name"]])) for tag in schema["tags"]),
        problems=tuple((name, one["description"]) for name, one in parts["responses"].items()),
    )


def _operation(method: str, path: str, operation: Schema, parts: Schema) -> Operation:
    bodies = operation.get("requestBody", {}).get("content", {})
    body = _resolved(bodies["application/json"]["schema"], parts) if "application/json" in bodies else {}
    answers = operation["responses"]["200"].get("content", {})
    answer = answers.get("application/json", {}).get("schema", {})
    refs = {status: one["$ref"].rpartition("/")[2] for status, one in operation["responses"].items() if "$ref" in one}
    return Operation(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        about=operation["description"],
        parameters=tuple(
            Field(
                p["name"],
                _form(p["schema"], parts),
                p["description"],
                p.get("required", False),
                _first(p["schema"].get("examples", ())),
            )
            for p in operation.get("parameters", ())
        ),
        body=tuple(_fields(body, parts)),
        body_example=json.dumps(example, ensure_ascii=False) if (example := _example(body)) else None,
        answer=tuple(_fields(_resolved(answer, parts), parts)),
        errors=tuple(refs.items()),
    )


def _fields(schema: Schema, parts: Schema, depth: int = 0) -> list[Field]:
    found = []
    for name, one in schema.get("properties", {}).items():
        about, required = one.get("description", ""), name in schema.get("required", ())
        found.append(Field(name, _form(one, parts), about, required, _first(one.get("examples", ())), depth))
        inner = _resolved(one.get("items", one), parts)
        if depth < 2 and "properties" in inner:
            found += _fields(inner, parts, depth + 1)
    return found


def _resolved(schema: Schema, parts: Schema) -> Schema:
    while "$ref" in schema:
        schema = parts["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _form(schema: Schema, parts: Schema) -> str:
    schema = _resolved(schema, parts)
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_form(one, parts) for one in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"[{_form(schema.get('items', {}), parts)}]"
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def _first(examples: Any) -> str | None:
    return json.dumps(examples[0], ensure_ascii=False) if examples else None


def _example(schema: Schema) -> dict[str, Any]:
    """A body of the examples of its keys; keys without one may be left out."""
    return {name: one["examples"][0] for name, one in schema.get("properties", {}).items() if one.get("examples")}
