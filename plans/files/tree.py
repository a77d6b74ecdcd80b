"""YAML text to a tree of nodes that know their place; every scalar stays text, since 05/12 and 16:30 are no numbers.

Built on parse events rather than `yaml.compose`: nesting is capped before anything recurses, and an anchor is refused
before an alias can multiply it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from plans.audiences import UNDETERMINED
from plans.files.encoding import clean, decode
from plans.problems import Place, Problem

DEEPEST = 20
_SHOWN = 100  # problems of one file; garbage can have a hundred thousand
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BLANK = frozenset(("", "~", "null", "Null", "NULL"))

# YAML reserves a leading "@"; a stand-in of the same width lets people write @chua-xac-dinh without quotes.
_STAND_IN = "\ue000" + UNDETERMINED[1:]


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text as written; empty for a blank value."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file, each key once."""

    entries: tuple[tuple[Scalar, Node], ...]
    place: Place

    def keys(self) -> list[str]:
        return [key.text for key, _ in self.entries]


Node = Scalar | Sequence | Mapping


def read_tree(file: str, content: bytes | str) -> tuple[Node | None, list[Problem]]:
    """The root of the file's one document with every fault found; None where no tree can be made of it."""
    text, problems = decode(file, content)
    if text is None:
        return None, problems
    builder = _Builder(file)
    root: Node | None = None
    try:
        root = builder.document(yaml.parse(text.replace(UNDETERMINED, _STAND_IN), Loader=_LOADER))
    except yaml.MarkedYAMLError as fault:
        builder.problems.append(_syntax(file, text, fault))
    except _Refused as fault:
        builder.problems.append(fault.problem)
    if root is None and not builder.problems:
        builder.problems.append(Problem("file.empty", {}, Place(file)))
    return (None if builder.broken else root), problems + builder.problems


def node_of(value: object, place: Place) -> Node:
    """A tree of plain values (text, numbers, lists, dicts), as JSON and the store hold them; all at one place."""
    if isinstance(value, dict):
        return Mapping(tuple((Scalar(str(k), place), node_of(v, place)) for k, v in value.items()), place)
    if isinstance(value, list | tuple):
        return Sequence(tuple(node_of(item, place) for item in value), place)
    if value is None:
        return Scalar("", place)
    return Scalar(clean(str(value).lower() if isinstance(value, bool) else str(value)), place)


def plain(node: Node) -> object:
    """The values of a tree: text, lists and dicts; `node_of` makes the same tree of them, but for its places."""
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.entries}
    return [plain(item) for item in node.items] if isinstance(node, Sequence) else node.text


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


class _Builder:
    """Makes nodes of the events of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.broken = False  # a part of the tree is missing: what the rest lacks can't be told

    def document(self, events: Iterator[Any]) -> Node | None:
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise _Refused(Problem("yaml.documents", {}, self._place(event)))
            elif isinstance(event, yaml.NodeEvent):
                root = self._node(event, events, 1)
        return None if isinstance(root, Scalar) and not root.text else root

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        place = self._place(event)
        if isinstance(event, yaml.AliasEvent):
            self._refuse("yaml.alias", place, name=event.anchor)
            return Scalar("", place)
        if event.anchor is not None:
            self._refuse("yaml.anchor", place, name=event.anchor)
        if event.tag is not None:
            self._refuse("yaml.tag", place, tag=event.tag)
        if isinstance(event, yaml.ScalarEvent):
            text = clean(event.value.replace(_STAND_IN, UNDETERMINED))
            return Scalar("" if not event.style and text in _BLANK else text, place)
        if depth > DEEPEST:
            raise _Refused(Problem("yaml.depth", {"limit": DEEPEST}, place))
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                items.append(self._node(event, events, depth + 1))
            return Sequence(tuple(items), place)
        return self._mapping(events, place, depth)

    def _mapping(self, events: Iterator[Any], place: Place, depth: int) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, Scalar):
                self._refuse("yaml.key", key.place)
            elif key.text in entries and len(self.problems) >= _SHOWN:
                continue
            elif key.text in entries:
                first = entries[key.text][0].place
                self.problems.append(
                    Problem("yaml.duplicate_key", {"key": key.text[:60], "line": first.line}, key.place)
                )
            else:
                # The parser puts a blank value at the end of the line before or after it.
                blank = isinstance(value, Scalar) and not value.text
                entries[key.text] = key, (Scalar("", key.place) if blank else value)
        return Mapping(tuple(entries.values()), place)

    def _refuse(self, code: str, place: Place, **params: object) -> None:
        self.problems.append(Problem(code, params, place))
        self.broken = True

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)


# What the two YAML parsers say, and the sentence that helps.
_SYNTAX = (
    ("mapping values are not allowed", "yaml.colon"),
    ("could not find expected ':'", "yaml.no_colon"),
    ("',' or", "yaml.bracket"),
    ("node content", "yaml.bracket"),
    ("unexpected end of stream", "yaml.quote"),
    ("document separator", "yaml.quote"),
    ("cannot start any token", "yaml.character"),
    ("escape", "yaml.escape"),
    ("expected key", "yaml.indentation"),
    ("'-' indicator", "yaml.indentation"),
    ("block end", "yaml.indentation"),
    ("document start", "yaml.indentation"),
)


def _syntax(file: str, text: str, fault: yaml.MarkedYAMLError) -> Problem:
    said = fault.problem or ""
    code = next((code for words, code in _SYNTAX if words in said), "yaml.syntax")
    # An unclosed quote is noticed at the end of the file, but it is opened where the person has to look.
    mark = (fault.context_mark if code == "yaml.quote" else None) or fault.problem_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    params: dict[str, object] = {}
    lines = text.splitlines()
    character = lines[place.line - 1][place.column - 1 : place.column] if 0 < place.line <= len(lines) else ""
    if character in ("]", "}"):
        code = "yaml.bracket"
    if code == "yaml.character":
        params["character"] = character
    elif code == "yaml.syntax":
        params["detail"] = said
    return Problem(code, params, place)
