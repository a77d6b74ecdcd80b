"""A due rule as the fields of a form: for those who know the common rules and no YAML.

Fields become the value that a plan file has for them, and are read as that: their faults have the same sentences. What
no field can say is the text of the file (`other`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from plans.audiences import UNDETERMINED
from plans.files.due_writing import WEEKDAYS, due_mapping
from plans.files.tree import plain, read_tree
from plans.files.values import slugify
from plans.problems import Place, Problem, errors
from plans.rules import LAST, DueRule

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DueForm:
    """One kind of rule in the form: the fields it has; those that need not be filled in are `optional`."""

    kind: str
    fields: tuple[str, ...]
    optional: tuple[str, ...] = ()


# The fields of a form are called `<kind>-<field>`.
FORMS = (
    DueForm("once", ("operator", "day", "time"), ("time",)),
    DueForm("yearly", ("operator", "days", "of", "time"), ("of", "time")),
    DueForm("quarterly", ("operator", "number", "of", "time"), ("of", "time")),
    DueForm("monthly", ("operator", "number", "of", "time"), ("of", "time")),
    DueForm("weekly", ("operator", "weekday", "of", "time"), ("of", "time")),
    DueForm("half_yearly", ("operator", "first", "second", "time"), ("second", "time")),
    DueForm("nine_monthly", ("operator", "day", "time"), ("time",)),
    DueForm("within", ("part", "number", "year"), ("number",)),
    DueForm("from", ("from", "to", "time"), ("from", "time")),
    DueForm("after", ("number", "count", "event", "name", "operator", "time"), ("name", "operator", "time")),
    DueForm("before_event", ("number", "count", "event", "name", "operator", "time"), ("name", "operator", "time")),
    DueForm("standing", ()),
    DueForm("undetermined", ()),
    DueForm("other", ("text",)),
)
_FORM_OF = {form.kind: form for form in FORMS}
_WEEKDAYS = {slugify(name): name for name in WEEKDAYS}
_LONGEST = 4000  # characters of a text of the file


def due_value(kind: str, typed: Texts) -> tuple[Any, tuple[Problem, ...]]:
    """The value of `due:` for the fields of one kind, and what makes it none; fields of other kinds are not looked at.

    The place of a problem is `due`.
    """
    form = _FORM_OF.get(kind)
    if form is None:
        return None, (Problem("edit.due_kind", {}, Place("due")),)
    given = {name: typed.get(f"{kind}-{name}", "").strip() for name in form.fields}
    if kind == "other":
        return _of_text(given["text"])
    if any(not given[name] for name in form.fields if name not in form.optional):
        return None, (Problem("edit.due_missing", {}, Place("due")),)
    return _WRITERS[kind](given), ()


def due_entry(rule: DueRule) -> tuple[str, dict[str, str]]:
    """The kind and the fields of a rule; `due_value` gives the same rule of them."""
    return entry_of(due_mapping(rule))


def entry_of(value: Any) -> tuple[str, dict[str, str]]:
    """The same of a value of `due:` that a rule is written as."""
    for kind, read in _READERS.items():
        given = read(value)
        if given is not None:
            typed = {f"{kind}-{name}": text for name, text in given.items() if text}
            if due_value(kind, typed) == (value, ()):
                return kind, typed
    return "other", {"other-text": due_text(value)}


def due_text(value: Any) -> str:
    """The value of `due:` on one line, as a file has it."""
    return yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**6).strip()


def _of_text(text: str) -> tuple[Any, tuple[Problem, ...]]:
    root, problems = read_tree("due", text[:_LONGEST])
    if text == UNDETERMINED:
        return text, ()
    return (None if root is None else plain(root)), tuple(errors(problems))


def _time(given: Texts) -> dict[str, str]:
    return {"time": given["time"]} if given.get("time") else {}


def _listed(text: str) -> str | list[str]:
    """One day, or several with commas or "và" between them."""
    parts = [part.strip() for part in text.replace(";", ",").replace(" và ", ",").split(",") if part.strip()]
    return parts[0] if len(parts) == 1 else parts


def _number(text: str) -> str | int:
    return int(text) if text.isdecimal() and len(text) < 9 else text


def _yearly(given: Texts) -> dict[str, Any]:
    return {"yearly": {given["operator"]: _listed(given["days"]), **_of(given), **_time(given)}}


def _of(given: Texts) -> dict[str, str]:
    return {"of": given["of"]} if given.get("of") else {}


def _within(given: Texts) -> dict[str, Any]:
    part, inner = given["part"], {"year": _number(given["year"])}
    if part == "nine_months":
        return {"within": {"nine_months": True, **inner}}
    return {"within": inner if part == "year" else {part: _number(given["number"]), **inner}}


def _relative(kind: str) -> Callable[[Texts], dict[str, Any]]:
    def written(given: Texts) -> dict[str, Any]:
        inner: dict[str, Any] = {"event": given["event"]}
        if given.get("name"):
            inner["name"] = given["name"]
        inner[given["count"]] = _number(given["number"])
        if given.get("operator") == "before":
            inner["operator"] = "before"
        return {kind: inner | _time(given)}

    return written


def _periodic(kind: str) -> Callable[[Texts], dict[str, Any]]:
    return lambda given: {kind: {given["operator"]: _day(given["number"]), **_time(given), **_of(given)}}


def _day(text: str) -> str | int:
    return "last" if text == str(LAST) else _number(text)


def _half(given: Texts) -> dict[str, Any]:
    """A date for each half, or one day of the last month of both."""
    first, second = given["first"], given["second"]
    return {"half_yearly": {given["operator"]: [first, second] if second else _number(first), **_time(given)}}


def _weekly(given: Texts) -> dict[str, Any]:
    weekday = _WEEKDAYS.get(slugify(given["weekday"]), given["weekday"])
    return {"weekly": {given["operator"]: weekday, **_time(given), **_of(given)}}


_WRITERS: dict[str, Callable[[Texts], Any]] = {
    "once": lambda given: {given["operator"]: given["day"], **_time(given)},
    "yearly": _yearly,
    "quarterly": _periodic("quarterly"),
    "monthly": _periodic("monthly"),
    "weekly": _weekly,
    "half_yearly": _half,
    "nine_monthly": lambda given: {"nine_monthly": {given["operator"]: given["day"], **_time(given)}},
    "within": _within,
    "from": lambda given: {"from": given["from"] or UNDETERMINED, "to": given["to"], **_time(given)},
    "after": _relative("after"),
    "before_event": _relative("before_event"),
    "standing": lambda _: "standing",
    "undetermined": lambda _: UNDETERMINED,
}


# -- back to the fields: each says the fields of what may be of its kind, None of what is not ------------------------


def _bound(value: Any, name: str) -> dict[str, str] | None:
    """The operator, what it binds as `name`, and what stands beside them."""
    operator = "before" if isinstance(value, dict) and "before" in value else "by"
    if not isinstance(value, dict) or operator not in value or isinstance(value[operator], dict):
        return None
    bound = value[operator]
    text = ", ".join(map(str, bound)) if isinstance(bound, list) else str(bound)
    return {"operator": operator, name: text, "time": value.get("time", ""), "of": value.get("of", "")}


def _under(kind: str, name: str) -> Callable[[Any], dict[str, str] | None]:
    return lambda value: _bound(value.get(kind), name) if isinstance(value, dict) else None


def _numbered(kind: str) -> Callable[[Any], dict[str, str] | None]:
    def read(value: Any) -> dict[str, str] | None:
        found = _under(kind, "number")(value)
        return found and {**found, "number": str(LAST) if found["number"] == "last" else found["number"]}

    return read


def _of_week(value: Any) -> dict[str, str] | None:
    found = _under("weekly", "weekday")(value)
    return found and {**found, "weekday": slugify(found["weekday"])}


def _halves(value: Any) -> dict[str, str] | None:
    found = _under("half_yearly", "days")(value)
    if found is None:
        return None
    first, _, second = found.pop("days").partition(", ")
    return {**found, "first": first, "second": second}


def _span(value: Any) -> dict[str, str] | None:
    inner = value.get("within") if isinstance(value, dict) else None
    if inner is None:
        return None
    part = next((key for key in ("nine_months", "quarter", "month", "half") if key in inner), "year")
    number = "" if part in ("nine_months", "year") else str(inner[part])
    return {"part": part, "number": number, "year": str(inner["year"])}


def _from_to(value: Any) -> dict[str, str] | None:
    if not isinstance(value, dict) or "to" not in value:
        return None
    start = value.get("from", "")
    return {"from": "" if start == UNDETERMINED else start, "to": value["to"], "time": value.get("time", "")}


def _event(kind: str) -> Callable[[Any], dict[str, str] | None]:
    def read(value: Any) -> dict[str, str] | None:
        inner = value.get(kind) if isinstance(value, dict) else None
        if inner is None:
            return None
        count = "working_days" if "working_days" in inner else "days"
        texts = {name: str(inner.get(name, "")) for name in ("event", "name", "operator", "time")}
        return {**texts, "count": count, "number": str(inner[count])}

    return read


_READERS: dict[str, Callable[[Any], dict[str, str] | None]] = {
    "once": lambda value: _bound(value, "day"),
    "yearly": _under("yearly", "days"),
    "quarterly": _numbered("quarterly"),
    "monthly": _numbered("monthly"),
    "weekly": _of_week,
    "half_yearly": _halves,
    "nine_monthly": _under("nine_monthly", "day"),
    "within": _span,
    "from": _from_to,
    "after": _event("after"),
    "before_event": _event("before_event"),
    "standing": lambda value: {} if value == "standing" else None,
    "undetermined": lambda value: {} if value == UNDETERMINED else None,
}
